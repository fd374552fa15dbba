/**
 * What has arrived on a channel and its application has not taken yet. On a reliable channel the peer's window bounds it. The
 * unreliable ones share one room: when it is full the longest of them loses its oldest message, so that a peer that fills
 * many channels, or one, takes nothing from the others.
 */
import { LIMITS } from "../base/limits.ts";

export class MessageQueue {
  readonly #room: UnreliableRoom | undefined;
  readonly #onDropped: (() => void) | undefined;
  readonly #messages: Uint8Array[] = [];
  #bytes = 0;

  /** Without a `room` the queue has no bound of its own. `onDropped` is called for each message dropped to make room. */
  constructor(room?: UnreliableRoom, onDropped?: () => void) {
    this.#room = room;
    this.#onDropped = onDropped;
  }

  get length(): number {
    return this.#messages.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(message: Uint8Array): void {
    this.#messages.push(message);
    this.#bytes += message.length;
    this.#room?.added(this, message);
  }

  peek(): Uint8Array | undefined {
    return this.#messages[0];
  }

  shift(): Uint8Array | undefined {
    const message = this.#messages.shift();
    if (message === undefined) return undefined;
    this.#bytes -= message.length;
    this.#room?.removed(this, message);
    return message;
  }

  /**
   * To who takes them, oldest first; returns how many. What waits does so in memory of its own: it came as a view of a piece
   * that may be much larger, which a peer could have filled with anything.
   */
  handOut(take: (message: Uint8Array) => boolean): number {
    let taken = 0;
    for (let message = this.peek(); message !== undefined && take(message); message = this.peek()) {
      this.shift();
      taken++;
    }
    const newest = this.#messages.at(-1);
    if (newest !== undefined && newest.buffer.byteLength > newest.length) {
      this.#messages[this.#messages.length - 1] = new Uint8Array(newest);
    }
    return taken;
  }

  drop(): void {
    this.shift();
    this.#onDropped?.();
  }

  /** Empties the queue: the channel is gone. */
  clear(): void {
    while (this.shift() !== undefined);
  }
}

export class UnreliableRoom {
  /** Queues that are not empty. */
  readonly #queues = new Set<MessageQueue>();
  #messages = 0;
  #bytes = 0;

  added(queue: MessageQueue, message: Uint8Array): void {
    this.#queues.add(queue);
    this.#messages++;
    this.#bytes += message.length;
    while (this.#messages > LIMITS.receivedMessagesQueuedMax || this.#bytes > LIMITS.receivedBytesQueuedMax) {
      this.#longest().drop();
    }
  }

  removed(queue: MessageQueue, message: Uint8Array): void {
    if (queue.length === 0) this.#queues.delete(queue);
    this.#messages--;
    this.#bytes -= message.length;
  }

  /** The longest in bytes, each message counted with what keeping it costs. */
  #longest(): MessageQueue {
    let longest: MessageQueue | undefined;
    for (const queue of this.#queues)
      if (longest === undefined || size(queue) > size(longest)) longest = queue;
    return longest!;
  }
}

const MESSAGE_COST_BYTES = LIMITS.receivedBytesQueuedMax / LIMITS.receivedMessagesQueuedMax;

function size(queue: MessageQueue): number {
  return Math.max(queue.bytes, queue.length * MESSAGE_COST_BYTES);
}
