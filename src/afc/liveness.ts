import { equalBytes } from "../base/bytes.ts";
import type { Instant } from "../base/time.ts";
import { after } from "../base/time.ts";

export interface LivenessLimits {
  /** After this long without hearing from the peer it is pinged; sooner after there was something to say. */
  readonly idleProbeMs: number;
  /** After this long without an answer to what asks for one, the channel is closed. */
  readonly silenceMs: number;
}

/**
 * Translations forget a UDP flow after 30 seconds where they are hasty. And who moved while it had nothing to say is found
 * before the peer, which has, takes it for gone.
 */
export const LIVENESS_DEFAULTS: LivenessLimits = { idleProbeMs: 25_000, silenceMs: 30_000 };

const PING_FIRST_MS = 250;
const PING_EVERY_MAX_MS = 4000;
const PROOF_EVERY_MS = 1000;
/**
 * After there was something to say. An end that only receives cannot know that the translation in front of it has
 * changed, nor can the peer, which talks to where nobody is: so it is not silent for long.
 */
const IDLE_FIRST_MS = 5000;

/** When a channel asks its peer whether it is there, and when it no longer believes so. */
export class Liveness {
  readonly #limits: LivenessLimits;
  /** When to ping. */
  pingAt: Instant | undefined;
  #pings = 0;
  #idleMs = IDLE_FIRST_MS;
  /** The last ping, until its pong. */
  #asked: { readonly token: Uint8Array; readonly sequence: number } | undefined;
  /** The highest of our numbers that a pong has acknowledged, -1 before the first. */
  acknowledged = -1;
  #proofAt: Instant | undefined;
  /** Since when something that asks for an answer has had none. */
  #waitingSince: Instant | undefined;

  constructor(limits: LivenessLimits) {
    this.#limits = limits;
  }

  /** Something authentic came. `pings`: those sent so far need no answer any more. */
  heard(waits: boolean, pings: boolean, now: Instant): void {
    this.#waitingSince = waits ? now : undefined;
    if (!pings) return;
    this.#pings = 0;
    this.pingAt = after(now, Math.min(this.#idleMs, this.#limits.idleProbeMs));
  }

  /** There was something to say. */
  busy(): void {
    this.#idleMs = IDLE_FIRST_MS;
  }

  /** There was nothing to say but that we are there. */
  quiet(): void {
    this.#idleMs = Math.min(2 * this.#idleMs, this.#limits.idleProbeMs);
  }

  /** What is sent asks for an answer. */
  waits(now: Instant): void {
    this.#waitingSince ??= now;
  }

  /** This device slept: the silence was its own. */
  woke(now: Instant): void {
    if (this.#waitingSince !== undefined) this.#waitingSince = now;
  }

  pingNow(now: Instant): void {
    this.#pings = 0;
    this.pingAt = now;
  }

  isPingDue(now: Instant): boolean {
    return this.pingAt !== undefined && now >= this.pingAt;
  }

  /** Whether to ping for the proof that a rotation waits for: at most once a second. */
  isProofDue(now: Instant): boolean {
    if (this.#proofAt !== undefined && now < this.#proofAt) return false;
    this.#proofAt = after(now, PROOF_EVERY_MS);
    return true;
  }

  /** A ping leaves under this number. */
  pinged(token: Uint8Array, sequence: number, now: Instant): void {
    this.#asked = { token, sequence };
    this.pingAt = after(now, Math.min(PING_FIRST_MS * 2 ** this.#pings++, PING_EVERY_MAX_MS));
    this.waits(now);
  }

  ponged(token: Uint8Array): void {
    if (this.#asked === undefined || !equalBytes(this.#asked.token, token)) return;
    this.acknowledged = this.#asked.sequence;
    this.#asked = undefined;
    this.quiet();
  }

  get silentAt(): Instant | undefined {
    return this.#waitingSince === undefined ? undefined : after(this.#waitingSince, this.#limits.silenceMs);
  }
}
