/** An asker and an asked that are honest, over links of any delay, whatever grows when: they never fault each other. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { LIMITS } from "../../src/base/limits.ts";
import { after, instant } from "../../src/base/time.ts";
import type { Entropy, Instant } from "../../src/base/time.ts";
import { Requester } from "../../src/sync/requester.ts";
import { Responder } from "../../src/sync/responder.ts";
import { FAKE_TEAM, fakeCommand, FakeSource } from "../support/fake-source.ts";
import type { FakeCommand } from "../support/fake-source.ts";

const ALL: FakeCommand[] = [fakeCommand("root")];
for (let i = 1; i < 80; i++) {
  const parents = i % 5 === 0 ? ALL.slice(-3) : [ALL[Math.floor((i * 7) / 9)]!];
  ALL.push(fakeCommand(`c${i}`, parents, 300));
}
const KNOWN = new Map(ALL.map((c) => [c.id as string, c]));

type Happening = "theirs" | "mine" | "both" | "poll";

interface World {
  readonly mine: FakeSource;
  readonly theirs: FakeSource;
  readonly pulls: number;
  readonly messagesToAsker: number;
  readonly failures: readonly string[];
}

/** A discrete clock; bytes arrive in order, `delayMs` after they were sent and in pieces. */
function run(o: {
  happenings: readonly { readonly atMs: number; readonly what: Happening }[];
  delayMs: readonly [toAsked: number, toAsker: number];
  chunkBytes: number;
  pageBytes: number;
  seed: number;
  untilMs: number;
}): World {
  const mine = new FakeSource(ALL.slice(0, 1));
  const theirs = new FakeSource(ALL.slice(0, 1));
  const failures: string[] = [];
  const agenda: { at: Instant; n: number; act: () => void }[] = [];
  let now = instant(0);
  let n = 0;
  let random = o.seed;
  let pulls = 1;
  let messagesToAsker = 0;
  let isPulling = true;
  let isPullWanted = false;
  let isSubscribed = false;
  const entropy: Entropy = {
    bytes: () => Uint8Array.of((random = (Math.imul(random, 1103515245) + 12345) >>> 0) >>> 24),
  };
  const requester = new Requester({ source: mine, teamId: FAKE_TEAM, now });
  const responder = new Responder({
    authorize: () => theirs,
    entropy,
    now,
    limits: { ...LIMITS, syncPageBytesMax: o.pageBytes },
  });
  const later = (delayMs: number, act: () => void): void => {
    agenda.push({ at: after(now, delayMs), n: n++, act });
  };
  const deliver = (bytes: Uint8Array, delayMs: number, to: (chunk: Uint8Array) => void): void => {
    for (let at = 0; at < bytes.length; at += o.chunkBytes) {
      const chunk = bytes.slice(at, at + o.chunkBytes);
      later(delayMs, () => to(chunk));
    }
  };
  const pull = (): void => {
    if (isPulling) {
      isPullWanted = true;
      return;
    }
    isPulling = true;
    isPullWanted = false;
    pulls++;
    requester.handle({ type: "pull" }, now);
  };
  const drain = (): void => {
    for (let out = responder.poll(); out !== undefined; out = responder.poll()) {
      if (out.type === "close") failures.push(`asked: ${out.code}`);
      else {
        messagesToAsker++;
        deliver(out.bytes, o.delayMs[1], (bytes) => requester.handle({ type: "bytes", bytes }, now));
      }
    }
    for (let out = requester.poll(); out !== undefined; out = requester.poll()) {
      if (out.type === "transmit") {
        deliver(out.bytes, o.delayMs[0], (bytes) => responder.handle({ type: "bytes", bytes }, now));
      } else if (out.type === "commands") {
        requester.handle({ type: "admitted", added: mine.admit(out.commands, KNOWN) }, now);
      } else if (out.type === "done") {
        isPulling = false;
        if (!isSubscribed) requester.handle({ type: "subscribe" }, now);
        isSubscribed = true;
        if (isPullWanted) pull();
      } else if (out.type === "news") {
        pull();
      } else {
        failures.push(`asker: ${out.type === "failed" ? out.code : out.type}`);
      }
    }
  };
  /** The next command of `source` whose parents it has. */
  const grow = (source: FakeSource): void => {
    const ready = (c: FakeCommand): boolean =>
      source.indexOf(c.id) === undefined && c.parents.every((p) => source.indexOf(p) !== undefined);
    const command = ALL.find(ready);
    if (command !== undefined) source.add(command);
  };
  for (const { atMs, what } of o.happenings) {
    later(atMs, () => {
      if (what === "poll") pull();
      if (what === "mine" || what === "both") grow(mine);
      if (what === "theirs" || what === "both") {
        grow(theirs);
        responder.handle({ type: "changed", teamId: FAKE_TEAM }, now);
      }
    });
  }
  drain();
  while (failures.length === 0) {
    const timers = [requester, responder].flatMap((machine) => {
      const at = machine.nextTimeout();
      return at === undefined ? [] : [{ at, act: () => machine.handle({ type: "timeout" }, now) }];
    });
    // What was sent arrives before what is timed, and in the order in which it was sent.
    agenda.sort((a, b) => a.at - b.at || a.n - b.n);
    const timer = timers.sort((a, b) => a.at - b.at)[0];
    const next = agenda[0] !== undefined && agenda[0].at <= (timer?.at ?? Infinity) ? agenda.shift()! : timer;
    if (next === undefined || next.at > o.untilMs) break;
    now = instant(Math.max(now, next.at));
    next.act();
    drain();
  }
  return { mine, theirs, pulls, messagesToAsker, failures };
}

