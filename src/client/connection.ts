import { connect } from "node:net";
import type { Socket } from "node:net";
import { assert } from "../base/assert.ts";
import { utf8 } from "../base/bytes.ts";
import { AranyaError } from "../base/errors.ts";
import type { ChannelId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import { checkMessage, ClientSession } from "../ipc/client-session.ts";
import type { ClientOutput, Outcome } from "../ipc/client-session.ts";
import type { Effect } from "../ipc/effect.ts";
import { TIMEOUT_MS_MAX } from "../ipc/methods.ts";
import type { MethodName, Params, Result } from "../ipc/methods.ts";
import { uint, validate } from "../ipc/schema.ts";
import type { Credit } from "../ipc/wire.ts";
import { Gate } from "./gate.ts";
import { Sends } from "./sends.ts";

export interface CallOptions {
  /** Milliseconds until the call rejects with Timeout. Default: that of `Client.connect`. */
  readonly timeoutMs?: number;
  /** Aborting it rejects the call with the signal's reason. What the daemon has begun is not undone. */
  readonly signal?: AbortSignal;
}

/** What arrives unasked. */
export interface ConnectionListener {
  effect(effect: Effect): void;
  data(message: ClientOutput & { type: "data" }): void;
  /** Called once, last. `error()` makes a new error for each caller that is told; `byUs` when this side closed. */
  closed(error: () => AranyaError, byUs: boolean): void;
}

interface Pending {
  readonly settle: (outcome: Outcome) => void;
}

/** A client session on a socket: promises, time-outs and abort signals. */
export class Connection {
  readonly #session = new ClientSession();
  readonly #socket: Socket;
  readonly #socketPath: string;
  readonly #timeoutMs: number;
  #listener: ConnectionListener | undefined;
  readonly #calls = new Gate(LIMITS.ipcRequestsInFlightMax);
  readonly #sends = new Sends({
    check: (channelId, bytes, timeoutMs) => {
      checkMessage(channelId, bytes, timeoutMs);
      if (this.#closedBy !== undefined) throw this.#closedBy();
    },
    begin: (channelId, bytes, timeoutMs) => this.#begin(channelId, bytes, timeoutMs),
  });
  readonly #pending = new Map<number, Pending>();
  /** What to do with the results of calls that were given up. */
  readonly #late = new Map<number, (result: unknown) => void>();
  /** Every call that is not settled, in flight or not. */
  readonly #waiting = new Set<Pending>();
  #closedBy: (() => AranyaError) | undefined;
  #full = false;
  #pumpPlanned = false;
  #pumping = false;
  /** Messages begun since the last read, and between the two reads before. */
  #begun = 0;
  #begunBefore = 0;

  /** `timeoutMs` is the time-out for opening the connection, and the default for every call. */
  static async open(socketPath: string, timeoutMs: number): Promise<Connection> {
    validate(uint(TIMEOUT_MS_MAX), timeoutMs, "timeoutMs");
    const { socket, read } = await openSocket(socketPath, timeoutMs);
    return new Connection(socket, read, socketPath, timeoutMs);
  }

  private constructor(socket: Socket, read: Opened["read"], socketPath: string, timeoutMs: number) {
    this.#socket = socket;
    this.#socketPath = socketPath;
    this.#timeoutMs = timeoutMs;
    read((chunk) => {
      if (this.#begun > 0) this.#begunBefore = this.#begun;
      this.#begun = 0;
      this.#session.handle(chunk);
      this.#pump();
    });
    socket.on("drain", () => {
      this.#full = false;
      this.#pump();
    });
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => {
      this.#end(() => unavailable(this.#socketPath, "the daemon closed the connection", "connect again"));
    });
  }

  /** Nothing arrives unasked before the first `grant`. */
  attach(listener: ConnectionListener): void {
    this.#listener = listener;
  }

  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  /**
   * Waits its turn at the gate, and is settled once: by its answer, its time-out, its signal or the end of the connection.
   * `late` gets the result of a call that succeeded after it had timed out or been given up.
   */
  async call<M extends MethodName>(
    method: M,
    params: Params<M>,
    { timeoutMs = this.#timeoutMs, signal }: CallOptions = {},
    late?: (result: Result<M>) => void,
  ): Promise<Result<M>> {
    validate(uint(TIMEOUT_MS_MAX), timeoutMs, "timeoutMs");
    signal?.throwIfAborted();
    if (this.#closedBy !== undefined) throw this.#closedBy();
    return new Promise<Result<M>>((resolve, reject) => {
      let id: number | undefined;
      let leaveQueue: () => void = () => undefined;
      const pending: Pending = {
        settle: (outcome) => {
          if (!this.#waiting.delete(pending)) return;
          clearTimeout(timer);
          signal?.removeEventListener("abort", onAbort);
          leaveQueue();
          if (id !== undefined && this.#pending.delete(id)) {
            this.#session.abandon(id);
            if (late !== undefined) this.#late.set(id, late as (result: unknown) => void);
          }
          if (outcome.ok) resolve(outcome.result as Result<M>);
          else reject(outcome.error);
        },
      };
      // The application gets exactly the reason that it chose.
      const onAbort = (): void => pending.settle(failed(signal?.reason));
      this.#waiting.add(pending);
      const timer = setTimeout(() => pending.settle(failed(timedOut(method, timeoutMs))), timeoutMs);
      signal?.addEventListener("abort", onAbort);
      try {
        leaveQueue = this.#calls.enter(() => {
          try {
            id = this.#session.call(method, params);
            this.#pending.set(id, pending);
          } catch (error) {
            this.#calls.leave();
            pending.settle(failed(error));
          }
        });
      } catch (error) {
        pending.settle(failed(error));
      }
      this.#planPump();
    });
  }

  /** Resolves with false at the time-out. */
  sendData(
    channelId: ChannelId,
    bytes: Uint8Array,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<boolean> {
    return this.#sends.send(channelId, bytes, timeoutMs, signal);
  }

  grant(credit: Credit): void {
    this.#session.grant(credit);
    this.#planPump();
  }

  /** Resolves when the socket is closed. Calls that wait reject at once. */
  close(): Promise<void> {
    if (this.#socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once("close", () => resolve());
      this.#socket.destroy();
      this.#end(() => unavailable(this.#socketPath, "this client was closed", "connect again"), true);
    });
  }

  #begin(channelId: ChannelId, bytes: Uint8Array, timeoutMs: number): number {
    const id = this.#session.sendData(channelId, bytes, timeoutMs);
    this.#begun++;
    // A caller that sends one message at a time waits for each, so it leaves now; many are joined into one write.
    if (this.#begun === 1 && this.#begunBefore <= 1 && !this.#pumping) this.#pump();
    else this.#planPump();
    return id;
  }

  /** Pumps once for all that the application does in this turn, so that its frames leave together. */
  #planPump(): void {
    if (this.#pumpPlanned) return;
    this.#pumpPlanned = true;
    process.nextTick(() => {
      this.#pumpPlanned = false;
      this.#pump();
    });
  }

  #pump(): void {
    this.#pumping = true;
    for (;;) {
      const output = this.#session.poll(!this.#full);
      if (output === undefined) break;
      this.#handle(output);
    }
    this.#pumping = false;
  }

  #handle(output: ClientOutput): void {
    switch (output.type) {
      case "transmit":
        if (this.#socket.destroyed) return;
        this.#full = !this.#socket.write(output.bytes);
        if (this.#socket.writableLength === 0) this.#session.written();
        return;
      case "sent": {
        this.#sends.answered(output.first, output.count, output.acknowledged);
        return;
      }
      case "answer": {
        this.#answered(output);
        return;
      }
      case "effect":
        return this.#listener?.effect(output.effect);
      case "data":
        return this.#listener?.data(output);
      case "failure": {
        const { code } = output.error;
        this.#end(
          () =>
            new AranyaError("ProtocolMismatch", `the daemon sent what makes no sense: ${code}`, {
              reason: code,
            }),
        );
        this.#socket.destroy();
        return;
      }
    }
  }

  #answered({ id, method, abandoned, outcome }: ClientOutput & { type: "answer" }): void {
    if (method === "sendData") {
      assert(!outcome.ok, "what is answered one by one is refused");
      this.#sends.refused(id, outcome.error);
      return;
    }
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.settle(outcome);
    const late = this.#late.get(id);
    this.#late.delete(id);
    if (abandoned && outcome.ok) late?.(outcome.result);
    this.#calls.leave();
  }

  #end(error: () => AranyaError, byUs = false): void {
    if (this.#closedBy !== undefined) return;
    this.#closedBy = error;
    this.#session.close();
    this.#calls.clear();
    this.#pending.clear();
    this.#late.clear();
    for (const pending of [...this.#waiting]) pending.settle({ ok: false, error: error() });
    this.#sends.end(error);
    this.#listener?.closed(error, byUs);
  }
}

function failed(error: unknown): Outcome {
  return { ok: false, error: error as AranyaError };
}

function timedOut(method: string, timeoutMs: number): AranyaError {
  const what = method === "connect" ? "connecting" : method;
  return new AranyaError("Timeout", `${what} took longer than ${timeoutMs} ms`, { method, timeoutMs });
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: "start the daemon, or give the path it was started with",
  ECONNREFUSED: "the daemon that made this socket is gone: start it again",
  EACCES: "run as a member of the socket's group",
  EPERM: "run as a member of the socket's group",
};

function unavailable(path: string, reason: string, remedy: string, cause?: unknown): AranyaError {
  return new AranyaError(
    "DaemonUnavailable",
    `no daemon at ${path}: ${reason}; ${remedy}`,
    { path, reason, remedy },
    { cause },
  );
}

/** Read in one go, and used again for the next. */
const READ_BYTES = 64 * 1024;

interface Opened {
  readonly socket: Socket;
  /** `chunk` is good until the callee returns. Nothing has been read before this is called. */
  readonly read: (onBytes: (chunk: Uint8Array) => void) => void;
}

function openSocket(socketPath: string, timeoutMs: number): Promise<Opened> {
  checkPath(socketPath);
  return new Promise((resolve, reject) => {
    let handle: (chunk: Uint8Array) => void = () => undefined;
    // Past the stream, which would make a buffer and several calls of each read.
    const callback = (length: number, buffer: Uint8Array): boolean => {
      handle(buffer.subarray(0, length));
      return true;
    };
    const onread = { buffer: new Uint8Array(READ_BYTES), callback };
    const socket = connect({ path: socketPath, onread });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(timedOut("connect", timeoutMs));
    }, timeoutMs);
    const onError = (cause: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      const reason = cause.code ?? cause.message;
      reject(
        unavailable(socketPath, reason, REMEDIES[reason] ?? "check the path and the daemon's log", cause),
      );
    };
    socket.once("error", onError);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", onError);
      resolve({ socket, read: (onBytes) => (handle = onBytes) });
    });
  });
}

/** Node cuts a longer path silently, and connects somewhere else. */
function checkPath(path: string): void {
  const tooLong = typeof path === "string" && utf8(path).length > LIMITS.socketPathBytesMax;
  if (typeof path !== "string" || path === "" || path.includes("\0") || tooLong) {
    const reason = `must be a path of 1 to ${LIMITS.socketPathBytesMax} bytes`;
    throw new AranyaError("InvalidArgument", `socketPath: ${reason}`, { field: "socketPath", reason });
  }
}
