/**
 * dgram-reliability held against a perfect channel: a seed picks the network, the workload and what the hosts do, and what
 * comes out is compared with what went in. A finding is a sentence.
 */
import { after, instant } from "../../src/base/time.ts";
import type { Instant } from "../../src/base/time.ts";
import type { ReliabilityEvent, ReliabilityOptions } from "../../src/dgram-reliability/index.ts";
import { decodePacket } from "../../src/dgram-reliability/wire.ts";
import { LARGE, Pair, random } from "../unit/dgram-reliability/harness.ts";
import type { End } from "../unit/dgram-reliability/harness.ts";

type Kind = "ordered" | "unordered" | "unreliable";

interface Sent {
  readonly kind: Kind;
  readonly bytes: Uint8Array;
  readonly deadline: Instant;
}

/** Bugs that must be found: the storm is run once with each. */
export const PLANTED = [
  "delivers-twice",
  "swaps-two",
  "forgets-one",
  "cuts-one-short",
  "changes-a-byte",
  "acknowledges-what-expired",
  "gives-no-outcome",
  "sends-unreliable-again",
] as const;
export type Planted = (typeof PLANTED)[number];

const FOREVER = instant(1e12);
const HEALED_MS = 400_000;

/** One direction of the channel: what went in, what came out. */
class Ledger {
  readonly sent: Sent[] = [];
  /** Message id to index in `sent`. */
  readonly ids = new Map<number, number>();
  readonly delivered: number[] = [];
  readonly outcomes = new Map<number, "acknowledged" | "expired">();
  /** Unreliable ones. */
  readonly left = new Set<number>();
  readonly findings: string[] = [];

  message(index: number, kind: Kind, length: number, deadline: Instant): Uint8Array {
    const bytes = new Uint8Array(length);
    let x = (index + 1) * 2654435761;
    for (let i = 4; i < length; i++) bytes[i] = x = (x * 48271 + i) | 0;
    new DataView(bytes.buffer).setUint32(0, index);
    this.sent.push({ kind, bytes, deadline });
    return bytes;
  }

  onDelivered(bytes: Uint8Array): void {
    const index = bytes.length < 4 ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    const sent = this.sent[index];
    if (sent === undefined || Buffer.compare(sent.bytes, bytes) !== 0) {
      this.findings.push(`delivered ${bytes.length} bytes that were never sent`);
      return;
    }
    this.delivered.push(index);
  }

  onSent(messageId: number): void {
    const index = this.ids.get(messageId);
    const isUnreliable = index !== undefined && this.sent[index]!.kind === "unreliable";
    if (!isUnreliable || this.outcomes.has(index) || this.left.has(index)) {
      this.findings.push(`message ${messageId} has left at the wrong time`);
      return;
    }
    this.left.add(index);
  }

  onOutcome(messageId: number, outcome: "acknowledged" | "expired", now: Instant): void {
    const index = this.ids.get(messageId);
    if (index === undefined || this.outcomes.has(index)) {
      this.findings.push(`message ${messageId} has a second outcome`);
      return;
    }
    this.outcomes.set(index, outcome);
    const { kind, deadline } = this.sent[index]!;
    if (outcome === "expired" && kind !== "unreliable" && now < deadline) {
      this.findings.push(`message ${index} expired ${deadline - now} ms too soon`);
    }
    if (outcome === "expired" && now > deadline + 1) {
      this.findings.push(`message ${index} expired ${now - deadline} ms too late`);
    }
  }

  /** After the network has healed and everything has come to rest. */
  finish(newestWins: boolean): string[] {
    const { findings, delivered, sent } = this;
    if (new Set(delivered).size !== delivered.length) findings.push("delivered twice");
    const of = (kind: Kind): number[] => delivered.filter((i) => sent[i]!.kind === kind);
    for (const kind of newestWins ? (["ordered", "unreliable"] as const) : (["ordered"] as const)) {
      const indices = of(kind);
      if (indices.some((index, i) => i > 0 && indices[i - 1]! > index)) findings.push(`${kind} out of order`);
    }
    const there = new Set(delivered);
    sent.forEach(({ kind, deadline }, index) => {
      const outcome = this.outcomes.get(index);
      if (outcome === undefined) findings.push(`message ${index} has no outcome`);
      if (kind === "unreliable") {
        if ((outcome === "acknowledged" || there.has(index)) && !this.left.has(index))
          findings.push(`message ${index} arrived and never left`);
        return;
      }
      if (outcome === "acknowledged" && !there.has(index))
        findings.push(`${index} acknowledged, not delivered`);
      if (outcome === "expired" && deadline === FOREVER) findings.push(`message ${index} was given up`);
    });
    return findings;
  }
}

