/**
 * The messages an application is sending on one channel: handed to AFC as soon as that takes them, and each answered
 * once, by acknowledgement, by its deadline or by the end of the channel.
 */
import { AranyaError } from "../base/errors.ts";
import type { Clock, Instant } from "../base/time.ts";
import type { Delivery } from "../afc/index.ts";

/** `AfcEndpoint.send` of this channel. */
type Send = (bytes: Uint8Array, deadline: Instant) => number | "too-large" | "blocked" | "unknown";

interface Waiting {
  readonly bytes: Uint8Array;
  readonly deadline: Instant;
  readonly resolve: (acknowledged: boolean) => void;
  readonly reject: (error: AranyaError) => void;
  timer: NodeJS.Timeout | undefined;
}

export class OutcomeTable {
  readonly #send: Send;
  readonly #clock: Clock;
  readonly #delivery: Delivery;
  readonly #sending = new Map<number, Waiting>();
  /** AFC's queue is full; in order. */
  readonly #blocked = new Set<Waiting>();

  constructor(send: Send, clock: Clock, delivery: Delivery) {
    this.#send = send;
    this.#clock = clock;
    this.#delivery = delivery;
  }

  send(bytes: Uint8Array, deadline: Instant): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { bytes, deadline, resolve, reject, timer: undefined };
      if (this.#blocked.size === 0 && this.#hand(waiting)) return;
      this.#blocked.add(waiting);
      waiting.timer = setTimeout(
        () => {
          this.#blocked.delete(waiting);
          resolve(false);
        },
        Math.max(0, deadline - this.#clock.now()),
      );
    });
  }

  settle(messageId: number, acknowledged: boolean): void {
    this.#sending.get(messageId)?.resolve(acknowledged);
    this.#sending.delete(messageId);
    for (const waiting of this.#blocked) {
      if (!this.#hand(waiting)) return;
      clearTimeout(waiting.timer);
      this.#blocked.delete(waiting);
    }
  }

  fail(error: AranyaError): void {
    for (const waiting of [...this.#sending.values(), ...this.#blocked]) {
      clearTimeout(waiting.timer);
      waiting.reject(error);
    }
    this.#sending.clear();
    this.#blocked.clear();
  }

  /** False while AFC takes no more. */
  #hand(waiting: Waiting): boolean {
    const id = this.#send(waiting.bytes, waiting.deadline);
    if (id === "blocked") return false;
    if (typeof id !== "number") {
      waiting.reject(new AranyaError("ChannelClosed", "the channel is closing", { reason: "closing" }));
    } else if (this.#delivery === "unreliable") {
      waiting.resolve(true);
    } else {
      this.#sending.set(id, waiting);
    }
    return true;
  }
}
