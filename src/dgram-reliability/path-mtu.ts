/**
 * How large a datagram the path takes: Datagram PLPMTUD, RFC 8899, as a state machine without I/O. Sizes are whatever the
 * carrier counts in, the same everywhere; probes are packets of its own, padded to the size and answered by the peer, that
 * must not be fragmented on the way.
 *
 *            ┌───────── black hole ◄────────────┬──────────────┐
 *            ▼                                  │              │
 *   base: is a probe of `baseBytes` answered? ──► searching ──► complete
 *            ▲ │ not: again with back-off           ▲              │ `raiseMs`
 *            └─┘                                    └──────────────┘
 *
 * A black hole: what was larger than the base was lost or timed out several times in a row, and nothing so large arrived.
 */
import type { Instant } from "../base/time.ts";
import { after } from "../base/time.ts";
import type { PacketFate } from "./sender.ts";

export interface PathMtuOptions {
  /** What every path is taken to bear: 1200 unless given. RFC 8899 section 5.1.2, BASE_PLPMTU. */
  readonly baseBytes?: number | undefined;
  /** The most that is of use: what the interface takes, for instance 1472 for UDP over IPv4 over Ethernet. */
  readonly maxBytes: number;
}

/** RFC 8899 section 5.1; milliseconds. */
export const PATH_MTU = {
  /** MAX_PROBES, and how many signs make a black hole. */
  probesMax: 3,
  /** PMTU_RAISE_TIMER. */
  raiseMs: 600_000,
  /** How long an answer is waited for at least: shorter would take a delayed one for lost. */
  probeTimeoutMsMin: 1000,
  probeTimeoutMsMax: 15_000,
  /** The search ends where less than this could be gained. */
  stepBytes: 16,
  /** What most paths that do not take the most do take: Ethernet, and with PPPoE, less the headers of IPv4 and UDP. */
  commonBytes: [1472, 1464],
} as const;

const BASE_BYTES = 1200;

export class PathMtu {
  readonly #baseBytes: number;
  readonly #maxBytes: number;
  #state: "base" | "searching" | "complete" = "base";
  #bytes: number;
  /** No probe of this size or more has a chance. */
  #tooLarge: number;
  #probing: { readonly bytes: number; readonly lostAt: Instant } | undefined;
  /** Of the size probed now. */
  #lost = 0;
  #probeAt: Instant;
  #signs = 0;
  /** The smallest of them: what is smaller may pass where that does not. */
  #signBytes = Number.POSITIVE_INFINITY;
  #signAt: Instant | undefined;

