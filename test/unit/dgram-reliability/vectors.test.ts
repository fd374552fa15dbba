import { expect, test } from "vitest";
import { toHex } from "../../../src/base/bytes.ts";
import { DecodeError } from "../../../src/base/errors.ts";
import { instant } from "../../../src/base/time.ts";
import {
  FRAME,
  decodePacket,
  encodeAck,
  encodeBlocked,
  encodeCredit,
  encodeForward,
  encodeFragment,
  encodePing,
} from "../../../src/dgram-reliability/wire.ts";
import { vectors } from "../../support/vectors.ts";
import { LARGE, Pair } from "./harness.ts";

const FROZEN = vectors<{ packet: string; transfer: { from: string; packet: string }[] }>(
  "reliability-0.1.0.json",
);

function packet(): Uint8Array {
  const out = new Uint8Array(300);
  let at = encodeAck(out, 0, [90, 100, 40, 80, 0, 0], 1500);
  at = encodeCredit(out, at, { finished: 3, messages: 64, bytes: 65536 });
  at = encodeForward(out, at, 5);
  at = encodePing(out, at);
  at = encodeBlocked(out, at, 70_000);
  const message = Uint8Array.of(9, 8, 7, 6, 5);
  at = encodeFragment(out, at, FRAME.reliable, 2 ** 40, message, 0, 5);
  at = encodeFragment(out, at, FRAME.unordered, 8, message, 1, 3);
  at = encodeFragment(out, at, FRAME.unreliable, 0, message, 4, 1);
  return out.slice(0, at);
}

test("[AFC-11] a packet with every frame is what it was, and refused truncated", () => {
  expect(toHex(packet())).toBe(FROZEN.packet);
  const messages = decodePacket(packet()).messages;
  expect(messages.map((m) => [m.reliable, m.ordered, m.id, m.offset, m.total])).toEqual([
    [true, true, 2 ** 40, 0, 5],
    [true, false, 8, 1, 5],
    [false, false, 0, 4, 5],
  ]);
  const whole = packet();
  let frames = 0;
  for (let n = 0; n < whole.length; n++) {
    try {
      decodePacket(whole.subarray(0, n));
      frames++; // ends where a frame ends
    } catch (e) {
      expect(e).toBeInstanceOf(DecodeError);
    }
  }
  expect(frames).toBe(7);
});

test("[AFC-11] a message in three fragments, the second lost once, is sent in the packets it was", () => {
  let sent = 0;
  const transfer: { from: string; packet: string }[] = [];
  const net: Pair = new Pair(
    (bytes, from) => {
      transfer.push({ from: from === net.a ? "a" : "b", packet: toHex(bytes) });
      return from === net.a && sent++ === 2 ? [] : [5];
    },
    { ...LARGE, packetBytesMax: 256 },
  );
  net.a.reliability.send(
    Uint8Array.from({ length: 600 }, (_, i) => i),
    {
      reliable: true,
      deadline: instant(1e9),
    },
  );
  net.run(5000);
  expect(net.b.delivered).toHaveLength(1);
  expect(transfer).toEqual(FROZEN.transfer);
});
