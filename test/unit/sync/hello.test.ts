/** Hello on a virtual clock: what the asked says unasked, and what the asker makes of it. */
import { describe, expect, test } from "vitest";
import { concat } from "../../../src/base/bytes.ts";
import { idFromBytes } from "../../../src/base/ids.ts";
import type { TeamId } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { after, instant } from "../../../src/base/time.ts";
import type { Entropy, Instant } from "../../../src/base/time.ts";
import { Requester } from "../../../src/sync/requester.ts";
import type { RequesterOutput } from "../../../src/sync/requester.ts";
import { Responder } from "../../../src/sync/responder.ts";
import type { Authorize, ResponderOptions, ResponderOutput } from "../../../src/sync/responder.ts";
import { decodeSyncMessage, encodeSyncMessage } from "../../../src/sync/wire.ts";
import type { SyncMessage } from "../../../src/sync/wire.ts";
import { FAKE_TEAM, fakeCommand, FakeSource } from "../../support/fake-source.ts";
import type { FakeCommand } from "../../support/fake-source.ts";

const START = instant(1000);
const OTHER_TEAM = idFromBytes<TeamId>(new Uint8Array(32).fill(8));
const ALL: FakeCommand[] = [];
for (let i = 0; i < 300; i++) ALL.push(fakeCommand(`c${i}`, ALL.slice(-1), 2048));
const KNOWN = new Map(ALL.map((c) => [c.id as string, c]));

const SUBSCRIBE: SyncMessage = { type: "subscribe", teamId: FAKE_TEAM };
const PULL: SyncMessage = { type: "pull", teamId: FAKE_TEAM, heads: [ALL[0]!.id], sample: [] };

function heads(...commands: readonly FakeCommand[]): SyncMessage {
  return { type: "heads", teamId: FAKE_TEAM, heads: commands.map((c) => c.id) };
}

function frames(messages: readonly SyncMessage[]): Uint8Array {
  return concat(...messages.map(encodeSyncMessage));
}

