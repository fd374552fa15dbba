import { Assembly } from "./assembly.ts";
import { TUNING } from "./tuning.ts";
import { DecodeError } from "../base/errors.ts";
import type { MessageFrame } from "./wire.ts";

/**
 * Unreliable messages on their way to the host, in little memory: when there is too little, the older make room. At most
 * `unreliablePartsMax` are kept in part, with `messageBytesMax` bytes in all of them; one whole one is kept while the host
 * does not keep up.
 */
export class NewestWins {
  readonly #messageBytesMax: number;
  /** Drop what is older than one that was whole before. */
  readonly #inOrder: boolean;
  /** The newest that was whole. */
  #newestId = -1;
  /** Ascending ids. */
  readonly #parts: Assembly[] = [];
  #partBytes = 0;
  /** Whole, the host has not yet room for it. */
  kept: Uint8Array | undefined;
  #keptId = -1;
  #lastId = -1;

  constructor(messageBytesMax: number, inOrder: boolean) {
    this.#messageBytesMax = messageBytesMax;
    this.#inOrder = inOrder;
  }

  get bytes(): number {
    return this.#partBytes + (this.kept === undefined ? 0 : this.kept.length);
  }

  /** @throws DecodeError where the fragment contradicts one before it. */
  check(m: MessageFrame): void {
    if (this.#parts.length === 0) return;
    const part = this.#parts.find((p) => p.id === m.id);
    if (part === undefined) return;
    part.check(m);
    if (m.offset > 0 && part.isApart(m) && part.rangeCount >= TUNING.fragmentRangesMax) {
      throw new DecodeError("too-many-fragments");
    }
  }

  /** A message that is now whole. */
  accept(m: MessageFrame): Uint8Array | undefined {
    if (this.#inOrder && m.id <= this.#newestId) return undefined;
    const bytes = m.fragment.length === m.total ? m.fragment : this.#assemble(m);
    if (bytes === undefined) return undefined;
    this.#lastId = m.id;
    if (m.id > this.#newestId) this.#newestId = m.id;
    if (this.#inOrder) while (this.#parts.length > 0 && this.#parts[0]!.id <= m.id) this.#drop(0);
    return bytes;
  }

  /** The message that `accept` returned last waits for room. False: in its place another was dropped, or it was itself. */
  keep(bytes: Uint8Array): boolean {
    const fits = this.kept === undefined;
    if (fits || this.#lastId > this.#keptId) {
      this.kept = bytes;
      this.#keptId = this.#lastId;
    }
    return fits;
  }

  take(): void {
    this.kept = undefined;
  }

  #assemble(m: MessageFrame): Uint8Array | undefined {
    const at = this.#parts.findIndex((p) => p.id >= m.id);
    const part = this.#parts[at];
    if (part?.id === m.id) {
      if (!part.add(m)) return undefined;
      this.#drop(at);
      return part.bytes;
    }
    this.#makeRoomFor(m);
    if (this.#parts.length === TUNING.unreliablePartsMax) return undefined;
    if (this.#partBytes + m.total > this.#messageBytesMax) return undefined;
    const place = this.#parts.findIndex((p) => p.id > m.id);
    this.#parts.splice(place < 0 ? this.#parts.length : place, 0, new Assembly(m));
    this.#partBytes += m.total;
    return undefined;
  }

  #makeRoomFor(m: MessageFrame): void {
    while (
      this.#parts.length > 0 &&
      this.#parts[0]!.id < m.id &&
      (this.#parts.length === TUNING.unreliablePartsMax || this.#partBytes + m.total > this.#messageBytesMax)
    ) {
      this.#drop(0);
    }
  }

  #drop(index: number): void {
    const [part] = this.#parts.splice(index, 1);
    this.#partBytes -= part!.total;
  }
}
