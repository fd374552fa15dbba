import { expect, test } from "vitest";
import { ReceiveKeys, SendKeys } from "../../../src/afc/keys.ts";
import { instant } from "../../../src/base/time.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";

const NOW = instant(0);
const HEADER = 16;
const TAG = 16;
const chain = (): Uint8Array => new Uint8Array(32).fill(5);
const nonceOf = (sequence: number): Uint8Array => {
  const nonce = new Uint8Array(12);
  nonce[11] = sequence;
  return nonce;
};

/** A sender that rotates whenever told to, and what it seals under any number. */
function sender() {
  const limits = { rotateAfterBytes: 1 << 30, rotateAfterDatagrams: 1, rotateAfterMs: 1e9 };
  const keys = new SendKeys(nodeSuite(), "chacha20-poly1305", chain(), limits, NOW);
  return {
    keys,
    next: (sequence: number) => keys.rotate(sequence, keys.phase, Infinity, NOW),
    seal: (sequence: number) => ({
      phase: keys.phase & 0xff,
      sequence,
      datagram: sealed(keys, sequence),
    }),
  };
}

/** A datagram of one byte: a header of zeros, the byte, room for the tag. */
function sealed(keys: SendKeys, sequence: number): Uint8Array {
  const datagram = new Uint8Array(HEADER + 1 + TAG);
  datagram[HEADER] = sequence;
  keys.seal(nonceOf(sequence), datagram, HEADER + 1);
  return datagram;
}

function receiver() {
  const keys = new ReceiveKeys(nodeSuite(), "chacha20-poly1305", chain());
  return {
    keys,
    opens: (d: { phase: number; sequence: number; datagram: Uint8Array }, now = NOW): boolean =>
      keys.open(d.phase, d.sequence, nonceOf(d.sequence), d.datagram.slice(), now),
  };
}

test("[AFC-7] stragglers of the phase before open, but not at or above the first number of the next", () => {
  const s = sender();
  const r = receiver();
  const early = [s.seal(1), s.seal(2), s.seal(8), s.seal(9)];
  s.next(5);
  const later = [s.seal(5), s.seal(6)];
  expect(r.opens(early[0]!)).toBe(true);
  expect(r.opens(later[1]!)).toBe(true); // 6 is the first seen of phase 1
  expect(r.keys.authenticatedPhase).toBe(1);
  expect(r.opens(early[1]!)).toBe(true);
  expect(r.opens(later[0]!)).toBe(true); // now it is 5
  expect(r.opens(early[2]!)).toBe(false);
  expect(r.opens(early[3]!)).toBe(false);
});

test("a later phase under a number lower than one already seen is refused", () => {
  const s = sender();
  const r = receiver();
  expect(r.opens(s.seal(7))).toBe(true);
  s.next(3);
  expect(r.opens(s.seal(3))).toBe(false);
  expect(r.keys.authenticatedPhase).toBe(0);
  expect(r.opens(s.seal(8))).toBe(true);
  expect(r.keys.authenticatedPhase).toBe(1);
});

test("never more than one phase ahead; a forged one commits nothing", () => {
  const s = sender();
  const r = receiver();
  const zero = s.seal(1);
  s.next(2);
  const one = s.seal(2);
  s.next(3);
  expect(r.opens(s.seal(3))).toBe(false);
  for (let phase = 0; phase < 256; phase++) {
    expect(r.opens({ phase, sequence: 4, datagram: new Uint8Array(40) })).toBe(false);
  }
  expect(r.keys.authenticatedPhase).toBe(-1);
  expect(r.opens(one)).toBe(true);
  expect(r.opens(zero)).toBe(true);
  expect(r.opens(s.seal(4))).toBe(true);
});

test("the key before is erased after a while", () => {
  const s = sender();
  const r = receiver();
  const old = s.seal(1);
  s.next(2);
  expect(r.opens(s.seal(2))).toBe(true);
  const due = r.keys.dueAt!;
  r.keys.handleTimeout(due);
  expect(r.keys.dueAt).toBeUndefined();
  expect(r.opens(old, due)).toBe(false);
});

test("a phase begins only where the peer was heard in this one and has acknowledged it", () => {
  const { keys } = sender();
  const rotated = (peerPhase: number, acknowledged: number, sequence = 10): boolean => {
    const before = keys.phase;
    sealed(keys, sequence);
    keys.rotate(sequence, peerPhase, acknowledged, NOW);
    return keys.phase > before;
  };
  expect(rotated(-1, -1)).toBe(false);
  expect(rotated(0, -1)).toBe(true); // phase 0 needs no acknowledgement
  expect(rotated(1, 9, 11)).toBe(false); // phase 1 began with number 10
  expect(rotated(0, 10, 12)).toBe(false);
  expect(rotated(1, 10, 13)).toBe(true);
  expect(rotated(3, -1, 14)).toBe(true); // the peer went ahead: follow
});