describe("the asked", () => {
  function asked(
    authorize: Authorize,
    more: Partial<ResponderOptions> = {},
  ): {
    responder: Responder;
    drain: () => (SyncMessage | ResponderOutput)[];
    hear: (now: Instant, ...messages: SyncMessage[]) => (SyncMessage | ResponderOutput)[];
    changed: (now: Instant, teamId?: TeamId, subscribers?: number) => void;
    /** Runs the clock to the next thing that is due before the idle deadline. */
    wait: () => { now: Instant; said: (SyncMessage | ResponderOutput)[] };
  } {
    const responder = new Responder({ authorize, now: START, ...more });
    const drain = (): (SyncMessage | ResponderOutput)[] => {
      const outputs: (SyncMessage | ResponderOutput)[] = [];
      for (let out = responder.poll(); out !== undefined; out = responder.poll())
        outputs.push(out.type === "transmit" ? decodeSyncMessage(out.bytes.subarray(4)) : out);
      return outputs;
    };
    return {
      responder,
      drain,
      hear: (now, ...messages) => {
        responder.handle({ type: "bytes", bytes: frames(messages) }, now);
        return drain();
      },
      changed: (now, teamId = FAKE_TEAM, subscribers) =>
        responder.handle({ type: "changed", teamId, ...(subscribers !== undefined && { subscribers }) }, now),
      wait: () => {
        const now = responder.nextTimeout()!;
        responder.handle({ type: "timeout" }, now);
        return { now, said: drain() };
      },
    };
  }

  test("[SYN-6] answers a subscribe with the heads there are, and says unasked when they change", () => {
    const source = new FakeSource(ALL.slice(0, 2));
    const { hear, changed, drain, wait, responder } = asked(() => source);
    expect(hear(START, SUBSCRIBE)).toEqual([heads(ALL[1]!)]);
    expect(responder.nextTimeout()).toBe(START + LIMITS.syncIdleTimeoutMs);
    source.add(ALL[2]!);
    changed(after(START, 5000));
    expect(drain()).toEqual([]);
    expect(wait()).toEqual({ now: START + 5000, said: [heads(ALL[2]!)] });
  });

  test("says nothing to who has not subscribed, and nothing of other teams", () => {
    const source = new FakeSource(ALL.slice(0, 2));
    const { hear, changed, responder } = asked(() => source);
    hear(START, PULL);
    changed(START);
    expect(responder.nextTimeout()).toBe(START + LIMITS.syncIdleTimeoutMs);
    hear(START, SUBSCRIBE);
    changed(START, OTHER_TEAM);
    expect(responder.nextTimeout()).toBe(START + LIMITS.syncIdleTimeoutMs);
  });

  test("[SYN-6] many changes are one message, after a jitter", () => {
    const source = new FakeSource(ALL.slice(0, 2));
    const entropy: Entropy = { bytes: (length) => new Uint8Array(length).fill(255) };
    const { hear, changed, wait } = asked(() => source, { entropy });
    hear(START, SUBSCRIBE);
    for (let i = 2; i < 50; i++) {
      source.add(ALL[i]!);
      changed(after(START, i));
    }
    expect(wait()).toEqual({ now: START + 2 + LIMITS.syncHelloJitterMs, said: [heads(ALL[49]!)] });
  });

  test.each([
    [1, 0],
    [2, LIMITS.syncHelloSpacingMs],
    [11, 10 * LIMITS.syncHelloSpacingMs],
    [LIMITS.syncSubscribersMax, LIMITS.syncHelloJitterMs],
  ])("[SYN-6] tells one of %d subscribers after at most %d ms", (subscribers, jitterMs) => {
    const source = new FakeSource(ALL.slice(0, 2));
    const entropy: Entropy = { bytes: (length) => new Uint8Array(length).fill(255) };
    const { hear, changed, wait } = asked(() => source, { entropy });
    hear(START, SUBSCRIBE);
    source.add(ALL[2]!);
    changed(START, FAKE_TEAM, subscribers);
    expect(wait()).toEqual({ now: START + jitterMs, said: [heads(ALL[2]!)] });
  });

  test("[SYN-8] owes an asker that says nothing one message, not one a change; its next answer says the rest", () => {
    const source = new FakeSource(ALL.slice(0, 2));
    const { hear, changed, wait, responder } = asked(() => source);
    hear(START, SUBSCRIBE);
    source.add(ALL[2]!);
    changed(START);
    expect(wait().said).toHaveLength(1);
    source.add(ALL[3]!);
    changed(after(START, 60_000));
    expect(responder.nextTimeout()).toBe(START + LIMITS.syncIdleTimeoutMs);
    expect(hear(after(START, 70_000), SUBSCRIBE)).toEqual([heads(ALL[3]!)]);
    changed(after(START, 70_000));
    expect(wait().said).toHaveLength(1);
  });

  test("[SYN-8] speaks unasked no more often than once an interval, however fast it is asked", () => {
    const source = new FakeSource(ALL.slice(0, 2));
    const { hear, changed, wait } = asked(() => source);
    hear(START, SUBSCRIBE);
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      changed(START);
      const { now, said } = wait();
      expect(said).toHaveLength(1);
      times.push(now - START);
      hear(now, SUBSCRIBE);
    }
    expect(times).toEqual([0, 1, 2, 3, 4].map((n) => n * LIMITS.syncHelloIntervalMs));
  });

  test("[SYN-7] asks at every hello whether the peer may hear it; a removed member is told so once", () => {
    const source = new FakeSource(ALL.slice(0, 2));
    let member = true;
    const { hear, changed, wait, responder } = asked(() => (member ? source : { refused: "removed" }));
    hear(START, SUBSCRIBE);
    member = false;
    changed(START);
    expect(wait().said).toEqual([{ type: "refused", reason: "removed" }]);
    expect(responder.isSubscribed).toBe(false);
    changed(START);
    expect(responder.nextTimeout()).toBe(START + LIMITS.syncIdleTimeoutMs);
    expect(hear(START, SUBSCRIBE)).toEqual([{ type: "refused", reason: "removed" }]);
    member = true;
    changed(START);
    expect(responder.nextTimeout()).toBe(START + LIMITS.syncIdleTimeoutMs);
  });

  test("[SYN-7] a stranger cannot subscribe, and keeps its place no longer for trying", () => {
    const { hear, responder } = asked(() => ({ refused: "not-served" }));
    expect(hear(START, SUBSCRIBE)).toEqual([{ type: "refused", reason: "not-served" }]);
    expect(responder.isSubscribed).toBe(false);
    expect(responder.nextTimeout()).toBe(START + LIMITS.syncStrangerTimeoutMs);
  });

  test("says nothing between the pages of a pull, and its end says it all", () => {
    const source = new FakeSource(ALL.slice(0, 290));
    const { hear, changed, drain, responder } = asked(() => source);
    hear(START, SUBSCRIBE);
    changed(START);
    expect(hear(START, PULL)).toMatchObject([{ type: "page", more: true }]);
    source.add(ALL[290]!);
    changed(START);
    responder.handle({ type: "timeout" }, after(START, 1000));
    expect(drain()).toEqual([]);
    expect(hear(START, { type: "next" })).toMatchObject([{ type: "page", more: true }]);
    expect(hear(START, { type: "next" })).toMatchObject([{ type: "page" }, { type: "level" }]);
    responder.handle({ type: "timeout" }, after(START, 1000));
    expect(drain()).toEqual([]);
  });

  test("[SYN-8] subscriptions are bounded, by connection and by the host; without room an asker may still pull", () => {
    const source = new FakeSource(ALL.slice(0, 1));
    const limits = { ...LIMITS, syncSubscriptionsPerConnectionMax: 1 };
    const { hear, responder } = asked(() => source, { limits });
    expect(hear(START, SUBSCRIBE)).toHaveLength(1);
    const other: SyncMessage = { type: "subscribe", teamId: OTHER_TEAM };
    expect(hear(START, other)).toEqual([{ type: "refused", reason: "busy" }]);
    expect(hear(START, SUBSCRIBE), "again").toEqual([heads(ALL[0]!)]);
    expect(responder.isSubscribedTo(OTHER_TEAM)).toBe(false);

    const full = asked(() => source, { hasRoomFor: () => false });
    expect(full.hear(START, SUBSCRIBE)).toEqual([{ type: "refused", reason: "busy" }]);
    expect(full.hear(START, PULL)).toMatchObject([{ type: "level" }]);
  });

  test("[SYN-8] a subscribed connection that shows no life is dropped; subscribing again is life, hearing is not", () => {
    const source = new FakeSource(ALL.slice(0, 1));
    const { hear, changed, wait } = asked(() => source);
    hear(START, SUBSCRIBE);
    const later = after(START, LIMITS.syncIdleTimeoutMs - 1);
    hear(later, SUBSCRIBE);
    changed(later);
    expect(wait().said).toMatchObject([{ type: "heads" }]);
    expect(wait()).toEqual({
      now: later + LIMITS.syncIdleTimeoutMs,
      said: [{ type: "close", code: "idle" }],
    });
    changed(later);
    expect(hear(later, SUBSCRIBE)).toEqual([]);
  });

  test("[SYN-8] subscribing too often is answered later, at the rate, and before the answer is a fault", () => {
    const { hear, responder } = asked(() => new FakeSource(ALL.slice(0, 1)));
    for (let i = 0; i < LIMITS.syncRequestsPerSecondMax; i++) expect(hear(START, SUBSCRIBE)).toHaveLength(1);
    expect(hear(START, SUBSCRIBE)).toEqual([]);
    expect(responder.nextTimeout()).toBeGreaterThan(START);
    expect(hear(START, SUBSCRIBE)).toEqual([{ type: "close", code: "pipelined" }]);
  });

  test("of more heads than fit the newest are announced", () => {
    const root = fakeCommand("root");
    const leaves = Array.from({ length: LIMITS.syncHeadsMax + 9 }, (_, i) => fakeCommand(`leaf${i}`, [root]));
    const { hear } = asked(() => new FakeSource([root, ...leaves]));
    const [said] = hear(START, SUBSCRIBE);
    const announced = said?.type === "heads" ? said.heads : [];
    expect(new Set(announced)).toEqual(new Set(leaves.slice(9).map((c) => c.id)));
  });
});

