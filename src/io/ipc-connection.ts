/**
 * Hosts a `ServerSession` on a socket: bytes in, calls to the daemon's handlers, answers and events out. While the
 * socket is full nothing is read and nothing polled, so a client that does not read costs what is in flight and no more.
 * A client that never says hello loses its place, of which there are few.
 */
import type { Socket } from "node:net";
import { AranyaError, LimitError } from "../base/errors.ts";
import type { DecodeError } from "../base/errors.ts";
import type { ChannelId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import type { Effect } from "../ipc/effect.ts";
import { asRefusal } from "../ipc/errors.ts";
import type { ChannelMeta } from "../ipc/info.ts";
import type { Handlers } from "../ipc/methods.ts";
import { ServerSession } from "../ipc/server-session.ts";
import type { CallEvent, SendDataEvent, ServerOutput } from "../ipc/server-session.ts";
import { abortController } from "./abort.ts";

/** What clients asked for, on all connections together. */
export interface IpcCounts {
  /** Calls, by outcome. */
  readonly calls: { answered: number; refused: number };
  /** Messages: acknowledged (on an unreliable channel: sent), not in time, or refused. */
  readonly sends: { acknowledged: number; expired: number; refused: number };
  received: number;
  effectsLost: number;
  /** Connections that were closed because the client spoke nonsense, and because of a bug of ours. */
  nonsense: number;
  bugs: number;
}

export function noIpcCounts(): IpcCounts {
  return {
    calls: { answered: 0, refused: 0 },
    sends: { acknowledged: 0, expired: 0, refused: 0 },
    received: 0,
    effectsLost: 0,
    nonsense: 0,
    bugs: 0,
  };
}

export interface IpcHost {
  readonly counts: IpcCounts;
  readonly handlers: Handlers<IpcConnection>;
  /** The host answers each message once, by `connection.answerSend` or `refuseSend`, within its time-out. */
  sendData(message: SendDataEvent, connection: IpcConnection): void;
  /** The messages read in one go have all been handed over: datagrams made of them can leave before the answers do. */
  sendDataEnds(): void;
  /** The client has given credit: `connection.deliver` again what it refused before. */
  credit(connection: IpcConnection): void;
  /** Once. `failure` when the client spoke nonsense. */
  closed(connection: IpcConnection, failure?: DecodeError | LimitError): void;
  /** A handler threw what nobody expects. The connection is closed, because its caller would wait for ever. */
  bug(error: unknown, method: string): void;
}

export class IpcConnection {
  readonly #session = new ServerSession();
  readonly #socket: Socket;
  readonly #host: IpcHost;
  readonly #ended = abortController();
  #pumpPlanned = false;
  #pumping = false;
  #full = false;
  #failure: DecodeError | LimitError | undefined;
  #helloDeadline: ReturnType<typeof setTimeout>;

  /** Takes over the socket. */
  constructor(socket: Socket, host: IpcHost) {
    this.#socket = socket;
    this.#host = host;
    this.#helloDeadline = this.#untilHello();
    socket.on("data", (chunk) => {
      this.#session.handle(chunk as Uint8Array);
      this.#pump();
    });
    socket.on("drain", () => {
      this.#full = false;
      // First send what waits: were the queue full, the next request would be taken for the client's fault.
      this.#pump();
      if (!socket.writableNeedDrain) socket.resume();
    });
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => {
      clearTimeout(this.#helloDeadline);
      this.#session.close();
      this.#ended.abort(new AranyaError("DaemonUnavailable", "the client has disconnected"));
      this.#host.closed(this, this.#failure);
    });
  }

  /** Aborted when the connection closes: for what is done on its behalf. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** For whoever subscribed on this connection. */
  effect(effect: Effect): void {
    this.#host.counts.effectsLost += this.#session.effect(effect);
    this.#planPump();
  }

  /** False when the client has given no credit for it: keep it until `IpcHost.credit`. */
  deliver(channel: ChannelMeta, bytes: Uint8Array): boolean {
    const taken = this.#session.deliver(channel, bytes);
    if (!taken) return false;
    this.#host.counts.received++;
    this.#planPump();
    return true;
  }

  /** Nothing more will be delivered of a channel. */
  channelGone(channelId: ChannelId): void {
    this.#session.channelGone(channelId);
    this.#planPump();
  }

  /** True once acknowledged, false at the time-out. */
  answerSend(id: number, acknowledged: boolean): void {
    this.#host.counts.sends[acknowledged ? "acknowledged" : "expired"]++;
    this.#session.answerSend(id, acknowledged);
    this.#planPump();
  }

  refuseSend(id: number, error: AranyaError): void {
    this.#host.counts.sends.refused++;
    this.#session.fail(id, error);
    this.#planPump();
  }

  /** What was said in this turn leaves now, before its end. */
  flush(): void {
    if (!this.#pumping) this.#pump();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Once for all that happens in this turn, so that its frames leave together. */
  #planPump(): void {
    if (this.#pumpPlanned || this.#pumping) return;
    this.#pumpPlanned = true;
    process.nextTick(() => {
      this.#pumpPlanned = false;
      this.#pump();
    });
  }

  #pump(): void {
    this.#pumping = true;
    try {
      let messages = false;
      while (!this.#full && !this.#socket.destroyed) {
        const output = this.#session.poll();
        if (output === undefined && !messages) break;
        if (output?.type === "sendData") {
          messages = true;
          this.#sendData(output);
          continue;
        }
        if (messages) {
          messages = false;
          this.#host.sendDataEnds();
        }
        if (output !== undefined) this.#handle(output);
      }
    } finally {
      this.#pumping = false;
    }
    if (this.#full) this.#socket.pause();
  }

  #handle(output: Exclude<ServerOutput, SendDataEvent>): void {
    switch (output.type) {
      case "transmit":
        this.#full = !this.#socket.write(output.bytes);
        if (this.#socket.writableLength === 0) this.#session.written();
        return;
      case "call":
        void this.#call(output);
        return;
      case "credit":
        this.#host.credit(this);
        return;
      case "failure":
        this.#host.counts.nonsense++;
        this.#failure = output.error;
        this.close();
    }
  }

  #untilHello(): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      // Taking settings over may take long. That time is not the client's to lose.
      if (this.#session.inFlight > 0) {
        this.#helloDeadline = this.#untilHello();
        return;
      }
      this.#failure = new LimitError("ipcHelloTimeoutMs", LIMITS.ipcHelloTimeoutMs);
      this.close();
    }, LIMITS.ipcHelloTimeoutMs).unref();
  }

  async #call(call: CallEvent): Promise<void> {
    try {
      // Each handler has parameters of its own. The session has checked them against the method table, which the compiler cannot see.
      const handler = this.#host.handlers[call.method] as (params: unknown, connection: this) => unknown;
      this.#session.answer(call.id, (await handler.call(this.#host.handlers, call.params, this)) as never);
      if (call.method === "hello") clearTimeout(this.#helloDeadline);
      this.#host.counts.calls.answered++;
    } catch (error) {
      this.#fail(call.id, error, call.method);
    }
    this.#planPump();
  }

  #sendData(message: SendDataEvent): void {
    try {
      this.#host.sendData(message, this);
    } catch (error) {
      this.#fail(message.id, error, "sendData");
    }
  }

  #fail(id: number, error: unknown, method: string): void {
    const refusal = asRefusal(error);
    const { counts } = this.#host;
    if (refusal !== undefined) {
      if (method === "sendData") counts.sends.refused++;
      else counts.calls.refused++;
      this.#session.fail(id, refusal);
      return;
    }
    counts.bugs++;
    this.#host.bug(error, method);
    this.close();
  }
}
