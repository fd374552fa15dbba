/**
 * A peer with the right keys that lies: frames that are well-formed and say anything. Two ends hear the same, except that
 * only one of them hears what it refuses; they must not differ afterwards, and what they hold stays within its bounds.
 */
import { DecodeError } from "../../src/base/errors.ts";
import { instant } from "../../src/base/time.ts";
import { Reliability, TUNING } from "../../src/dgram-reliability/index.ts";
import {
  FRAME,
  encodeAck,
  encodeBlocked,
  encodeCredit,
  encodeForward,
  encodeFragment,
  encodePing,
} from "../../src/dgram-reliability/wire.ts";
import { LARGE, random } from "../unit/dgram-reliability/harness.ts";

/** Codes of refusals seen, so that a test can ask whether the lies were good ones. */
export function reliabilityLiar(
  seed: number,
  refused: Map<string, number> = new Map<string, number>(),
): string[] {
  const rnd = random(seed * 6271 + 3);
  for (let i = 0; i < 8; i++) rnd();
  const int = (below: number): number => Math.floor(rnd() * below);
  let now = instant(1000);
  const options = { ...LARGE, receiveMessagesMax: 32, newestWins: rnd() < 0.5, messageBytesMax: 40_000 };
  const twins: readonly [Reliability, Reliability] = [
    new Reliability(options, now),
    new Reliability(options, now),
  ];
  const [hears, spared] = twins;
  const out = new Uint8Array(2000);
  const again = new Uint8Array(2000);
  const source = new Uint8Array(options.messageBytesMax + 1);
  const findings: string[] = [];
  let held = 0;
  let sent = 0;
  let received = 0;

  function build(): Uint8Array {
    let at = 0;
    if (rnd() < 0.3) {
      const high = int(sent + 1 + (rnd() < 0.1 ? 3 : 0));
      const low = int(high + 1);
      at = encodeAck(out, at, low >= 2 && rnd() < 0.5 ? [low, high, 0, low - 2] : [low, high], int(50_000));
    }
    if (rnd() < 0.1)
      at = encodeCredit(out, at, { finished: int(12), messages: int(99), bytes: int(1 << 20) });
    if (rnd() < 0.03) at = encodeForward(out, at, int(rnd() < 0.5 ? 8 : 60));
    if (rnd() < 0.1) at = encodePing(out, at);
    if (rnd() < 0.05) at = encodeBlocked(out, at, int(100_000));
    const frames = at === 0 || rnd() < 0.8 ? 1 + int(4) : 0;
    for (let i = 0; i < frames; i++) {
      const id = rnd() < 0.95 ? (received % 40 === 0 ? int(12) : int(6) + (received >> 5)) : int(70);
      const usual = id % 4 === 3 ? FRAME.unordered : FRAME.reliable;
      const type = rnd() < 0.1 ? FRAME.unreliable : rnd() < 0.02 ? FRAME.unordered : usual;
      // Mostly what an honest sender of that message would say.
      const total = rnd() < 0.95 ? 1 + ((id * 7919) % 5000) : int(options.messageBytesMax + 2);
      const start = rnd() < 0.8 ? 250 * int(total / 250) : int(total);
      const length = Math.min(total - start, rnd() < 0.9 ? 250 : int(300));
      source.fill(rnd() < 0.97 ? id : id + 1);
      if (length > 0 || total === 0)
        at = encodeFragment(out, at, type, id, source.subarray(0, total), start, length);
    }
    return out.slice(0, at);
  }

  for (let step = 0; step < 400 && findings.length === 0; step++) {
    now = instant(now + int(20));
    if (rnd() < 0.2) {
      const message = new Uint8Array(int(3000));
      const how = { reliable: rnd() < 0.7, ordered: rnd() < 0.5, deadline: instant(now + int(4000)) };
      for (const r of twins) r.send(message, how);
    }
    const packet = build();
    const number = received + (rnd() < 0.05 ? -1 - int(5) : int(2));
    try {
      if (packet.length > 0 && number >= 0) {
        const outcome = hears.receive(number, packet, now);
        received = Math.max(received, number + 1);
        if (spared.receive(number, packet, now) !== outcome) findings.push("taken differently");
      }
    } catch (e) {
      if (!(e instanceof DecodeError)) throw e;
      refused.set(e.code, (refused.get(e.code) ?? 0) + 1);
    }
    for (const r of twins) if ((r.nextTimeout() ?? Infinity) <= now) r.handleTimeout(now);
    for (;;) {
      const [e, other] = twins.map((r) => r.pollEvent());
      if (JSON.stringify(e) !== JSON.stringify(other))
        findings.push(`an event differs: ${e?.kind} ${other?.kind}`);
      if (e === undefined) break;
      if (e.kind === "message") held++;
    }
    for (;;) {
      const length = hears.pollPacket(out, 0, sent, now);
      const other = spared.pollPacket(again, 0, sent, now);
      if (length !== other || Buffer.compare(out.subarray(0, length), again.subarray(0, other)) !== 0) {
        findings.push("a packet differs");
      }
      if (length === 0 || other === 0) break;
      sent++;
    }
    if (hears.nextTimeout() !== spared.nextTimeout()) findings.push("a timer differs");
    if (hears.assemblyBytes > options.receiveBytesMax + 2 * options.messageBytesMax) {
      findings.push(`${hears.assemblyBytes} bytes held`);
    }
    if (held > 2 * options.receiveMessagesMax) findings.push(`${held} messages held`);
    if (rnd() < 0.1) {
      for (const r of twins) r.consumed(held);
      held = 0;
    }
    if (rnd() < 0.02) {
      const packetBytes = TUNING.packetBytesMin + int(1000);
      for (const r of twins) r.setPacketBytesMax(packetBytes);
    }
  }
  return findings;
}