/** What was found wrong, nothing if all is well. Some hundred messages; a tenth of a second of one processor. */
export function reliabilityStorm(seed: number, planted?: Planted): string[] {
  const rnd = random(seed * 7919 + 1);
  for (let i = 0; i < 8; i++) rnd();
  const pick = <T>(...from: readonly T[]): T => from[Math.floor(rnd() * from.length)]!;
  const loss = pick(0, 0.02, 0.1, 0.4, 0.7);
  const copies = pick(0, 0, 0.1, 0.4);
  const jitterMs = pick(0, 3, 40, 300);
  const deadlines = rnd() < 0.4;
  const lazy = rnd() < 0.4;
  const kinds = pick<readonly Kind[]>(
    ["ordered"],
    ["unordered"],
    ["unreliable"],
    ["ordered", "unordered"],
    ["ordered", "unordered", "unreliable"],
  );
  const options: ReliabilityOptions = {
    ...LARGE,
    newestWins: rnd() < 0.5,
    receiveBytesMax: pick(1, 1.3, 4) * 1024 * 1024,
    receiveMessagesMax: pick(32, 64, 500),
  };

  let healed = false;
  let pathBytes = 1500;
  const onWire = new Set<string>();
  const findings: string[] = [];
  const net: Pair = new Pair((bytes, from) => {
    if (bytes.length > from.reliability.packetBytesMax) findings.push(`a packet of ${bytes.length} bytes`);
    noteUnreliable(bytes, from);
    if (healed) return [5];
    if (bytes.length > pathBytes) return [];
    const out: number[] = [];
    for (let again = true; again; again = rnd() < copies) if (rnd() >= loss) out.push(2 + jitterMs * rnd());
    return out;
  }, options);
  net.stepsMax = Infinity;
  const ledgers = { a: new Ledger(), b: new Ledger() };
  if (planted !== undefined) plant(net, planted, rnd);

  function noteUnreliable(bytes: Uint8Array, from: End): void {
    for (const m of decodePacket(bytes).messages) {
      if (m.reliable) continue;
      const key = `${from === net.a ? "a" : "b"} ${m.id} ${m.offset}`;
      if (onWire.has(key)) findings.push(`unreliable message ${m.id} was sent again`);
      onWire.add(key);
    }
  }

  const held = { a: 0, b: 0 };
  function look(): void {
    for (const side of ["a", "b"] as const) {
      const end = net[side];
      const outgoing = ledgers[side];
      const incoming = ledgers[side === "a" ? "b" : "a"];
      for (const e of end.events.splice(0)) {
        if (e.kind === "message") {
          incoming.onDelivered(e.bytes);
          held[side]++;
        } else if (e.kind === "sent") {
          outgoing.onSent(e.messageId);
        } else {
          outgoing.onOutcome(e.messageId, e.kind, net.now);
        }
      }
      const { assemblyBytes } = end.reliability;
      if (assemblyBytes > options.receiveBytesMax + 2 * options.messageBytesMax!) {
        findings.push(`${assemblyBytes} bytes in messages not handed over`);
      }
    }
  }

  function runFor(ms: number): void {
    const until = net.now + ms;
    while (net.step(until)) look();
    net.now = instant(until);
    net.drain();
    look();
  }

  if (lazy) net.b.consumes = false;
  const consumeHeld = (): void => {
    net.b.reliability.consumed(held.b);
    held.b = 0;
  };
  const count = 5 + Math.floor(rnd() * 60);
  let budget = 3 << 20;
  for (let i = 0; i < count; i++) {
    const side = rnd() < 0.8 ? "a" : "b";
    const ledger = ledgers[side];
    const length = Math.min(budget, 4 + Math.floor(pick(60, 1148, 5000, 5000, 100_000, 1_048_572) * rnd()));
    const kind = pick(...kinds);
    const forever = !deadlines && kind !== "unreliable";
    const deadline = forever ? FOREVER : after(net.now, 1 + 3000 * rnd());
    const bytes = ledger.message(ledger.sent.length, kind, Math.max(length, 4), deadline);
    const id = net[side].reliability.send(bytes, {
      reliable: kind !== "unreliable",
      ordered: kind === "ordered",
      deadline,
    });
    if (typeof id === "number") {
      ledger.ids.set(id, ledger.sent.length - 1);
      budget -= length;
    } else {
      ledger.sent.pop();
    }
    if (rnd() < 0.4) runFor(60 * rnd());
    if (rnd() < 0.05) runFor(2000 * rnd());
    if (lazy && rnd() < 0.2 && !planted) consumeHeld();
    if (rnd() < 0.1) {
      pathBytes = pick(300, 700, 1200, 1500);
      for (const end of [net.a, net.b]) end.reliability.setPacketBytesMax(Math.floor(256 + rnd() * 1200));
    }
    if (rnd() < 0.03) net[side].reliability.onPathChange(net.now);
  }
  healed = true;
  if (lazy) consumeHeld();
  net.b.consumes = true;
  runFor(HEALED_MS);

  for (const end of [net.a, net.b]) {
    const { inFlight, inFlightBytes, unsettled } = end.reliability;
    if (inFlight || inFlightBytes !== 0) findings.push(`${inFlightBytes} bytes in flight at rest`);
    if (unsettled > 0) findings.push(`${unsettled} messages unsettled`);
  }
  for (const ledger of [ledgers.a, ledgers.b]) findings.push(...ledger.finish(options.newestWins!));
  return findings;
}

