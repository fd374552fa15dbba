import type { Instant } from "../base/time.ts";
import { after } from "../base/time.ts";
import { NumberRuns } from "./number-runs.ts";
import { TUNING } from "./tuning.ts";

/**
 * Which packets have arrived, and when to say so: RFC 9000 section 13.2. Each is told in so many acknowledgements after it
 * arrived, since any of them may be lost, and then no more: old gaps stay for ever, because what was lost is sent again under
 * another number.
 */
export class ReceivedPackets {
  readonly #numbers = new NumberRuns(TUNING.receivedRunsMax);
  #largestAt: Instant | undefined;
  #unacknowledged = 0;
  /** Packets that wanted an acknowledgement, as far as they decide how often there is one. */
  #eliciting = 0;
  /** The highest number when each of the last acknowledgements was made, a ring. */
  readonly #highestAt: number[] = [];
  #acks = 0;
  /** Numbers that arrived out of order, and before which acknowledgement. */
  readonly #late: number[] = [];
  readonly #lateAcks: number[] = [];
  /** When an acknowledgement is due at the latest. */
  ackAt: Instant | undefined;

  isDuplicate(packetNumber: number): boolean {
    return this.#numbers.has(packetNumber);
  }

  /** `ackDelayMs`: how long an acknowledgement may wait for more to acknowledge. */
  accept(packetNumber: number, eliciting: boolean, ackDelayMs: number, now: Instant): void {
    const expected = this.#numbers.highest + 1;
    this.#numbers.add(packetNumber);
    if (packetNumber >= expected) this.#largestAt = now;
    else this.#noteLate(packetNumber);
    if (!eliciting) return;
    this.#unacknowledged++;
    const isLater = this.#eliciting >= TUNING.ackLaterAfterPackets;
    if (!isLater) this.#eliciting++;
    const every = isLater ? TUNING.ackEveryPacketsLater : TUNING.ackEveryPackets;
    // A gap or a straggler is news that decides about retransmission (RFC 9000 section 13.2.1).
    if (packetNumber !== expected || this.#unacknowledged >= every) this.ackAt = now;
    else this.ackAt ??= after(now, ackDelayMs);
  }

  get ackWanted(): boolean {
    return this.#unacknowledged > 0;
  }

  ackRuns(limit: number): number[] {
    const old = this.#acks - TUNING.ackRepeats;
    let over = 0;
    while (over < this.#late.length && this.#lateAcks[over]! <= old) over++;
    if (over > 0) {
      this.#late.splice(0, over);
      this.#lateAcks.splice(0, over);
    }
    return this.#numbers.recent(limit, this.#highestAt[this.#acks % TUNING.ackRepeats] ?? -1, this.#late);
  }

  ackDelayUs(now: Instant): number {
    return this.#largestAt === undefined ? 0 : (now - this.#largestAt) * 1000;
  }

  ackSent(): void {
    this.#highestAt[this.#acks++ % TUNING.ackRepeats] = this.#numbers.highest;
    this.#unacknowledged = 0;
    this.ackAt = undefined;
  }

  #noteLate(packetNumber: number): void {
    this.#late.push(packetNumber);
    this.#lateAcks.push(this.#acks);
    if (this.#late.length <= TUNING.lateNumbersMax) return;
    this.#late.shift();
    this.#lateAcks.shift();
  }
}
