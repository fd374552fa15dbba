/**
 * What has arrived on a channel and its application has not taken yet. On a reliable channel the peer's window bounds it;
 * on an unreliable one the newest wins.
 */
import { LIMITS } from "../base/limits.ts";
import type { Delivery } from "../afc/index.ts";

export class MessageQueue {
  readonly #delivery: Delivery;
  readonly #messages: Uint8Array[] = [];
  #bytes = 0;

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
  }

  push(message: Uint8Array): void {
    this.#messages.push(message);
    this.#bytes += message.length;
    if (this.#delivery === "reliable") return;
    while (
      this.#messages.length > LIMITS.receivedMessagesQueuedMax ||
      this.#bytes > LIMITS.receivedBytesQueuedMax
    ) {
      this.shift();
    }
  }

  peek(): Uint8Array | undefined {
    return this.#messages[0];
  }

  shift(): Uint8Array | undefined {
    const message = this.#messages.shift();
    if (message !== undefined) this.#bytes -= message.length;
    return message;
  }
}
