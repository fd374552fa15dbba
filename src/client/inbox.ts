import { AranyaError } from "../base/errors.ts";
import { Fifo } from "../base/fifo.ts";
import { LIMITS } from "../base/limits.ts";
import type { ChannelMeta } from "../ipc/info.ts";
import type { Received } from "../ipc/methods.ts";
import type { Credit } from "../ipc/wire.ts";
import { Deadlines } from "./deadlines.ts";

interface Message {
  readonly channel: ChannelMeta;
  readonly bytes: Uint8Array;
}

interface Waiter {
  readonly deadline: number;
  readonly resolve: (arrived: boolean) => void;
  readonly reject: (reason: unknown) => void;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: (() => void) | undefined;
}

/**
 * Messages that have arrived and wait to be read, never more than credit was given for. Credit is given back half a window
 * at a time, so that not every message costs a frame; the other half is more than the longest message, so nothing gets stuck.
 */
export class Inbox {
  readonly #grant: (credit: Credit) => void;
  readonly #messages = new Fifo<Message>();
  #readBytes = 0;
  #readMessages = 0;
  #closedBy: (() => AranyaError) | undefined;
  readonly #waiters = new Set<Waiter>();
  readonly #deadlines = new Deadlines((now) => this.#expire(now));

  constructor(grant: (credit: Credit) => void) {
    this.#grant = grant;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  push(message: Message): void {
    this.#messages.push(message);
    if (this.#waiters.size === 0) return;
    for (const waiter of this.#waiters) this.#leave(waiter).resolve(true);
  }

  /** Throws NoData; BufferTooSmall { needed } in bytes, which keeps the message. */
  read(buffer: Uint8Array): Received {
    const message = this.#messages.peek();
    if (message === undefined) throw new AranyaError("NoData", "nothing has arrived: wait with pollData");
    const { channel, bytes } = message;
    const { length } = bytes;
    if (length > buffer.length) {
      throw new AranyaError(
        "BufferTooSmall",
        `the message has ${length} bytes, the buffer ${buffer.length}`,
        {
          needed: length,
        },
      );
    }
    buffer.set(bytes);
    this.#messages.shift();
    this.#readBytes += length;
    this.#readMessages++;
    if (
      this.#readBytes >= LIMITS.ipcWindowBytesMax / 2 ||
      this.#readMessages >= LIMITS.ipcWindowMessagesMax / 2
    ) {
      this.#grant({ bytes: this.#readBytes, messages: this.#readMessages, effects: 0 });
      this.#readBytes = 0;
      this.#readMessages = 0;
    }
    const { channelId, teamId, remoteNetIdentifier, label } = channel;
    return { length, channelId, teamId, remoteNetIdentifier, label };
  }

  /** True as soon as there is a message, false at the time-out. Rejects once aborted, and after the end. */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (!this.isEmpty) {
        resolve(true);
        return;
      }
      if (this.#closedBy !== undefined) throw this.#closedBy();
      const now = performance.now();
      const deadline = now + timeoutMs;
      const onAbort = signal && ((): void => this.#leave(waiter).reject(signal.reason));
      const waiter: Waiter = { deadline, resolve, reject, signal, onAbort };
      if (onAbort !== undefined) signal!.addEventListener("abort", onAbort);
      this.#waiters.add(waiter);
      this.#deadlines.add(deadline, now);
    });
  }

  /** Nothing more will arrive. */
  close(error: () => AranyaError): void {
    this.#closedBy = error;
    this.#deadlines.clear();
    for (const waiter of this.#waiters) this.#leave(waiter).reject(error());
  }

  #leave(waiter: Waiter): Waiter {
    this.#waiters.delete(waiter);
    if (waiter.onAbort !== undefined) waiter.signal!.removeEventListener("abort", waiter.onAbort);
    return waiter;
  }

  #expire(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiters) {
      if (waiter.deadline <= now) this.#leave(waiter).resolve(false);
      else next = Math.min(next, waiter.deadline);
    }
    return next;
  }
}
