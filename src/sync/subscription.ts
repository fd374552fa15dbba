/**
 * The asker's half of hello on one connection: which heads it was told of and lacks, how often the asked may still speak
 * unasked, and when it is the asker's turn again. However fast the asked speaks, the asker does so at most once an interval.
 */
import type { CommandId } from "../base/ids.ts";
import { after, instant } from "../base/time.ts";
import type { Instant } from "../base/time.ts";
import type { CommandSource } from "../graph/source.ts";

export type SubscriptionLimits = Readonly<
  Record<"syncPageTimeoutMs" | "syncKeepAliveMs" | "syncHelloIntervalMs", number>
>;

/** One left from before, the answer to a subscribe, and the one which that answer allows. */
const ALLOWED_MAX = 3;

export class Subscription {
  readonly #source: CommandSource;
  readonly #limits: SubscriptionLimits;
  /** Not held when they were announced. */
  #announced: readonly CommandId[] = [];
  #allowed = 0;
  #answerDeadline: Instant | undefined;
  /** The last subscribe or end of a pull. */
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

  /** When something is due: an answer of the asked, or else a word of the asker. */
  get deadline(): Instant {
    return this.#answerDeadline ?? this.#speakAt;
  }

  /** A subscribe goes out. */
  sent(now: Instant): void {
    this.#allow(2);
    this.#answerDeadline = after(now, this.#limits.syncPageTimeoutMs);
    this.#spokeAt = now;
  }

  /** False where the asked was not to speak. */
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

  /** They are all here. */
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
