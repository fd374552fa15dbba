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
}

/**
 * Messages that have arrived and wait to be read: never more than the credit given. Credit goes back half a window at a
 * time: what is left is always more than the longest message, so nothing gets stuck, and not every message costs a frame.
 */
export class Inbox {
  readonly #grant: (credit: Credit) => void;
  readonly #messages = new Fifo<Message>();
  #readBytes = 0;
  #readMessages = 0;
  #closed = false;
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
    if (this.#waiters.size > 0) this.#wake();
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

  /** True as soon as there is a message; false at the time-out, once aborted, and after the end. */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (!this.isEmpty || this.#closed || signal?.aborted === true) return Promise.resolve(!this.isEmpty);
    return new Promise((resolve) => {
      const now = performance.now();
      const waiter: Waiter =
        signal === undefined
          ? { deadline: now + timeoutMs, resolve }
          : {
              deadline: now + timeoutMs,
              resolve: (arrived) => {
                signal.removeEventListener("abort", onAbort);
                resolve(arrived);
              },
            };
      const onAbort = (): void => this.#end(waiter);
      signal?.addEventListener("abort", onAbort);
      this.#waiters.add(waiter);
      this.#deadlines.add(waiter.deadline, now);
    });
  }

  /** Nothing more will arrive. */
  close(): void {
    this.#closed = true;
    this.#deadlines.clear();
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiters) this.#end(waiter);
  }

  #end(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    waiter.resolve(!this.isEmpty);
  }

  #expire(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiters) {
      if (waiter.deadline <= now) this.#end(waiter);
      else next = Math.min(next, waiter.deadline);
    }
    return next;
  }
}
