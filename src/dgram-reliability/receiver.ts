import { DecodeError } from "../base/errors.ts";
import type { Instant } from "../base/time.ts";
import { after } from "../base/time.ts";
import { Fifo } from "./fifo.ts";
import { NumberRuns } from "./number-runs.ts";
import { TUNING } from "./tuning.ts";
import { INITIAL_CREDIT } from "./wire.ts";
import type { Credit, MessageFrame, Packet } from "./wire.ts";

export interface ReceiveWindow {
  /**
   * Reliable messages held for the host at most, waiting for their turn or for `consumed`; unreliable ones are taken
   * while fewer than this, of both kinds, wait for `consumed`. At least 32.
   */
  readonly messages: number;
  /** Bytes in the reliable ones. At least 64 KiB. */
  readonly bytes: number;
  /** The only kind taken, where it is not both. */
  readonly only: "reliable" | "unreliable" | undefined;
  /** The longest single message taken. */
  readonly messageBytesMax: number;
}

/** What has arrived: which packets (to acknowledge them) and which messages (to hand each over once, in order). */
export class Receiver {
  readonly #window: ReceiveWindow;
  readonly #packets = new NumberRuns(TUNING.receivedRunsMax);
  #largestAt: Instant | undefined;
  #unacknowledged = 0;
  #ackAt: Instant | undefined;

  /** The next reliable message to hand over. */
  #nextId = 0;
  readonly #early = new Map<number, Uint8Array>();
  /** Handed over, not consumed. An unreliable one has the id of the reliable one it came before. */
  readonly #held = new Fifo<{ id: number; bytes: number }>();
  #bytesHeld = 0;
  /** Consumed since credit was last granted. */
  #bytesFreed = 0;
  #advertised: Credit = { finished: 0, ...INITIAL_CREDIT };
  creditDue: boolean;

  constructor(window: ReceiveWindow) {
    if (window.messages < INITIAL_CREDIT.messages || window.bytes < INITIAL_CREDIT.bytes) {
      throw new RangeError("the receive window is at least what a peer may send unasked");
    }
    this.#window = window;
    this.creditDue = window.messages > INITIAL_CREDIT.messages || window.bytes > INITIAL_CREDIT.bytes;
  }

  isDuplicate(packetNumber: number): boolean {
    return this.#packets.has(packetNumber);
  }

  /** @throws DecodeError where the packet breaks a promise; nothing has changed then. */
  check(packet: Packet): void {
    const limit = this.#finished + this.#window.messages;
    if (packet.forward !== undefined && packet.forward > limit)
      throw new DecodeError("forward-beyond-credit");
    let bytes = this.#bytesHeld;
    const { only } = this.#window;
    for (const m of packet.messages) {
      if (only !== undefined && m.reliable !== (only === "reliable")) throw new DecodeError("wrong-delivery");
      if (m.total > this.#window.messageBytesMax) throw new DecodeError("message-too-large");
      // Fragments are on the wire so that a later version may send them; this one neither sends nor takes them.
      if (m.fragment.length !== m.total) throw new DecodeError("fragmented");
      if (!m.reliable || m.id < this.#nextId || this.#early.has(m.id)) continue;
      if (m.id >= limit) throw new DecodeError("message-beyond-credit");
      bytes += m.total;
    }
    if (bytes > this.#window.bytes) throw new DecodeError("message-beyond-credit");
  }

  /** After `check`. False where an unreliable message found the window full and was dropped. */
  accept(
    packetNumber: number,
    packet: Packet,
    deliver: (message: MessageFrame) => void,
    now: Instant,
  ): boolean {
    let fits = true;
    const expected = this.#packets.highest + 1;
    this.#packets.add(packetNumber);
    if (packetNumber >= expected) this.#largestAt = now;
    if (packet.eliciting) {
      this.#unacknowledged++;
      // A gap or a straggler is news that decides about retransmission (RFC 9000 section 13.2.1).
      if (packetNumber !== expected || this.#unacknowledged >= TUNING.ackEveryPackets) this.#ackAt = now;
      else this.#ackAt ??= after(now, TUNING.ackDelayMaxMs);
    }
    for (const m of packet.messages) {
      if (!m.reliable) {
        if (this.#held.length >= this.#window.messages) fits = false;
        else {
          this.#held.push({ id: this.#nextId, bytes: 0 });
          deliver(m);
        }
      } else if (m.id >= this.#nextId && !this.#early.has(m.id)) {
        this.#bytesHeld += m.total;
        if (m.id === this.#nextId) this.#handOver(m, deliver);
        else this.#early.set(m.id, m.fragment);
      }
      this.#handOverEarly(deliver);
    }
    if (packet.forward !== undefined) {
      while (this.#nextId < packet.forward) {
        if (this.#early.has(this.#nextId)) this.#handOverEarly(deliver);
        else this.#nextId++;
      }
      this.#handOverEarly(deliver);
      this.#noteCredit();
    }
    return fits;
  }

  /** The host is done with the oldest `count` messages it was given. */
  consumed(count: number): void {
    if (count > this.#held.length) throw new RangeError("more messages consumed than delivered");
    for (let i = 0; i < count; i++) {
      const { bytes } = this.#held.shift()!;
      this.#bytesHeld -= bytes;
      this.#bytesFreed += bytes;
    }
    this.#noteCredit();
  }

  get ackAt(): Instant | undefined {
    return this.#ackAt;
  }

  get ackWanted(): boolean {
    return this.#unacknowledged > 0;
  }

  ackRuns(limit: number): number[] {
    return this.#packets.descending(limit);
  }

  ackDelayUs(now: Instant): number {
    return this.#largestAt === undefined ? 0 : (now - this.#largestAt) * 1000;
  }

  ackSent(): void {
    this.#unacknowledged = 0;
    this.#ackAt = undefined;
  }

  takeCredit(): Credit {
    this.creditDue = false;
    this.#bytesFreed = 0;
    this.#advertised = {
      finished: this.#finished,
      messages: this.#window.messages,
      bytes: this.#window.bytes,
    };
    return this.#advertised;
  }

  get #finished(): number {
    return this.#held.peek()?.id ?? this.#nextId;
  }

  #handOver(m: MessageFrame, deliver: (message: MessageFrame) => void): void {
    this.#held.push({ id: m.id, bytes: m.total });
    this.#nextId = m.id + 1;
    deliver(m);
  }

  #handOverEarly(deliver: (message: MessageFrame) => void): void {
    for (;;) {
      if (this.#early.size === 0) return;
      const fragment = this.#early.get(this.#nextId);
      if (fragment === undefined) return;
      const id = this.#nextId;
      this.#early.delete(id);
      this.#handOver({ reliable: true, id, offset: 0, total: fragment.length, fragment }, deliver);
    }
  }

  #noteCredit(): void {
    const ids = this.#finished - this.#advertised.finished;
    // A quarter at a time: CREDIT is acknowledged, so one for each message would double the packets.
    if (ids >= this.#window.messages / 4 || this.#bytesFreed >= this.#window.bytes / 4) this.creditDue = true;
  }
}
