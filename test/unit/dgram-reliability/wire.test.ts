import { expect, test } from "vitest";
import { DecodeError } from "../../../src/base/errors.ts";
import { instant } from "../../../src/base/time.ts";
import { Reliability } from "../../../src/dgram-reliability/index.ts";
import {
  decodePacket,
  FRAME,
  encodeAck,
  encodeBlocked,
  encodeCredit,
  encodeForward,
  encodeFragment,
  encodeMessage,
  encodePing,
} from "../../../src/dgram-reliability/wire.ts";
import { OPTIONS, random } from "./harness.ts";

function sample(): Uint8Array {
  const out = new Uint8Array(1200);
  let at = encodeAck(out, 0, [90, 100, 40, 80, 0, 0], 1500);
  at = encodeCredit(out, at, { finished: 0, messages: 64, bytes: 65536 });
  at = encodeForward(out, at, 1);
  at = encodePing(out, at);
  at = encodeBlocked(out, at, 70_000);
  at = encodeFragment(out, at, FRAME.unordered, 4, Uint8Array.of(9, 8, 7, 6, 5), 1, 3);
  at = encodeMessage(out, at, true, 2, Uint8Array.of(1, 2, 3));
  at = encodeMessage(out, at, false, 9, Uint8Array.of(4));
  at = encodeMessage(out, at, true, 3, new Uint8Array(0));
  return out.slice(0, at);
}

test("what is encoded is decoded", () => {
  expect(decodePacket(sample())).toEqual({
    ack: { delayUs: 1500, runs: [90, 100, 40, 80, 0, 0] },
    credit: { finished: 0, messages: 64, bytes: 65536 },
    forward: 1,
    blocked: 70_000,
    messages: [
      { reliable: true, ordered: false, id: 4, offset: 1, total: 5, fragment: Uint8Array.of(8, 7, 6) },
      { reliable: true, ordered: true, id: 2, offset: 0, total: 3, fragment: Uint8Array.of(1, 2, 3) },
      { reliable: false, ordered: false, id: 9, offset: 0, total: 1, fragment: Uint8Array.of(4) },
      { reliable: true, ordered: true, id: 3, offset: 0, total: 0, fragment: new Uint8Array(0) },
    ],
    eliciting: true,
  });
});

test("only an ACK alone asks for no acknowledgement", () => {
  const out = new Uint8Array(64);
  expect(decodePacket(out.slice(0, 0 + encodeAck(out, 0, [3, 3], 0))).eliciting).toBe(false);
  expect(decodePacket(Uint8Array.of(4)).eliciting).toBe(true);
});

const refusal = (bytes: Uint8Array): string => {
  try {
    decodePacket(bytes);
  } catch (e) {
    if (e instanceof DecodeError) return e.code;
    throw e;
  }
  return "";
};

test("order, repetition, unknown types, empty packets, impossible runs", () => {
  expect(refusal(new Uint8Array(0))).toBe("truncated");
  expect(refusal(Uint8Array.of(0))).toBe("unknown-frame");
  expect(refusal(Uint8Array.of(9))).toBe("unknown-frame");
  expect(refusal(Uint8Array.of(4, 4))).toBe("frame-order");
  expect(refusal(Uint8Array.of(4, 3, 0, 0, 0, 0, 0, 0, 0, 1))).toBe("frame-order");
  const message = new Uint8Array(20);
  encodeMessage(message, 0, true, 0, Uint8Array.of(1));
  for (const late of [4, 8, 1])
    expect(refusal(Uint8Array.of(...message, late, 0, 0, 0, 0))).toBe("frame-order");
  expect(refusal(Uint8Array.of(8, 0, 0, 0, 0, 4))).toBe("frame-order");
  const ack = new Uint8Array(26);
  encodeAck(ack, 0, [8, 9, 0, 1], 0);
  expect(refusal(ack)).toBe("");
  for (const at of [17, 21, 25]) {
    const zero = ack.slice();
    zero[at] = 0;
    expect(refusal(zero)).toBe("ack-runs");
    const large = ack.slice();
    large[at] = 200;
    expect(refusal(large)).toBe("ack-runs");
  }
  const many = ack.slice();
  many[13] = 32;
  expect(refusal(many)).toBe("ack-runs");
  const number = ack.slice();
  number[1] = 1;
  expect(refusal(number)).toBe("bad-number");
});

test("every truncation and flipped bit, and 10,000 mutations, never throw anything but a DecodeError", () => {
  const valid = sample();
  const deliver = (bytes: Uint8Array): void => {
    const r = new Reliability(OPTIONS, instant(0));
    try {
      r.receive(0, bytes, instant(0));
    } catch (e) {
      expect(e).toBeInstanceOf(DecodeError);
      expect(r.pollEvent()).toBeUndefined();
      expect(r.pollPacket(new Uint8Array(1200), 0, 0, instant(0))).toBe(17); // its first CREDIT, no ACK
    }
  };
  for (let n = 0; n < valid.length; n++) deliver(valid.subarray(0, n));
  for (let bit = 0; bit < valid.length * 8; bit++) {
    const flipped = valid.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    deliver(flipped);
  }
  const rnd = random(20261122);
  for (let i = 0; i < 10_000; i++) {
    const mutated = valid.slice(0, Math.ceil(rnd() * valid.length));
    for (let k = 0; k < 1 + rnd() * 4; k++)
      mutated[Math.floor(rnd() * mutated.length)] = Math.floor(rnd() * 256);
    deliver(mutated);
  }
});
