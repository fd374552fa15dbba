/**
 * A virtual clock and a network on it. A connection carries two ordered streams of bytes, cut into chunks that take their
 * time; connections overtake each other, and a link can be slow, cut, or swallow everything without a word.
 */
import type { Prng } from "../property/model/generate.ts";
import type { Tally } from "./tally.ts";

export class Scheduler {
  /** Milliseconds since the world began. */
  now = 0;
  #order = 0;
  readonly #queue: { at: number; order: number; run: () => void }[] = [];

  after(delayMs: number, run: () => void): void {
    const at = this.now + delayMs;
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#queue[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, { at, order: this.#order++, run });
  }

  advance(durationMs: number): void {
    const end = this.now + durationMs;
    while (this.#queue.length > 0 && this.#queue[0]!.at <= end) {
      const next = this.#queue.shift()!;
      this.now = next.at;
      next.run();
    }
    this.now = end;
  }
}

/** What one side does with what arrives. */
export interface Party {
  onData(bytes: Uint8Array): void;
  onClose(): void;
}

/** One side's hold on a connection. */
export interface End {
  send(bytes: Uint8Array): void;
  close(): void;
}

export type LinkState = "good" | "cut" | "silent";

interface Link {
  state: LinkState;
  delayMs: number;
}

interface Connection {
  readonly a: number;
  readonly b: number;
  open: boolean;
  /** Bytes swallowed: nothing that follows can arrive either. */
  broken: boolean;
  readonly parties: [Party | undefined, Party | undefined];
  /** When the last chunk towards each side arrives. */
  readonly arrival: [number, number];
}

const CHUNK_BYTES_MAX = 8192;
const GOOD_DELAY_MS = 20;

export class Network {
  readonly #scheduler: Scheduler;
  readonly #rng: Prng;
  readonly #tally: Tally;
  readonly #links: Link[][];
  readonly #connections = new Set<Connection>();
  #sent = 0;
  #newestArrived = 0;

  constructor(scheduler: Scheduler, rng: Prng, tally: Tally, devices: number) {
    this.#scheduler = scheduler;
    this.#rng = rng;
    this.#tally = tally;
    this.#links = Array.from({ length: devices }, () =>
      Array.from({ length: devices }, () => ({ state: "good" as const, delayMs: GOOD_DELAY_MS })),
    );
  }

  get openConnections(): number {
    return this.#connections.size;
  }

  /** Undefined where nobody can be reached. `accept` gives the other side's party. */
  connect(
    from: number,
    to: number,
    own: (end: End) => Party,
    accept: (end: End) => Party | undefined,
  ): End | undefined {
    if (this.#link(from, to).state === "cut") {
      this.#tally.count("network: unreachable");
      return undefined;
    }
    const c: Connection = {
      a: from,
      b: to,
      open: true,
      broken: false,
      parties: [undefined, undefined],
      arrival: [0, 0],
    };
    this.#connections.add(c);
    const other = accept(this.#end(c, 1));
    if (other === undefined) {
      this.#connections.delete(c);
      return undefined;
    }
    c.parties[1] = other;
    const end = this.#end(c, 0);
    c.parties[0] = own(end);
    return end;
  }

  set(a: number, b: number, state: LinkState, delayMs = GOOD_DELAY_MS): void {
    Object.assign(this.#link(a, b), { state, delayMs });
    if (state === "cut") this.drop((x, y) => (x === a && y === b) || (x === b && y === a));
  }

  healAll(): void {
    for (const row of this.#links)
      for (const link of row) Object.assign(link, { state: "good", delayMs: GOOD_DELAY_MS });
  }

  /** Ends the connections between two devices; how many there were. */
  drop(between: (a: number, b: number) => boolean): number {
    const gone = [...this.#connections].filter((c) => between(c.a, c.b));
    for (const c of gone) this.#close(c);
    return gone.length;
  }

  #link(a: number, b: number): Link {
    return this.#links[Math.min(a, b)]![Math.max(a, b)]!;
  }

  #end(c: Connection, side: 0 | 1): End {
    return {
      send: (bytes) => this.#send(c, side === 0 ? 1 : 0, bytes),
      close: () => {
        // What was written before still arrives.
        const last = Math.max(c.arrival[0], c.arrival[1], this.#scheduler.now);
        this.#scheduler.after(last - this.#scheduler.now, () => this.#close(c));
      },
    };
  }

  #send(c: Connection, towards: 0 | 1, bytes: Uint8Array): void {
    if (!c.open) return;
    const link = this.#link(c.a, c.b);
    if (link.state === "silent") {
      c.broken = true;
      this.#tally.count("network: swallowed");
    }
    if (c.broken) return;
    for (let at = 0; at < bytes.length;) {
      const chunk = bytes.subarray(at, at + this.#rng.between(1, CHUNK_BYTES_MAX));
      at += chunk.length;
      const earliest = this.#scheduler.now + Math.floor(link.delayMs * (0.5 + this.#rng.next()));
      const arrival = Math.max(earliest, c.arrival[towards]);
      c.arrival[towards] = arrival;
      const number = ++this.#sent;
      this.#scheduler.after(arrival - this.#scheduler.now, () => {
        if (!c.open) return;
        if (number < this.#newestArrived) this.#tally.count("network: reordered");
        this.#newestArrived = Math.max(this.#newestArrived, number);
        c.parties[towards]?.onData(chunk);
      });
    }
  }

  #close(c: Connection): void {
    if (!c.open) return;
    c.open = false;
    this.#connections.delete(c);
    for (const party of c.parties) party?.onClose();
  }
}