function plant(net: Pair, bug: Planted, rnd: () => number): void {
  let kept: ReliabilityEvent | undefined;
  const sometimes = (): boolean => rnd() < 0.3;
  const onMessage = (
    change: (e: Extract<ReliabilityEvent, { kind: "message" }>) => readonly ReliabilityEvent[],
  ): void => {
    net.b.tamper = (e) => (e.kind === "message" ? change(e) : [e]);
  };
  switch (bug) {
    case "delivers-twice":
      onMessage((e) => (sometimes() ? [e, e] : [e]));
      break;
    case "swaps-two":
      onMessage((e) => {
        if (kept === undefined) {
          kept = e;
          return [];
        }
        const both = [e, kept];
        kept = undefined;
        return both;
      });
      break;
    case "forgets-one":
      onMessage((e) => (sometimes() ? [] : [e]));
      break;
    case "cuts-one-short":
      onMessage((e) => (sometimes() ? [{ ...e, bytes: e.bytes.subarray(0, -1) }] : [e]));
      break;
    case "changes-a-byte":
      onMessage((e) => {
        const bytes = e.bytes.slice();
        bytes[Math.floor(rnd() * bytes.length)]! ^= 1;
        return [{ ...e, bytes }];
      });
      break;
    case "acknowledges-what-expired":
      net.a.tamper = (e) => [e.kind === "expired" ? { kind: "acknowledged", messageId: e.messageId } : e];
      break;
    case "gives-no-outcome":
      net.a.tamper = (e) => (e.kind !== "message" && sometimes() ? [] : [e]);
      break;
    case "sends-unreliable-again": {
      const poll = net.a.reliability.pollPacket.bind(net.a.reliability);
      let last: Uint8Array | undefined;
      net.a.reliability.pollPacket = (out, at, number, now) => {
        if (last !== undefined && sometimes()) {
          out.set(last, at);
          const { length } = last;
          last = undefined;
          return length;
        }
        const length = poll(out, at, number, now);
        if (length > 0) last = out.slice(at, at + length);
        return length;
      };
      break;
    }
  }
}
