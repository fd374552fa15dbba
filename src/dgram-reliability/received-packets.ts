import type { Instant } from "../base/time.ts";
import { after } from "../base/time.ts";
import { NumberRuns } from "./number-runs.ts";
import { TUNING } from "./tuning.ts";

/** Which packets have arrived, and when to say so: RFC 9000 section 13.2. */
export class ReceivedPackets {
  readonly #numbers = new NumberRuns(TUNING.receivedRunsMax);
  #largestAt: Instant | undefined;
  #unacknowledged = 0;
  /** When an acknowledgement is due at the latest. */
  ackAt: Instant | undefined;

  isDuplicate(packetNumber: number): boolean {
    return this.#numbers.has(packetNumber);
  }

  accept(packetNumber: number, eliciting: boolean, now: Instant): void {
    const expected = this.#numbers.highest + 1;
    this.#numbers.add(packetNumber);
    if (packetNumber >= expected) this.#largestAt = now;
    if (!eliciting) return;
    this.#unacknowledged++;
    // A gap or a straggler is news that decides about retransmission (RFC 9000 section 13.2.1).
    if (packetNumber !== expected || this.#unacknowledged >= TUNING.ackEveryPackets) this.ackAt = now;
    else this.ackAt ??= after(now, TUNING.ackDelayMaxMs);
  }

  get ackWanted(): boolean {
    return this.#unacknowledged > 0;
  }

  ackRuns(limit: number): number[] {
    return this.#numbers.descending(limit);
  }

  ackDelayUs(now: Instant): number {
    return this.#largestAt === undefined ? 0 : (now - this.#largestAt) * 1000;
  }

  ackSent(): void {
    this.#unacknowledged = 0;
    this.ackAt = undefined;
  }
}
