import { LimitError } from "../base/errors.ts";
import type { Entropy } from "../base/time.ts";
import { Counts } from "./counts.ts";

/** What an entry is found by; it does not change, though it may go by other indexes later. */
export interface Place {
  readonly handle: number;
  readonly index: number;
  /** The peer's encryption key, hex. */
  readonly peerKey: string;
}

export type ChannelTableLimits = Record<"channelsMax" | "channelsPerPeerMax", number>;

/** Channels open, opening and pending: by the host's handle, by the index the peer addresses us with, and how many. */
export class ChannelTable<T extends { readonly parts: Place }> {
  readonly #limits: ChannelTableLimits;
  readonly #entropy: Entropy;
  #nextHandle = 1;
  readonly #byIndex = new Map<number, T>();
  readonly #byHandle = new Map<number, T>();
  readonly #perPeer = new Counts();

  constructor(limits: ChannelTableLimits, entropy: Entropy) {
    this.#limits = limits;
    this.#entropy = entropy;
  }

  get size(): number {
    return this.#byHandle.size;
  }

  get indexCount(): number {
    return this.#byIndex.size;
  }

  get isFull(): boolean {
    return this.size >= this.#limits.channelsMax;
  }

  hasRoomFor(peerKey: string): boolean {
    return this.#reached(peerKey) === undefined;
  }

  /** @throws LimitError */
  requireRoomFor(peerKey: string): void {
    const limit = this.#reached(peerKey);
    if (limit !== undefined) throw new LimitError(limit, this.#limits[limit]);
  }

  atIndex(index: number): T | undefined {
    return this.#byIndex.get(index);
  }

  get(handle: number): T | undefined {
    return this.#byHandle.get(handle);
  }

  entries(): Iterable<T> {
    return this.#byHandle.values();
  }

  /** Never given twice. */
  newHandle(): number {
    return this.#nextHandle++;
  }

  /** One more index for what was added. */
  claim(entry: T): number {
    const index = this.freeIndex();
    this.#byIndex.set(index, entry);
    return index;
  }

  release(index: number): void {
    this.#byIndex.delete(index);
  }

  /** Random, so that who does not see our datagrams cannot aim at a channel. Never 0. */
  freeIndex(): number {
    for (;;) {
      const b = this.#entropy.bytes(4);
      const index = new DataView(b.buffer, b.byteOffset, 4).getUint32(0);
      if (index !== 0 && !this.#byIndex.has(index)) return index;
    }
  }

  add(entry: T): void {
    const { index, handle, peerKey } = entry.parts;
    this.#byIndex.set(index, entry);
    this.#byHandle.set(handle, entry);
    this.#perPeer.up(peerKey);
  }

  /** Of what was added, once. Indexes claimed for it are its own to release, and its first may be gone already. */
  delete(entry: T): void {
    const { index, handle, peerKey } = entry.parts;
    if (this.#byIndex.get(index) === entry) this.#byIndex.delete(index);
    this.#byHandle.delete(handle);
    this.#perPeer.down(peerKey);
  }

  #reached(peerKey: string): keyof ChannelTableLimits | undefined {
    if (this.isFull) return "channelsMax";
    return this.#perPeer.of(peerKey) >= this.#limits.channelsPerPeerMax ? "channelsPerPeerMax" : undefined;
  }
}
