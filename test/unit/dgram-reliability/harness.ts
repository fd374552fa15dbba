import { Reliability } from "../../../src/dgram-reliability/index.ts";
import type { ReliabilityEvent, ReliabilityOptions } from "../../../src/dgram-reliability/index.ts";
import { instant } from "../../../src/base/time.ts";
import type { Instant } from "../../../src/base/time.ts";

export const OPTIONS: ReliabilityOptions = {
  packetBytesMax: 1167,
  sendMessagesMax: 256,
  sendBytesMax: 512 * 1024,
  receiveMessagesMax: 64,
  receiveBytesMax: 128 * 1024,
  messageBytesMax: 1148,
};

/** For messages in many fragments. */
export const LARGE: ReliabilityOptions = {
  ...OPTIONS,
  sendBytesMax: 4 * 1024 * 1024,
  receiveBytesMax: 1024 * 1024,
  messageBytesMax: 1024 * 1024,
};

/** What the network does to one packet: the delays of its copies, none if it is lost. */
export type Fate = (bytes: Uint8Array, from: End) => readonly number[];

export class End {
  readonly reliability: Reliability;
  readonly events: ReliabilityEvent[] = [];
  consumes = true;
  /** What the host sees in place of an event: for planted bugs. */
  tamper: ((event: ReliabilityEvent, now: Instant) => readonly ReliabilityEvent[]) | undefined;
  nextNumber = 0;
  packets = 0;

  constructor(options: ReliabilityOptions, now: Instant) {
    this.reliability = new Reliability(options, now);
  }

  get delivered(): Uint8Array[] {
    return this.events.flatMap((e) => (e.kind === "message" ? [e.bytes] : []));
  }

  outcomes(kind: "acknowledged" | "expired"): number[] {
    return this.events.flatMap((e) => (e.kind === kind ? [e.messageId] : []));
  }
}

/** Two ends and the network between them on a virtual clock. */
export class Pair {
  now = instant(1000);
  readonly a: End;
  readonly b: End;
  fate: Fate;
  /** Ascending `at`, first come first. */
  readonly #wire: { at: number; to: End; number: number; bytes: Uint8Array }[] = [];
  readonly #out = new Uint8Array(65_535);
  steps = 0;
  stepsMax = 200_000;

  constructor(fate: Fate = () => [5], options = OPTIONS) {
    this.fate = fate;
    this.a = new End(options, this.now);
    this.b = new End(options, this.now);
  }

  drain(): void {
    for (const [from, to] of [
      [this.a, this.b],
      [this.b, this.a],
    ] as const) {
      for (let e = from.reliability.pollEvent(); e !== undefined; e = from.reliability.pollEvent()) {
        from.events.push(...(from.tamper?.(e, this.now) ?? [e]));
        if (e.kind === "message" && from.consumes) from.reliability.consumed(1);
      }
      for (;;) {
        const number = from.nextNumber;
        const length = from.reliability.pollPacket(this.#out, 0, number, this.now);
        if (length === 0) break;
        from.packets++;
        // A carrier may use numbers for packets of its own.
        from.nextNumber += number % 7 === 3 ? 2 : 1;
        const bytes = this.#out.slice(0, length);
        for (const delay of this.fate(bytes, from)) this.#post({ at: this.now + delay, to, number, bytes });
      }
    }
  }

  /** One step to the next thing that happens; false where nothing will, or not by `until`. */
  step(until = Infinity): boolean {
    this.drain();
    const at = Math.min(
      this.#wire[0]?.at ?? Infinity,
      this.a.reliability.nextTimeout() ?? Infinity,
      this.b.reliability.nextTimeout() ?? Infinity,
    );
    if (at > until || at === Infinity) return false;
    if (++this.steps > this.stepsMax) throw new Error("does not come to rest");
    this.now = instant(Math.max(this.now, at));
    while (this.#wire[0] !== undefined && this.#wire[0].at <= this.now) {
      const { to, number, bytes } = this.#wire.shift()!;
      to.reliability.receive(number, bytes, this.now);
    }
    for (const end of [this.a, this.b]) {
      const due = end.reliability.nextTimeout();
      if (due !== undefined && due <= this.now) end.reliability.handleTimeout(this.now);
    }
    this.drain();
    return true;
  }

  #post(packet: { at: number; to: End; number: number; bytes: Uint8Array }): void {
    let i = this.#wire.length;
    while (i > 0 && this.#wire[i - 1]!.at > packet.at) i--;
    this.#wire.splice(i, 0, packet);
  }

  run(forMs: number): void {
    const until = this.now + forMs;
    while (this.step(until)) continue;
    this.now = instant(until);
  }
}

/** xorshift: small, seeded, good enough to lose packets by. */
export function random(seed: number): () => number {
  let x = (seed | 0) === 0 ? 88172645 : seed | 0;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}
