/**
 * Which first messages are worth their curve operations. So many a second are taken from whoever sends them; what goes
 * beyond, and everything while too many handshakes are pending, has to prove its address by a cookie, and then so many a
 * second are taken from each host.
 */
import type { Address } from "../base/address.ts";
import { LIMITS } from "../base/limits.ts";
import { LruMap } from "../base/lru-map.ts";
import type { Entropy, Instant } from "../base/time.ts";
import { Cookies, hasMac2 } from "./cookie.ts";
import type { Local } from "./handshake.ts";

export type GateLimits = Record<
  "handshakesPendingBusy" | "handshakesPerSecondMax" | "handshakesPerHostPerSecondMax",
  number
>;

export class HandshakeGate {
  readonly #limits: GateLimits;
  readonly #cookies: Cookies;
  readonly #anybody: Allowance;
  readonly #hosts = new LruMap<Allowance>(LIMITS.handshakeHostsMax);

  constructor(local: Local, entropy: Entropy, limits: GateLimits) {
    this.#limits = limits;
    this.#cookies = new Cookies(local.suite, entropy, local.mac1Key);
    this.#anybody = new Allowance(limits.handshakesPerSecondMax);
  }

  /**
   * Of a message 1 that is new and whose mac1 holds. "pass": it may be read. A datagram: the cookie to answer with, and
   * nothing else. "forged": its mac2 is wrong, which no honest initiator's is for long. "limit": its host had its share.
   */
  judge(
    message1: Uint8Array,
    from: Address,
    pending: number,
    now: Instant,
  ): "pass" | "forged" | "limit" | Uint8Array {
    const isProven = hasMac2(message1);
    if (isProven && !this.#cookies.proves(message1, from, now)) return "forged";
    if (pending < this.#limits.handshakesPendingBusy && this.#anybody.take(now)) return "pass";
    if (!isProven) return this.#cookies.answer(message1, from, now);
    let allowance = this.#hosts.get(from.host);
    if (allowance === undefined) {
      allowance = new Allowance(this.#limits.handshakesPerHostPerSecondMax);
      this.#hosts.set(from.host, allowance);
    }
    return allowance.take(now) ? "pass" : "limit";
  }
}

/** A token bucket that holds what a second brings. */
export class Allowance {
  readonly #perSecond: number;
  #left: number;
  #at: Instant | undefined;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }

  take(now: Instant): boolean {
    const elapsedMs = this.#at === undefined ? 0 : Math.max(0, now - this.#at);
    this.#at = now;
    this.#left = Math.min(this.#perSecond, this.#left + (elapsedMs * this.#perSecond) / 1000);
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
