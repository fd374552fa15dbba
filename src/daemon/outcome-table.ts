/**
 * The messages an application is sending on one channel: handed to AFC as soon as that takes them, and each answered
 * once: by acknowledgement, on an unreliable channel by having left, by its deadline or by the end of the channel.
 */
import { AranyaError } from "../base/errors.ts";
import { LazyMap, LazySet } from "../base/lazy.ts";
import type { Clock, Instant } from "../base/time.ts";

/** `AfcEndpoint.send` of this channel. */
type Send = (bytes: Uint8Array, deadline: Instant) => number | "too-large" | "blocked" | "unknown";

/** Who is told, by the id of its message. */
export interface Sender {
  answerSend(id: number, acknowledged: boolean): void;
  refuseSend(id: number, error: AranyaError): void;
}

interface Waiting {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly deadline: Instant;
  timer: NodeJS.Timeout | undefined;
}

export class OutcomeTable {
  readonly #send: Send;
  readonly #clock: Clock;
  readonly #sender: Sender;
  /** The sender's id by AFC's. */
  readonly #sending = new LazyMap<number, number>();
  /** AFC's queue is full; in order. */
  readonly #blocked = new LazySet<Waiting>();

  constructor(send: Send, clock: Clock, sender: Sender) {
    this.#send = send;
    this.#clock = clock;
    this.#sender = sender;
  }

  send(id: number, bytes: Uint8Array, deadline: Instant): void {
    if (this.#blocked.size === 0 && this.#hand(id, bytes, deadline)) return;
    const waiting: Waiting = { id, bytes, deadline, timer: undefined };
    this.#blocked.add(waiting);
    waiting.timer = setTimeout(
      () => {
        this.#blocked.delete(waiting);
        this.#sender.answerSend(id, false);
      },
      Math.max(0, deadline - this.#clock.now()),
    );
  }

  /** What was answered already is not answered again. */
  settle(messageId: number, acknowledged: boolean): void {
    const id = this.#sending.get(messageId);
    this.#sending.delete(messageId);
    if (id !== undefined) this.#sender.answerSend(id, acknowledged);
    for (const waiting of this.#blocked) {
      if (!this.#hand(waiting.id, waiting.bytes, waiting.deadline)) return;
      clearTimeout(waiting.timer);
      this.#blocked.delete(waiting);
    }
  }

  fail(error: AranyaError): void {
    for (const id of this.#sending.values()) this.#sender.refuseSend(id, error);
    for (const { id, timer } of this.#blocked) {
      clearTimeout(timer);
      this.#sender.refuseSend(id, error);
    }
    this.#sending.clear();
    this.#blocked.clear();
  }

  /** False while AFC takes no more. */
  #hand(id: number, bytes: Uint8Array, deadline: Instant): boolean {
    const messageId = this.#send(bytes, deadline);
    if (messageId === "blocked") return false;
    if (typeof messageId !== "number") {
      const reason = "closing";
      this.#sender.refuseSend(id, new AranyaError("ChannelClosed", "the channel is closing", { reason }));
    } else {
      this.#sending.set(messageId, id);
    }
    return true;
  }
}
