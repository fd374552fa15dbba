import fc from "fast-check";
import { expect, test } from "vitest";
import { Loans } from "../../../src/afc/loans.ts";
import type { Borrower } from "../../../src/afc/loans.ts";
import { instant } from "../../../src/base/time.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const OWN = 64 * KIB;

/** A channel whose peer says and does what it likes, as far as its window lets it. */
class Channel implements Borrower {
  readonly parts;
  peerBlockedBytes: number | undefined;
  receivedBytesHeld = 0;
  receiveWindowBytes = OWN;
  readonly reliability = this;

  constructor(peerKey: string) {
    this.parts = { peerKey, receiveWindow: { messages: 32, bytes: OWN } };
  }

  growReceiveWindow(_messages: number, bytes: number): void {
    expect(bytes).toBeGreaterThan(this.receiveWindowBytes);
    this.receiveWindowBytes = bytes;
  }

  /** As if nothing that was granted had been used. */
  shrinkReceiveWindow(bytes: number): void {
    this.receiveWindowBytes = Math.max(
      bytes,
      Math.min(this.receiveWindowBytes, this.receivedBytesHeld + 1000),
    );
  }

  withdrawReceiveWindow(bytes: number): void {
    this.receiveWindowBytes = Math.max(bytes, this.receivedBytesHeld);
  }
}

const lent = (channels: Iterable<Channel>): number => {
  let sum = 0;
  for (const c of channels) sum += c.receiveWindowBytes - OWN;
  return sum;
};

test("[AFC-12] never more is lent than there is, to all or to one peer, whatever peers say", () => {
  const step = fc.record({
    channel: fc.nat(11),
    what: fc.constantFrom("blocked", "blocked", "told", "held", "consumed", "gone", "time"),
    bytes: fc.oneof(fc.nat(2 * MIB), fc.constant(0xffffffff)),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(step, { maxLength: 150 }), (mebibytes, steps) => {
      const pool = mebibytes * MIB;
      const loans = new Loans<Channel>(pool);
      const channels = Array.from({ length: 12 }, (_, i) => new Channel(String(i % 4)));
      let now = 0;
      for (const { channel: i, what, bytes } of steps) {
        const channel = channels[i]!;
        if (what === "blocked") channel.peerBlockedBytes = bytes;
        if (what === "told") channel.peerBlockedBytes = undefined;
        if (what === "held") {
          channel.receivedBytesHeld = Math.min(channel.receiveWindowBytes, channel.receivedBytesHeld + bytes);
        }
        if (what === "consumed") channel.receivedBytesHeld = Math.max(0, channel.receivedBytesHeld - bytes);
        if (what === "gone") {
          loans.gone(channel);
          channels[i] = new Channel(channel.parts.peerKey);
        } else loans.note(channel);
        if (what === "time") {
          now += 3000;
          if ((loans.nextTimeout() ?? Infinity) <= now) loans.handleTimeout(instant(now));
        }
        if (loans.isDue) loans.settle(instant(now));
        expect(loans.isDue).toBe(false);
        expect(lent(channels)).toBeLessThanOrEqual(pool);
        for (let peer = 0; peer < 4; peer++) {
          const its = channels.filter((c) => c.parts.peerKey === String(peer));
          expect(lent(its)).toBeLessThanOrEqual(Math.max(pool / 8, MIB));
        }
        for (const c of channels)
          expect(c.receiveWindowBytes).toBeGreaterThanOrEqual(Math.max(OWN, c.receivedBytesHeld));
      }
      // With nobody left all of it is there: for as many messages as fit, one for each peer.
      for (const channel of channels) loans.gone(channel);
      const next = Array.from({ length: mebibytes }, (_, i) => new Channel(`next ${i}`));
      for (const channel of next) {
        channel.peerBlockedBytes = MIB;
        loans.note(channel);
      }
      loans.settle(instant(now));
      expect(lent(next)).toBe(mebibytes * (MIB - OWN));
    }),
    { numRuns: 200 },
  );
});

test("a pool too small for one message is refused: somebody would wait for ever", () => {
  expect(() => new Loans(MIB - 1)).toThrow(RangeError);
});
