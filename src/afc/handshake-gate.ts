/**
 * Which first messages are worth their curve operations. So many a second are taken from whoever sends them; what goes
 * beyond, and everything while too many handshakes are pending, has to prove its address by a cookie, and then so many a
 * second are taken from each host.
 */
import type { Address } from "../base/address.ts";
import { LIMITS } from "../base/limits.ts";
import { LruMap } from "../base/lru-map.ts";
import type { Entropy, Instant } from "../base/time.ts";
import { TokenBucket } from "../base/token-bucket.ts";
import { Cookies, hasMac2 } from "./cookie.ts";
import type { Local } from "./handshake.ts";

export type GateLimits = Record<
  "handshakesPendingBusy" | "handshakesPerSecondMax" | "handshakesPerHostPerSecondMax",
  number
>;

export class HandshakeGate {
  readonly #limits: GateLimits;
  readonly #cookies: Cookies;
  readonly #anybody: TokenBucket;
  readonly #hosts = new LruMap<TokenBucket>(LIMITS.handshakeHostsMax);

  constructor(local: Local, entropy: Entropy, limits: GateLimits) {
    this.#limits = limits;
    this.#cookies = new Cookies(local.suite, entropy, local.mac1Key);
    this.#anybody = TokenBucket.perSecond(limits.handshakesPerSecondMax);
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
      allowance = TokenBucket.perSecond(this.#limits.handshakesPerHostPerSecondMax);
      this.#hosts.set(from.host, allowance);
    }
    return allowance.take(now) ? "pass" : "limit";
  }
}
