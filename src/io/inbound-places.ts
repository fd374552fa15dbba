/**
 * Who may hold an inbound connection: as many as there are places, and of those no more than a part by strangers, which have
 * not been served yet and may be anybody. A newcomer is a stranger, and gets in by putting out another where it must: the
 * oldest from the address that holds the most. So a flood from one address displaces itself, and a member, which is served
 * within a round trip or two, is no stranger any more by the time its turn would come.
 *
 * Where members hold so many that little is left for strangers, the device with the most idle connections loses the one that
 * was served the longest ago.
 */
import { assert } from "../base/assert.ts";

export interface InboundPlacesOptions {
  /** Of all together. */
  readonly max: number;
  readonly strangersMax: number;
}

/** One connection's, from TCP accept on. */
export interface Place {
  /** It is no stranger: it was served just now. `holder` names the device. */
  served(holder: string): void;
  /** Nor is it idle: it stays to be told of news. How many may is decided elsewhere. */
  kept(): void;
  /** The connection is gone. Harmless twice. */
  leave(): void;
}

export class InboundPlaces {
  readonly #max: number;
  readonly #strangersMax: number;
  /** The oldest first. */
  readonly #strangers = new Set<Entry>();
  /** Served the longest ago first. */
  readonly #served = new Set<Entry>();
  readonly #kept = new Set<Entry>();

  constructor({ max, strangersMax }: InboundPlacesOptions) {
    assert(strangersMax >= 1 && strangersMax <= max, "strangers have a part of the places");
    this.#max = max;
    this.#strangersMax = strangersMax;
  }

  get size(): number {
    return this.#strangers.size + this.#served.size + this.#kept.size;
  }

  get strangers(): number {
    return this.#strangers.size;
  }

  /** `evict` closes the connection, should somebody else need its place. Undefined where there is no room. */
  enter(address: string, evict: () => void): Place | undefined {
    if (!this.#makeRoom()) return undefined;
    const entry: Entry = { source: address, evict };
    this.#strangers.add(entry);
    const moveTo = (set: Set<Entry>): void => {
      if (this.#drop(entry)) set.add(entry);
    };
    return {
      served: (holder) => {
        entry.source = holder;
        moveTo(this.#served);
      },
      kept: () => moveTo(this.#kept),
      leave: () => void this.#drop(entry),
    };
  }

  #makeRoom(): boolean {
    const strangers = this.#strangers.size;
    if (strangers < this.#strangersMax && this.size < this.#max) return true;
    const fewStrangers = strangers < this.#strangersMax / 4;
    const idle = fewStrangers ? oldestOfMost(this.#served, 2) : undefined;
    const victim = idle ?? oldestOfMost(this.#strangers, 1);
    if (victim === undefined) return false;
    this.#drop(victim);
    victim.evict();
    return true;
  }

  /** False where it is gone already. */
  #drop(entry: Entry): boolean {
    return this.#strangers.delete(entry) || this.#served.delete(entry) || this.#kept.delete(entry);
  }
}

interface Entry {
  /** The address of a stranger, the device of who was served. */
  source: string;
  readonly evict: () => void;
}

/** Of the source with the most entries, where it has `countMin`. */
function oldestOfMost(entries: ReadonlySet<Entry>, countMin: number): Entry | undefined {
  const counts = new Map<string, number>();
  for (const { source } of entries) counts.set(source, (counts.get(source) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  if (most < countMin) return undefined;
  for (const entry of entries) if (counts.get(entry.source) === most) return entry;
  return undefined;
}
