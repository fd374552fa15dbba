/** What both ends of every path are measured with, so that floor and product are measured alike. */
import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "./statistics.ts";

/** On a machine busy with other things a slice can pass with nothing in it; it is then made longer, up to this. */
const PATIENCE_MS = 10_000;

/** What has arrived. */
export class Counter {
  count = 0;

  /**
   * From the first arrivals until that many have come, or that long has passed: how many came in between, and how long that
   * was. What comes seldom is not counted in parts then.
   */
  async span({ count = Infinity, ms = Infinity }: { count?: number; ms?: number }): Promise<Span> {
    const before = this.count;
    const startedAt = performance.now();
    let first = { count: before, at: startedAt };
    let last = first;
    for (;;) {
      await sleep(1);
      const at = performance.now();
      if (this.count > last.count) {
        last = { count: this.count, at };
        if (first.count === before) first = last;
      } else if (at - last.at > PATIENCE_MS) throw new Error("nothing arrives");
      const isOver = last.count - before >= count || at - startedAt >= ms;
      if (isOver && last !== first) break;
    }
    return { count: last.count - first.count, ms: last.at - first.at, total: last.count - before };
  }

  /** How many arrive in that long from now on, and how long it was. */
  async watch(ms: number): Promise<Arrivals> {
    const before = this.count;
    const startedAt = performance.now();
    await sleep(ms);
    while (this.count === before && performance.now() < startedAt + PATIENCE_MS) await sleep(1);
    if (this.count === before) throw new Error("nothing arrives");
    return { count: this.count - before, ms: performance.now() - startedAt };
  }
}

export interface Arrivals {
  readonly count: number;
  readonly ms: number;
}

export interface Span extends Arrivals {
  /** Those that came before the first look as well. */
  readonly total: number;
}

export interface Latency {
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** A datagram can get lost, and then nobody would ever answer. What it took is not counted. */
const LOST_AFTER_MS = 250;
const NUMBER_BYTES = 4;

/** One message at a time, there and back. Each has a number, so that no late answer is taken for another's. */
export class PingPong {
  readonly #send: (message: Uint8Array) => void;
  #timesUs: number[] = [];
  #bytes = 0;
  #number = 0;
  #sentAt = 0;
  #running = false;

  constructor(send: (message: Uint8Array) => void) {
    this.#send = send;
  }

  /** Messages of that many bytes, for that long. */
  async run(bytes: number, ms: number): Promise<Latency> {
    this.#timesUs = [];
    this.#bytes = bytes;
    this.#running = true;
    this.#again();
    const startedAt = performance.now();
    const passed = (): number => performance.now() - startedAt;
    while (passed() < ms || (this.#timesUs.length === 0 && passed() < PATIENCE_MS)) {
      await sleep(Math.min(LOST_AFTER_MS, Math.max(1, ms - passed())));
      if (performance.now() - this.#sentAt > LOST_AFTER_MS) this.#again();
    }
    this.#running = false;
    return { p50: quantile(this.#timesUs, 0.5), p99: quantile(this.#timesUs, 0.99) };
  }

  answered(message: Uint8Array): void {
    if (!this.#running || viewOf(message).getUint32(0) !== this.#number) return;
    this.#timesUs.push((performance.now() - this.#sentAt) * 1000);
    this.#again();
  }

  #again(): void {
    // Its own buffer: who sends reliably keeps it until it is acknowledged.
    const message = new Uint8Array(Math.max(NUMBER_BYTES, this.#bytes));
    viewOf(message).setUint32(0, ++this.#number);
    this.#sentAt = performance.now();
    this.#send(message);
  }
}

function viewOf(message: Uint8Array): DataView {
  return new DataView(message.buffer, message.byteOffset, message.length);
}
