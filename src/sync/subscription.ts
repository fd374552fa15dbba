/**
 * The asker's half of hello on one connection: which announced heads it lacks, how many more messages the asked may send
 * unasked, and when the asker speaks next. However fast the asked speaks, the asker does so at most once per interval.
 */
import type { CommandId } from "../base/ids.ts";
import { after, instant } from "../base/time.ts";
import type { Instant } from "../base/time.ts";
import type { CommandSource } from "../graph/source.ts";

export type SubscriptionLimits = Readonly<
  Record<"syncPageTimeoutMs" | "syncKeepAliveMs" | "syncHelloIntervalMs", number>
>;

/** Messages that may be allowed at once: one left from before, the answer to a subscribe, and the one that this answer allows. */
const ALLOWED_MAX = 3;

export class Subscription {
  readonly #source: CommandSource;
  readonly #limits: SubscriptionLimits;
  /** The heads last announced, without those that were here by then. */
  #announced: readonly CommandId[] = [];
  #allowed = 0;
  #answerDeadline: Instant | undefined;
  /** When the asker last subscribed or ended a pull. */
  #spokeAt: Instant;
  #speakAt: Instant;

  constructor(source: CommandSource, limits: SubscriptionLimits, now: Instant) {
    this.#source = source;
    this.#limits = limits;
    this.#spokeAt = now;
    this.#speakAt = now;
  }

  /** Heads that were announced and are not here. */
  get missing(): readonly CommandId[] {
    return this.#announced.filter((id) => !this.#source.isKnown(id));
  }

  get isAwaitingAnswer(): boolean {
    return this.#answerDeadline !== undefined;
  }

  /** When something is due: the answer of the asked if one is awaited, else the next message of the asker. */
  get deadline(): Instant {
    return this.#answerDeadline ?? this.#speakAt;
  }

  /** A subscribe was sent. */
  sent(now: Instant): void {
    this.#allow(2);
    this.#answerDeadline = after(now, this.#limits.syncPageTimeoutMs);
    this.#spokeAt = now;
  }

  /** The asked has announced heads. False where it was not allowed to. */
  hear(heads: readonly CommandId[], now: Instant): boolean {
    if (this.#allowed === 0) return false;
    this.#allowed--;
    const isAnswer = this.isAwaitingAnswer;
    this.#answerDeadline = undefined;
    this.#announced = heads;
    this.#announced = this.missing;
    if (isAnswer && this.#announced.length === 0) this.#rest(now);
    else this.#speakSoon(now);
    return true;
  }

  /** The asked has named its heads at the end of a pull, and may speak again. */
  heardLevel(): void {
    this.#allow(1);
  }

  /** A pull is done: what it brought may include the announced heads. */
  levelled(now: Instant): void {
    this.#announced = this.missing;
    this.#spokeAt = now;
    if (this.#announced.length === 0) this.#rest(now);
    else this.#speakSoon(now);
  }

  /** The host was told that a pull is due. */
  toldHost(now: Instant): void {
    this.#rest(now);
  }

  #rest(now: Instant): void {
    this.#speakAt = after(now, this.#limits.syncKeepAliveMs);
  }

  #speakSoon(now: Instant): void {
    this.#speakAt = instant(Math.max(now, this.#spokeAt + this.#limits.syncHelloIntervalMs));
  }

  #allow(count: number): void {
    this.#allowed = Math.min(this.#allowed + count, ALLOWED_MAX);
  }
}
