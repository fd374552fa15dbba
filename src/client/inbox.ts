import { AranyaError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { ChannelMeta } from "../ipc/info.ts";
import type { Received } from "../ipc/methods.ts";
import type { Credit } from "../ipc/wire.ts";

interface Message {
  readonly channel: ChannelMeta;
  readonly bytes: Uint8Array;
}

/**
 * Messages that have arrived and wait to be read: never more than the credit given. Credit goes back half a window at a
 * time: what is left is always more than the longest message, so nothing gets stuck, and not every message costs a frame.
 */
export class Inbox {
  readonly #grant: (credit: Credit) => void;
  readonly #messages: Message[] = [];
  #readBytes = 0;
  #readMessages = 0;
  #closed = false;
  readonly #waiters = new Set<() => void>();

  constructor(grant: (credit: Credit) => void) {
    this.#grant = grant;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  push(channel: ChannelMeta, bytes: Uint8Array): void {
    this.#messages.push({ channel, bytes });
    this.#wake();
  }

  /** Throws NoData; BufferTooSmall { needed } in bytes, which keeps the message. */
  read(buffer: Uint8Array): Received {
    const message = this.#messages[0];
    if (message === undefined) throw new AranyaError("NoData", "nothing has arrived: wait with pollData");
    const { channel, bytes } = message;
    if (bytes.length > buffer.length) {
      throw new AranyaError(
        "BufferTooSmall",
        `the message has ${bytes.length} bytes, the buffer ${buffer.length}`,
        {
          needed: bytes.length,
        },
      );
    }
    buffer.set(bytes);
    this.#messages.shift();
    this.#readBytes += bytes.length;
    this.#readMessages++;
    if (
      this.#readBytes >= LIMITS.ipcWindowBytesMax / 2 ||
      this.#readMessages >= LIMITS.ipcWindowMessagesMax / 2
    ) {
      this.#grant({ bytes: this.#readBytes, messages: this.#readMessages, effects: 0 });
      this.#readBytes = 0;
      this.#readMessages = 0;
    }
    return { length: bytes.length, ...channel };
  }

  /** True as soon as there is a message; false at the time-out, once aborted, and after the end. */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (!this.isEmpty || this.#closed || signal?.aborted === true) return Promise.resolve(!this.isEmpty);
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        this.#waiters.delete(done);
        resolve(!this.isEmpty);
      };
      const timer = setTimeout(done, timeoutMs);
      signal?.addEventListener("abort", done);
      this.#waiters.add(done);
    });
  }

  /** Nothing more will arrive. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #wake(): void {
    for (const done of [...this.#waiters]) done();
  }
}
