import { equalBytes } from "../base/bytes.ts";
import { DecodeError } from "../base/errors.ts";
import { Ranges } from "./ranges.ts";
import type { MessageFrame } from "./wire.ts";

/**
 * A message as far as it has arrived. Memory for all of it is taken with its first fragment, so who makes one has checked
 * before that it fits what the peer was granted. That of a message in one piece is copied too: in its packet, and in whatever
 * the carrier cut that from, a byte that waits for its turn would keep much more than itself.
 */
export class Assembly {
  readonly id: number;
  readonly ordered: boolean;
  readonly total: number;
  /** Of the whole message; what has not arrived is zero. */
  readonly bytes: Uint8Array;
  /** Undefined once complete. */
  #ranges: Ranges | undefined;
  #missing: number;

  constructor(first: MessageFrame) {
    this.id = first.id;
    this.ordered = first.ordered;
    this.total = first.total;
    if (first.fragment.length === first.total) {
      this.bytes = new Uint8Array(first.fragment);
      this.#missing = 0;
      return;
    }
    this.bytes = new Uint8Array(first.total);
    this.#ranges = new Ranges();
    this.#missing = first.total;
    this.add(first);
  }

  get complete(): boolean {
    return this.#missing === 0;
  }

  /** Pieces with gaps between them; 0 once complete. */
  get rangeCount(): number {
    return this.#ranges === undefined ? 0 : this.#ranges.count;
  }

  /** Whether the fragment would be a piece of its own. */
  isApart(m: MessageFrame): boolean {
    return this.#ranges !== undefined && !this.#ranges.touches(m.offset, m.offset + m.fragment.length);
  }

  /** @throws DecodeError where the fragment says something else than those before it: of the message, or of its bytes. */
  check(m: MessageFrame): void {
    if (m.total !== this.total || m.ordered !== this.ordered) throw new DecodeError("fragment-contradicts");
    const same = (start: number, end: number): boolean =>
      equalBytes(this.bytes.subarray(start, end), m.fragment.subarray(start - m.offset, end - m.offset));
    const end = m.offset + m.fragment.length;
    const agrees =
      this.#ranges === undefined ? same(m.offset, end) : this.#ranges.everyOverlap(m.offset, end, same);
    if (!agrees) throw new DecodeError("fragment-contradicts");
  }

  /** After `check`. Whether the message is complete now. */
  add(m: MessageFrame): boolean {
    if (this.#ranges === undefined) return true;
    this.bytes.set(m.fragment, m.offset);
    this.#missing -= this.#ranges.add(m.offset, m.offset + m.fragment.length);
    if (this.#missing > 0) return false;
    this.#ranges = undefined;
    return true;
  }
}
