import { lookup } from "node:dns";
import { isIpv4 } from "../base/address.ts";
import { TransportError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { LruMap } from "../base/lru-map.ts";

/** IPv4 addresses of a name, in the resolver's order. Throws `TransportError` `dns-failed`. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** By the system's resolver, so /etc/hosts counts. An IPv4 address stands for itself. */
export function resolveIpv4(host: string): Promise<readonly string[]> {
  if (isIpv4(host)) return Promise.resolve([host]);
  return new Promise((resolve, reject) => {
    lookup(host, { family: 4, all: true }, (cause, answers) => {
      if (cause === null) resolve(answers.map((a) => a.address));
      else {
        const reason = `${host} cannot be resolved (DNS): ${cause.code ?? cause.message}`;
        reject(new TransportError("dns-failed", reason, { cause }));
      }
    });
  });
}

/**
 * Asks anew on each call, since addresses change, and keeps the last good answer for when a resolver fails, is slow or
 * comes back with nothing: in the field DNS is gone more often than the peer behind it has moved (SYN-1).
 */
export class AddressBook {
  readonly #resolve: Resolve;
  readonly #timeoutMs: number;
  readonly #lastGood = new LruMap<readonly string[]>(LIMITS.syncPeersMax);
  /** One question per name: the system resolver blocks a thread of a small pool for each. */
  readonly #asking = new Map<string, Promise<readonly string[]>>();

  constructor(resolve: Resolve = resolveIpv4, timeoutMs: number = LIMITS.syncResolveTimeoutMs) {
    this.#resolve = resolve;
    this.#timeoutMs = timeoutMs;
  }

  /** At least one address. Throws `TransportError`: `dns-failed`, `dns-timeout`, `no-address`. */
  async resolve(host: string): Promise<readonly string[]> {
    if (isIpv4(host)) return [host];
    try {
      const answer = await this.#ask(host);
      if (answer.length === 0) throw new TransportError("no-address", `${host} has no IPv4 address`);
      this.#lastGood.set(host, answer);
      return answer;
    } catch (error) {
      const last = this.#lastGood.get(host);
      if (last === undefined) throw error;
      return last;
    }
  }

  async #ask(host: string): Promise<readonly string[]> {
    let asking = this.#asking.get(host);
    if (asking === undefined) {
      if (this.#asking.size >= LIMITS.syncPeersMax) {
        throw new TransportError("dns-failed", `${LIMITS.syncPeersMax} names are being resolved already`);
      }
      asking = this.#resolve(host).finally(() => this.#asking.delete(host));
      this.#asking.set(host, asking);
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new TransportError("dns-timeout", `${host} was not resolved in ${this.#timeoutMs} ms`));
      }, this.#timeoutMs);
    });
    return await Promise.race([asking, late]).finally(() => clearTimeout(timer));
  }
}