  /** @throws RangeError where the maximum is below the base. */
  constructor(options: PathMtuOptions, now: Instant) {
    this.#baseBytes = options.baseBytes ?? BASE_BYTES;
    this.#maxBytes = options.maxBytes;
    if (this.#baseBytes < 1 || this.#maxBytes < this.#baseBytes) throw new RangeError("maxBytes");
    this.#bytes = this.#baseBytes;
    this.#tooLarge = this.#maxBytes + 1;
    this.#probeAt = now;
  }

  /** The largest datagram known to arrive, or the base. */
  get bytes(): number {
    return this.#bytes;
  }

  get state(): "base" | "searching" | "complete" {
    return this.#state;
  }

  /** The size of the probe to send now, 0 for none. */
  probe(now: Instant): number {
    if (this.#probing !== undefined || now < this.#probeAt) return 0;
    if (this.#state === "complete") {
      // It may have grown: the timer is over.
      if (this.#bytes === this.#maxBytes) return 0;
      this.#state = "searching";
      this.#tooLarge = this.#maxBytes + 1;
      this.#lost = 0;
    }
    return this.#state === "base" ? this.#baseBytes : this.#candidate;
  }

  /** `ptoMs`: how long an answer takes at most, as the carrier knows it. */
  onProbeSent(bytes: number, ptoMs: number, now: Instant): void {
    const timeoutMs = Math.min(Math.max(3 * ptoMs, PATH_MTU.probeTimeoutMsMin), PATH_MTU.probeTimeoutMsMax);
    this.#probing = { bytes, lostAt: after(now, timeoutMs) };
  }

  /** The peer has answered the probe of that size. Late answers count as well. */
  onProbeAcked(bytes: number, now: Instant): void {
    this.#confirmed();
    if (this.#probing?.bytes === bytes) {
      this.#probing = undefined;
      this.#probeAt = now;
    }
    if (bytes < this.#baseBytes || bytes > this.#maxBytes) return;
    this.#arrived(bytes);
    if (bytes <= this.#bytes) return;
    this.#bytes = bytes;
    this.#lost = 0;
    if (bytes >= this.#tooLarge) this.#tooLarge = this.#maxBytes + 1;
    this.#completeIfFound(now);
  }

  /** The carrier knows it is lost, for instance because the socket refused it; else the time-out says so. */
  onProbeLost(bytes: number, now: Instant): void {
    if (this.#probing?.bytes !== bytes) return;
    this.#probing = undefined;
    this.#lost++;
    this.#probeAt = now;
    if (this.#state === "base") {
      // Nothing is learnt from a peer that does not answer at all.
      this.#probeAt = after(now, backOffMs(this.#lost));
    } else if (this.#lost >= PATH_MTU.probesMax) {
      this.#lost = 0;
      this.#tooLarge = bytes;
      this.#completeIfFound(now);
    }
  }

  /** What became of packets that are no probes. `bytes` counts as probes do. */
  onPacketFate(bytes: number, fate: PacketFate, now: Instant): void {
    if (fate === "acknowledged") {
      this.#confirmed();
      this.#arrived(bytes);
      return;
    }
    if (bytes <= this.#baseBytes || this.#bytes === this.#baseBytes) return;
    // A burst is one sign.
    if (this.#signAt === now) return;
    this.#signAt = now;
    this.#signBytes = Math.min(this.#signBytes, bytes);
    if (++this.#signs >= PATH_MTU.probesMax) this.#blackHole(now);
  }

  /** Another path, of which nothing is known. */
  onPathChange(now: Instant): void {
    this.#restart(now);
  }

  handleTimeout(now: Instant): void {
    if (this.#probing !== undefined && now >= this.#probing.lostAt)
      this.onProbeLost(this.#probing.bytes, now);
  }

  /** When to call `handleTimeout`, or to ask for a `probe`. */
  nextTimeout(): Instant | undefined {
    if (this.#probing !== undefined) return this.#probing.lostAt;
    if (this.#state === "complete" && this.#bytes === this.#maxBytes) return undefined;
    return this.#probeAt;
  }

  /** The largest first, then what is common, then the middle. */
  get #candidate(): number {
    if (this.#tooLarge > this.#maxBytes) return this.#maxBytes;
    const common = PATH_MTU.commonBytes.find(
      (b) => b < this.#tooLarge && b >= this.#bytes + PATH_MTU.stepBytes,
    );
    if (common !== undefined) return common;
    return (this.#bytes + this.#tooLarge) >> 1;
  }

  #confirmed(): void {
    if (this.#state !== "base") return;
    this.#state = "searching";
    this.#lost = 0;
    if (this.#bytes === this.#maxBytes) this.#state = "complete";
  }

  #arrived(bytes: number): void {
    if (bytes < this.#signBytes) return;
    this.#signs = 0;
    this.#signBytes = Number.POSITIVE_INFINITY;
  }

  #completeIfFound(now: Instant): void {
    if (this.#state !== "searching") return;
    if (this.#tooLarge - this.#bytes > PATH_MTU.stepBytes && this.#bytes < this.#maxBytes) return;
    this.#state = "complete";
    this.#probeAt = after(now, PATH_MTU.raiseMs);
  }

  #blackHole(now: Instant): void {
    this.#restart(now);
  }

  #restart(now: Instant): void {
    this.#state = "base";
    this.#bytes = this.#baseBytes;
    this.#tooLarge = this.#maxBytes + 1;
    this.#probing = undefined;
    this.#lost = 0;
    this.#signs = 0;
    this.#signBytes = Number.POSITIVE_INFINITY;
    this.#probeAt = now;
  }
}

function backOffMs(lost: number): number {
  return Math.min(PATH_MTU.probeTimeoutMsMin * 2 ** lost, PATH_MTU.probeTimeoutMsMax);
}
