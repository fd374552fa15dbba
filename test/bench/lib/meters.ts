/** What both ends of every path are measured with, so that floor and product are measured alike. */
import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "./statistics.ts";

/** What has arrived. */
export class Counter {
  count = 0;

  /** Messages per second, over that long from now on. */
  async rate(ms: number): Promise<number> {
    const before = this.count;
    const startedAt = performance.now();
    await sleep(ms);
    return ((this.count - before) * 1000) / (performance.now() - startedAt);
  }
}

export interface Latency {
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** A datagram can get lost, and then nobody would ever answer. What it took is not counted. */
const LOST_AFTER_MS = 250;

/** One message at a time, there and back. */
export class PingPong {
  readonly #send: () => void;
  #timesUs: number[] = [];
  #sentAt = 0;
  #running = false;

  constructor(send: () => void) {
    this.#send = send;
  }

  async run(ms: number): Promise<Latency> {
    this.#timesUs = [];
    this.#running = true;
    this.#again();
    const until = performance.now() + ms;
    while (performance.now() < until) {
      await sleep(Math.min(LOST_AFTER_MS, Math.max(1, until - performance.now())));
      if (performance.now() - this.#sentAt > LOST_AFTER_MS) this.#again();
    }
    this.#running = false;
    return { p50: quantile(this.#timesUs, 0.5), p99: quantile(this.#timesUs, 0.99) };
  }

  /** The echo. */
  answered(): void {
    if (!this.#running) return;
    this.#timesUs.push((performance.now() - this.#sentAt) * 1000);
    this.#again();
  }

  #again(): void {
    this.#sentAt = performance.now();
    this.#send();
  }
}