describe("the asker", () => {
  /** Holds the first two commands, is level, and has subscribed. */
  function asker(): {
    mine: FakeSource;
    requester: Requester;
    drain: () => RequesterOutput[];
    hear: (now: Instant, ...messages: SyncMessage[]) => (SyncMessage | RequesterOutput)[];
    pull: (now: Instant) => (SyncMessage | RequesterOutput)[];
    wait: () => { now: Instant; said: (SyncMessage | RequesterOutput)[] };
  } {
    const mine = new FakeSource(ALL.slice(0, 2));
    const requester = new Requester({ source: mine, teamId: FAKE_TEAM, now: START });
    let now = START;
    const drain = (): RequesterOutput[] => {
      const outputs: RequesterOutput[] = [];
      for (let out = requester.poll(); out !== undefined; out = requester.poll()) {
        if (out.type === "commands") {
          const added = mine.admit(out.commands, KNOWN);
          requester.handle({ type: "admitted", added }, now);
        }
        outputs.push(out);
      }
      return outputs;
    };
    const said = (): (SyncMessage | RequesterOutput)[] =>
      drain().map((o) => (o.type === "transmit" ? decodeSyncMessage(o.bytes.subarray(4)) : o));
    drain();
    requester.handle({ type: "bytes", bytes: frames([level(ALL[1]!)]) }, START);
    expect(drain()).toMatchObject([{ type: "done" }]);
    requester.handle({ type: "subscribe" }, START);
    expect(said()).toEqual([SUBSCRIBE]);
    return {
      mine,
      requester,
      drain,
      hear: (at, ...messages) => {
        now = at;
        requester.handle({ type: "bytes", bytes: frames(messages) }, at);
        return said();
      },
      pull: (at) => {
        now = at;
        requester.handle({ type: "pull" }, at);
        return said();
      },
      wait: () => {
        now = requester.nextTimeout()!;
        requester.handle({ type: "timeout" }, now);
        return { now, said: said() };
      },
    };
  }

  function level(...commands: readonly FakeCommand[]): SyncMessage {
    return { type: "level", heads: commands.map((c) => c.id) };
  }

  function page(...commands: readonly FakeCommand[]): SyncMessage {
    return { type: "page", commands: commands.map((c) => c.bytes), more: false };
  }

  test("[SYN-6] is told of heads it does not hold, and pulls them on the same connection", () => {
    const { hear, wait, pull, requester } = asker();
    expect(hear(START, heads(ALL[1]!))).toEqual([]);
    const later = after(START, 10_000);
    expect(hear(later, heads(ALL[2]!))).toEqual([]);
    expect(requester.isBehind).toBe(true);
    expect(wait()).toEqual({ now: later, said: [{ type: "news" }] });
    expect(pull(later)).toMatchObject([{ type: "pull", heads: [ALL[1]!.id] }]);
    expect(hear(later, page(ALL[2]!), level(ALL[2]!))).toMatchObject([
      { type: "commands" },
      { type: "done", received: 1, added: 1 },
    ]);
    expect(requester.isBehind).toBe(false);
    expect(requester.nextTimeout()).toBe(later + LIMITS.syncKeepAliveMs);
  });

  test("is told by the answer to its subscribe what came since it was level", () => {
    const { hear, wait } = asker();
    hear(START, heads(ALL[3]!));
    expect(wait().said).toEqual([{ type: "news" }]);
  });

  test("does not pull for heads another peer has brought, but says that it heard", () => {
    const { hear, wait, mine, requester } = asker();
    hear(START, heads(ALL[1]!));
    const later = after(START, 10_000);
    hear(later, heads(ALL[2]!));
    mine.add(ALL[2]!);
    expect(requester.isBehind).toBe(false);
    expect(wait()).toEqual({ now: later, said: [SUBSCRIBE] });
  });

  test("[SYN-8] shows life at least every so often, and drops a peer that does not", () => {
    const { hear, wait } = asker();
    hear(START, heads(ALL[1]!));
    const first = wait();
    expect(first).toEqual({ now: START + LIMITS.syncKeepAliveMs, said: [SUBSCRIBE] });
    expect(LIMITS.syncKeepAliveMs + LIMITS.syncPageTimeoutMs).toBeLessThan(LIMITS.syncIdleTimeoutMs);
    expect(wait()).toEqual({
      now: first.now + LIMITS.syncPageTimeoutMs,
      said: [{ type: "failed", code: "page-timeout" }],
    });
  });

  test("[SYN-8] heads that the peer does not send with the next pull are a failure", () => {
    const { hear, wait, pull } = asker();
    hear(START, heads(fakeCommand("nowhere")));
    const { now } = wait();
    pull(now);
    expect(hear(now, level(ALL[1]!))).toEqual([{ type: "failed", code: "not-level" }]);
  });

  test("[SYN-8] a peer that speaks more often than it may is failed, with all it said held", () => {
    const { hear } = asker();
    const flood = Array.from({ length: 100 }, () => heads(ALL[1]!));
    expect(hear(START, ...flood)).toEqual([{ type: "failed", code: "unexpected-message" }]);
    const { hear: hearOne } = asker();
    let allowed = 0;
    while (hearOne(START, heads(ALL[1]!)).length === 0) allowed++;
    expect(allowed).toBe(2); // the answer, and one more
  });

  test("what was on its way, the answer and what that allows may arrive in one piece, and nothing more", () => {
    for (const [count, outcome] of [
      [3, []],
      [4, [{ type: "failed", code: "unexpected-message" }]],
    ] as const) {
      const { hear, wait } = asker();
      hear(START, heads(ALL[1]!));
      const { now, said } = wait();
      expect(said).toEqual([SUBSCRIBE]);
      expect(hear(now, ...Array.from({ length: count }, () => heads(ALL[1]!)))).toEqual(outcome);
    }
  });

  test("[SYN-8] however fast heads come, it speaks once an interval", () => {
    const { hear, wait } = asker();
    const spoke: number[] = [];
    for (let i = 0; i < 8; i++) {
      hear(START, heads(ALL[1]!), heads(ALL[1]!));
      const { now, said } = wait();
      expect(said).toEqual([SUBSCRIBE]);
      spoke.push(now - START);
    }
    expect(spoke).toEqual(Array.from({ length: 8 }, (_, i) => (i + 1) * LIMITS.syncHelloIntervalMs));
  });

  test("heads may cross a pull, or follow its end in one piece, and count as what they are", () => {
    const { hear, pull, wait, mine } = asker();
    hear(START, heads(ALL[1]!));
    pull(START);
    // Sent before the pull arrived; what is announced comes with it.
    const crossed = hear(START, heads(ALL[2]!), page(ALL[2]!), level(ALL[2]!), heads(ALL[3]!));
    expect(crossed).toMatchObject([{ type: "commands" }, { type: "done", added: 1 }]);
    expect(wait()).toEqual({ now: START + LIMITS.syncHelloIntervalMs, said: [{ type: "news" }] });
    expect(mine.size).toBe(3);
  });

  test.each<[string, SyncMessage[]]>([
    ["between the pages of a pull", [{ ...page(ALL[2]!), more: true } as SyncMessage, heads(ALL[3]!)]],
    ["after a page, before the level", [page(ALL[2]!), heads(ALL[3]!)]],
    ["of another team", [{ type: "heads", teamId: OTHER_TEAM, heads: [] }]],
  ])("[SYN-8] heads %s are a failure", (_name, messages) => {
    const { hear, pull } = asker();
    hear(START, heads(ALL[1]!));
    pull(START);
    expect(hear(START, ...messages).at(-1)).toEqual({ type: "failed", code: "unexpected-message" });
  });

  test("[SYN-8] heads without a subscription are a failure, and so is anything else between two pulls", () => {
    const requester = new Requester({ source: new FakeSource(), teamId: FAKE_TEAM, now: START });
    requester.poll();
    requester.handle({ type: "bytes", bytes: frames([level()]) }, START);
    expect(requester.poll()).toMatchObject({ type: "done" });
    requester.handle({ type: "bytes", bytes: frames([heads()]) }, START);
    expect(requester.poll()).toEqual({ type: "failed", code: "unexpected-message" });
    for (const message of [level(ALL[1]!), page(ALL[2]!), PULL, SUBSCRIBE]) {
      expect(asker().hear(START, message)).toEqual([{ type: "failed", code: "unexpected-message" }]);
    }
  });

  test("[SYN-7] is told why it hears no more, also where that crosses a pull", () => {
    const refused: SyncMessage = { type: "refused", reason: "removed" };
    const resting = asker();
    resting.hear(START, heads(ALL[1]!));
    expect(resting.hear(START, refused)).toEqual([{ type: "unsubscribed", reason: "removed" }]);
    expect(resting.requester.nextTimeout()).toBeUndefined();
    const pulling = asker();
    pulling.hear(START, heads(ALL[1]!));
    pulling.pull(START);
    expect(pulling.hear(START, refused, refused)).toEqual([refused]);
  });

  test("a pull wanted while a subscribe is being answered goes out with the answer", () => {
    const { pull, hear, requester } = asker();
    expect(pull(START)).toEqual([]);
    expect(hear(after(START, 100), heads(ALL[1]!))).toMatchObject([{ type: "pull" }]);
    expect(requester.nextTimeout()).toBe(START + 100 + LIMITS.syncPageTimeoutMs);
  });

  test("hangs up between two pulls: failed", () => {
    const { requester, drain } = asker();
    requester.handle({ type: "closed" }, START);
    expect(drain()).toEqual([{ type: "failed", code: "closed" }]);
  });

  test("a pull within a pull, or a second subscribe, is our bug", () => {
    const { requester, pull, hear } = asker();
    hear(START, heads(ALL[1]!));
    expect(() => requester.handle({ type: "subscribe" }, START)).toThrow("subscribed already");
    pull(START);
    expect(() => requester.handle({ type: "pull" }, START)).toThrow("a pull within a pull");
  });
});
