/**
 * Records of packets that have left: a doubly linked list in the order they were sent, so that one can be taken out
 * anywhere, and a pool, so that in a steady flow none is made. Walks start at the oldest: of those below the largest
 * acknowledged number only the few holes are left.
 */
import { instant } from "../base/time.ts";
import type { Instant } from "../base/time.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";

export class SentPacket {
  number = -1;
  /** Counts packets that ask for an acknowledgement, without gaps. */
  ordinal = 0;
  bytes = 0;
  sentAt: Instant = instant(0);
  /** Which path it was sent on; those before are too old to say anything about this one. */
  path = 0;
  /** In which congestion event it was taken for lost. */
  event = 0;
  /** What it carries has been sent, or queued to be, in another packet. */
  copied = false;
  /** An RTT sample existed when it was sent: RFC 9002 section 7.6.2. */
  sampled = false;
  credit = false;
  forward = false;
  blocked = false;
  /** How many fragments are in it; of each, whose, from where, how long. The arrays stay as long as they ever were. */
  fragments = 0;
  readonly messages: (OutgoingMessage | undefined)[] = [];
  readonly offsets: number[] = [];
  readonly lengths: number[] = [];
  previous: SentPacket | undefined;
  next: SentPacket | undefined;

  /** The record lets go of its messages. */
  clear(): void {
    for (let i = 0; i < this.fragments; i++) this.messages[i] = undefined;
    this.fragments = 0;
    this.copied = false;
    this.credit = false;
    this.forward = false;
    this.blocked = false;
  }

  addFragment(message: OutgoingMessage, offset: number, length: number): void {
    this.messages[this.fragments] = message;
    this.offsets[this.fragments] = offset;
    this.lengths[this.fragments] = length;
    this.fragments++;
  }
}

export class SentPackets {
  first: SentPacket | undefined;
  last: SentPacket | undefined;
  length = 0;

  append(p: SentPacket): void {
    p.previous = this.last;
    p.next = undefined;
    if (this.last === undefined) this.first = p;
    else this.last.next = p;
    this.last = p;
    this.length++;
  }

  remove(p: SentPacket): void {
    if (p.previous === undefined) this.first = p.next;
    else p.previous.next = p.next;
    if (p.next === undefined) this.last = p.previous;
    else p.next.previous = p.previous;
    p.previous = undefined;
    p.next = undefined;
    this.length--;
  }
}

/** Keeps what was released, up to a maximum. */
export class PacketPool {
  readonly #free: SentPacket[] = [];
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  take(): SentPacket {
    return this.#free.pop() ?? new SentPacket();
  }

  release(p: SentPacket): void {
    p.clear();
    if (this.#free.length < this.#max) this.#free.push(p);
  }
}