/** Some of it where the keep-alive crosses what the asked says. */
const atMs = fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 43_000, max: 48_000 }));
const happenings = (what: readonly Happening[]): fc.Arbitrary<{ atMs: number; what: Happening }[]> =>
  fc.array(fc.record({ atMs, what: fc.constantFrom(...what) }), {
    maxLength: 40,
  });
const delayMs = fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 3000 }));
const chunkBytes = fc.integer({ min: 1, max: 400 });
const seed = fc.nat();

test("[SYN-6] without a poll, whatever the asked comes to hold comes to the asker, and neither faults the other", () => {
  fc.assert(
    fc.property(
      happenings(["theirs", "theirs", "mine", "both"]),
      delayMs,
      chunkBytes,
      fc.integer({ min: 300, max: 3000 }),
      seed,
      (events, delays, chunk, pageBytes, seeded) => {
        const world = run({
          happenings: events,
          delayMs: delays,
          chunkBytes: chunk,
          pageBytes,
          seed: seeded,
          untilMs: 200_000,
        });
        expect(world.failures).toEqual([]);
        for (const id of world.theirs.ids()) expect(world.mine.indexOf(id)).toBeDefined();
      },
    ),
    { numRuns: 150 },
  );
});

test("[SYN-6, SYN-8] polls may come at any moment between, and what is said stays in proportion to what happened", () => {
  fc.assert(
    fc.property(
      happenings(["theirs", "mine", "both", "poll", "poll"]),
      delayMs,
      chunkBytes,
      seed,
      (events, delays, chunk, seeded) => {
        const untilMs = 200_000;
        const world = run({
          happenings: events,
          delayMs: delays,
          chunkBytes: chunk,
          pageBytes: 3000,
          seed: seeded,
          untilMs,
        });
        expect(world.failures).toEqual([]);
        for (const id of world.theirs.ids()) expect(world.mine.indexOf(id)).toBeDefined();
        expect(world.pulls).toBeLessThanOrEqual(2 + events.length);
        // Two a pull, four a change (heads, a subscribe's answer, a page, a level), and the keep-alive's.
        const keepAlive = 2 + untilMs / LIMITS.syncKeepAliveMs;
        expect(world.messagesToAsker).toBeLessThanOrEqual(6 * (1 + events.length) + keepAlive);
      },
    ),
    { numRuns: 150 },
  );
});
