import { assert } from "../base/assert.ts";
import type { AranyaError } from "../base/errors.ts";
import type { ChannelId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import { limitReached } from "../base/limit-reached.ts";
import { Deadlines } from "./deadlines.ts";

export interface SendsHost {
  /** Throws where the message cannot be sent. */
  check(channelId: ChannelId, bytes: Uint8Array, timeoutMs: number): void;
  /** Hands the message to the session and returns its id. */
  begin(channelId: ChannelId, bytes: Uint8Array, timeoutMs: number): number;
}

interface Send {
  readonly channelId: ChannelId;
  readonly bytes: Uint8Array;
  /** Length of `bytes` when it was sent: after the outcome the caller may do with `bytes` what it likes. */
  length: number;
  readonly deadline: number;
  readonly resolve: (acknowledged: boolean) => void;
  readonly reject: (reason: unknown) => void;
  /** Undefined where the caller cannot abort. */
  readonly signal: AbortSignal | undefined;
  readonly onAbort: (() => void) | undefined;
  settled: boolean;
}

/**
 * Messages on their way to the daemon, and those that wait until it takes more, in order. Each is settled once: by its
 * answer, at its deadline or by its caller. A message keeps its place at the daemon until the daemon
 * has answered.
 */
export class Sends {
  readonly #host: SendsHost;
  readonly #inFlight = new Map<number, Send>();
  #bytes = 0;
  /** First come, first served. */
  readonly #waiting = new Set<Send>();
  readonly #deadlines = new Deadlines((now) => this.#expire(now));

  constructor(host: SendsHost) {
    this.#host = host;
  }

  /** Who waits for an outcome. */
  get waiting(): number {
    let waiting = this.#waiting.size;
    for (const send of this.#inFlight.values()) if (!send.settled) waiting++;
    return waiting;
  }

  /** False at the time-out. Rejects with what `check` throws, LimitReached, the signal's reason or the daemon's refusal. */
  send(
    channelId: ChannelId,
    bytes: Uint8Array,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#host.check(channelId, bytes, timeoutMs);
      signal?.throwIfAborted();
      const now = performance.now();
      const deadline = now + timeoutMs;
      const onAbort = signal && ((): void => this.#abort(send));
      const send: Send = {
        channelId,
        bytes,
        deadline,
        resolve,
        reject,
        signal,
        onAbort,
        length: 0,
        settled: false,
      };
      if (this.#waiting.size === 0 && this.#hasRoomFor(bytes)) {
        this.#start(send, timeoutMs);
      } else {
        if (this.#waiting.size >= LIMITS.ipcRequestsWaitingMax) throw limitReached("ipcRequestsWaitingMax");
        this.#waiting.add(send);
      }
      if (onAbort !== undefined) signal!.addEventListener("abort", onAbort);
      this.#deadlines.add(deadline, now);
    });
  }

  /** The daemon answered the messages with those ids. */
  answered(first: number, count: number, acknowledged: boolean): void {
    for (let id = first; id < first + count; id++) {
      const send = this.#leave(id);
      if (!send.settled) {
        settle(send);
        send.resolve(acknowledged);
      }
    }
    this.#admit();
  }

  refused(id: number, error: AranyaError): void {
    this.#fail(this.#leave(id), error);
    this.#admit();
  }

  /** The connection is over: every message rejects with `error()`. */
  end(error: () => AranyaError): void {
    this.#deadlines.clear();
    const sends = [...this.#inFlight.values(), ...this.#waiting];
    this.#inFlight.clear();
    this.#waiting.clear();
    this.#bytes = 0;
    for (const send of sends) this.#fail(send, error());
  }

  #hasRoomFor(bytes: Uint8Array): boolean {
    return (
      this.#inFlight.size < LIMITS.ipcSendsInFlightMax &&
      this.#bytes + bytes.length <= LIMITS.ipcSendBytesInFlightMax
    );
  }

  #start(send: Send, timeoutMs: number): void {
    this.#inFlight.set(this.#host.begin(send.channelId, send.bytes, timeoutMs), send);
    send.length = send.bytes.length;
    this.#bytes += send.length;
  }

  #leave(id: number): Send {
    const send = this.#inFlight.get(id);
    assert(send !== undefined, "an answer belongs to a message in flight");
    this.#inFlight.delete(id);
    this.#bytes -= send.length;
    return send;
  }

  #admit(): void {
    for (const send of this.#waiting) {
      if (!this.#hasRoomFor(send.bytes)) return;
      this.#waiting.delete(send);
      this.#start(send, Math.max(0, Math.ceil(send.deadline - performance.now())));
    }
  }

  #fail(send: Send, reason: unknown): void {
    if (send.settled) return;
    settle(send);
    send.reject(reason);
  }

  #abort(send: Send): void {
    this.#fail(send, send.signal!.reason);
    if (this.#waiting.delete(send)) this.#admit();
  }

  #expire(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const sends of [this.#inFlight.values(), this.#waiting]) {
      for (const send of sends) {
        if (send.settled) continue;
        if (send.deadline > now) {
          next = Math.min(next, send.deadline);
          continue;
        }
        settle(send);
        this.#waiting.delete(send);
        send.resolve(false);
      }
    }
    this.#admit();
    return next;
  }
}

function settle(send: Send): void {
  send.settled = true;
  if (send.onAbort !== undefined) send.signal!.removeEventListener("abort", send.onAbort);
}
