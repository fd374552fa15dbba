/**
 * Who may hold an inbound connection. There are `max` places, and strangers may hold only some of them: connections that have
 * not been served yet and may be anybody's. A newcomer is a stranger. Where there is no room it takes the place of another
 * stranger: the oldest from the address that holds the most. So a flood from one address displaces itself, and a member, which
 * is served within a round trip or two, is no stranger any more by the time its turn would come.
 *
 * Where members hold so many places that few are left for strangers, the device with the most idle connections loses the one
 * that was served longest ago.
 */
import { assert } from "../base/assert.ts";

export interface InboundPlacesOptions {
  /** Connections in all. */
  readonly max: number;
  readonly strangersMax: number;
}

/** The place of one connection, held from TCP accept on. */
export interface Place {
  /** The connection was served just now, so it is no stranger's. `holder` names the device. */
  served(holder: string): void;
  /** The connection stays open for news, so it is not idle either and keeps its place. The caller limits how many do. */
  kept(): void;
  /** The connection is gone. May be called twice. */
  leave(): void;
}

export class InboundPlaces {
  readonly #max: number;
  readonly #strangersMax: number;
  /** The oldest first. */
  readonly #strangers = new Set<Entry>();
  /** The one served longest ago first. */
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

  /** `evict` closes the connection when another needs its place. Undefined where there is no room. */
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
  /** A stranger's address, or the device that was served. */
  source: string;
  readonly evict: () => void;
}

/** The oldest entry of the source with the most entries; undefined where that has fewer than `countMin`. */
function oldestOfMost(entries: ReadonlySet<Entry>, countMin: number): Entry | undefined {
  const counts = new Map<string, number>();
  for (const { source } of entries) counts.set(source, (counts.get(source) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  if (most < countMin) return undefined;
  for (const entry of entries) if (counts.get(entry.source) === most) return entry;
  return undefined;
}
