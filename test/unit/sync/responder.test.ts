import { describe, expect, test } from "vitest";
import { concat } from "../../../src/base/bytes.ts";
import { idFromBytes } from "../../../src/base/ids.ts";
import type { TeamId } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { instant } from "../../../src/base/time.ts";
import type { Instant } from "../../../src/base/time.ts";
import { Requester } from "../../../src/sync/requester.ts";
import { Responder } from "../../../src/sync/responder.ts";
import type { Authorize, ResponderOutput } from "../../../src/sync/responder.ts";
import { decodeSyncMessage, encodeSyncMessage } from "../../../src/sync/wire.ts";
import type { SyncMessage } from "../../../src/sync/wire.ts";
import { FAKE_TEAM, fakeCommand, FakeSource } from "../../support/fake-source.ts";
import type { FakeCommand } from "../../support/fake-source.ts";
import { runPull } from "../../support/sync-pair.ts";

const START = instant(0);
const OTHER_TEAM = idFromBytes<TeamId>(new Uint8Array(32).fill(8));

/** 400 commands of 2 kB are four pages. */
const ALL: FakeCommand[] = [];
for (let i = 0; i < 400; i++) ALL.push(fakeCommand(`c${i}`, ALL.slice(-1), 2048));
const KNOWN = new Map(ALL.map((c) => [c.id as string, c]));

function asked(authorize: Authorize): {
  responder: Responder;
  drain: () => ResponderOutput[];
  hear: (now: Instant, ...messages: SyncMessage[]) => (SyncMessage | ResponderOutput)[];
} {
  const responder = new Responder({ authorize, now: START });
  const drain = (): ResponderOutput[] => {
    const outputs: ResponderOutput[] = [];
    for (let out = responder.poll(); out !== undefined; out = responder.poll()) outputs.push(out);
    return outputs;
  };
  return {
    responder,
    drain,
    hear: (now, ...messages) => {
      responder.handle({ type: "bytes", bytes: concat(...messages.map(encodeSyncMessage)) }, now);
      return drain().map((o) => (o.type === "transmit" ? decodeSyncMessage(o.bytes.subarray(4)) : o));
    },
  };
}

function pull(heads: readonly FakeCommand[] = [], teamId = FAKE_TEAM): SyncMessage {
  return { type: "pull", teamId, heads: heads.map((c) => c.id), sample: [] };
}

describe("the asked", () => {
  test("[SYN-3] sends everything to an empty asker, in bounded pages, parents first", () => {
    const mine = new FakeSource();
    const requester = new Requester({ source: mine, teamId: FAKE_TEAM, now: START });
    const source = new FakeSource(ALL);
    const trace = runPull({
      requester,
      responder: new Responder({ authorize: () => source, now: START }),
      mine,
      known: KNOWN,
    });
    expect(trace.outcome).toEqual({ type: "done", received: 400, added: 400, heads: [ALL[399]!.id] });
    expect(trace.pages).toEqual([128, 128, 128, 16]);
    expect(mine.ids()).toEqual(source.ids());
  });

  test("answers in one round trip when it knows the asker's heads", () => {
    const { hear } = asked(() => new FakeSource(ALL));
    const answers = hear(START, pull([ALL[396]!]));
    expect(answers).toEqual([
      { type: "page", commands: ALL.slice(397).map((c) => c.bytes), more: false },
      { type: "level", heads: [ALL[399]!.id] },
    ]);
  });

  test("says level at once to an asker that has everything", () => {
    const { hear } = asked(() => new FakeSource(ALL));
    expect(hear(START, pull([ALL[399]!]))).toEqual([{ type: "level", heads: [ALL[399]!.id] }]);
  });

  test("follows a graph that grows between pages to its end, in the same pull", () => {
    const source = new FakeSource(ALL.slice(0, 300));
    const mine = new FakeSource(ALL.slice(0, 10));
    const trace = runPull({
      requester: new Requester({ source: mine, teamId: FAKE_TEAM, now: START }),
      responder: new Responder({ authorize: () => source, now: START }),
      mine,
      known: KNOWN,
      onPage: (n) => {
        if (n === 1) for (const c of ALL) source.add(c);
      },
    });
    expect(trace.outcome).toMatchObject({ type: "done", received: 390, heads: [ALL[399]!.id] });
    expect(trace.asked).toBe(trace.pages.length);
  });

  test("[SYN-7] asks whether the peer may have the team on every page", () => {
    let member = true;
    let checks = 0;
    const source = new FakeSource(ALL);
    const { hear } = asked(() => {
      checks++;
      return member ? source : { refused: "removed" };
    });
    expect(hear(START, pull())).toHaveLength(1);
    expect(hear(START, { type: "next" })).toMatchObject([{ type: "page", more: true }]);
    member = false;
    expect(hear(START, { type: "next" })).toEqual([{ type: "refused", reason: "removed" }]);
    expect(checks).toBe(3);
    expect(hear(START, { type: "next" })).toEqual([{ type: "close", code: "unexpected-message" }]);
  });

  test("serves several teams one after the other, and a refusal of one does not end the others", () => {
    const source = new FakeSource(ALL.slice(0, 1));
    const { hear } = asked((t) => (t === FAKE_TEAM ? source : { refused: "not-served" }));
    expect(hear(START, pull([], OTHER_TEAM))).toEqual([{ type: "refused", reason: "not-served" }]);
    expect(hear(START, pull())).toMatchObject([{ type: "page" }, { type: "level" }]);
    expect(hear(START, pull(ALL.slice(0, 1)))).toMatchObject([{ type: "level" }]);
  });

  test("ends a pull whose positions came to mean other commands", () => {
    const { hear } = asked(() => new FakeSource(ALL));
    expect(hear(START, pull())).toMatchObject([{ type: "page", more: true }]);
    expect(hear(START, { type: "next" })).toEqual([{ type: "refused", reason: "busy" }]);
  });

  test("a pull in the middle of another starts over", () => {
    const source = new FakeSource(ALL);
    const { hear } = asked(() => source);
    hear(START, pull());
    expect(hear(START, pull([ALL[398]!]))).toMatchObject([{ type: "page", more: false }, { type: "level" }]);
    expect(hear(START, { type: "next" })).toEqual([{ type: "close", code: "unexpected-message" }]);
  });

  test("heads beyond the maximum are not named", () => {
    const root = fakeCommand("root");
    const source = new FakeSource([root]);
    for (let i = 0; i <= LIMITS.syncHeadsMax; i++) source.add(fakeCommand(`leaf${i}`, [root]));
    const { hear } = asked(() => source);
    const [page, level] = hear(START, pull([root]));
    expect(page).toHaveProperty("commands.length", LIMITS.syncHeadsMax + 1);
    expect(level).toHaveProperty("heads.length", LIMITS.syncHeadsMax);
  });
});

describe("[SYN-8] an asker that", () => {
  test("asks again before it was answered is cut off after one page", () => {
    const source = new FakeSource(ALL);
    const { responder, drain } = asked(() => source);
    const flood = concat(...Array.from({ length: 600 }, () => encodeSyncMessage(pull())));
    responder.handle({ type: "bytes", bytes: flood }, START);
    expect(drain().map((o) => (o.type === "close" ? o.code : o.type))).toEqual(["transmit", "pipelined"]);
  });

  test.each<[string, SyncMessage]>([
    ["a next without a pull", { type: "next" }],
    ["a page", { type: "page", commands: [ALL[0]!.bytes], more: false }],
    ["a level", { type: "level", heads: [] }],
    ["a refusal", { type: "refused", reason: "busy" }],
  ])("sends %s is cut off", (_name, message) => {
    const { hear } = asked(() => new FakeSource());
    expect(hear(START, message)).toEqual([{ type: "close", code: "unexpected-message" }]);
  });

  test("speaks another version is told so", () => {
    const { responder, drain } = asked(() => new FakeSource());
    const frame = encodeSyncMessage(pull());
    frame[4 + 2] = 2;
    responder.handle({ type: "bytes", bytes: frame }, START);
    const [answer, close] = drain();
    expect(answer?.type === "transmit" && decodeSyncMessage(answer.bytes.subarray(4))).toEqual({
      type: "refused",
      reason: "version",
    });
    expect(close).toEqual({ type: "close", code: "version" });
  });

  test("sends nonsense is cut off, and no more is heard from it", () => {
    const { responder, drain } = asked(() => new FakeSource());
    responder.handle({ type: "bytes", bytes: Uint8Array.of(0, 0, 0, 1, 0xf6) }, START);
    expect(drain()).toEqual([{ type: "close", code: "bad-message", detail: "bad-type" }]);
    responder.handle({ type: "bytes", bytes: encodeSyncMessage(pull()) }, START);
    expect(drain()).toEqual([]);
    expect(responder.nextTimeout()).toBeUndefined();
  });

  test("announces more than a pull can need is cut off on the length alone", () => {
    const { responder, drain } = asked(() => new FakeSource());
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, LIMITS.syncRequestBytesMax + 1);
    responder.handle({ type: "bytes", bytes: length }, START);
    expect(drain()).toEqual([{ type: "close", code: "bad-message", detail: "frame-too-long" }]);
  });

  test("asks too often is answered later, at the rate", () => {
    const source = new FakeSource(ALL.slice(0, 1));
    const { hear, responder, drain } = asked(() => source);
    for (let i = 0; i < LIMITS.syncRequestsPerSecondMax; i++) expect(hear(START, pull())).toHaveLength(2);
    expect(hear(START, pull())).toEqual([]);
    const turn = responder.nextTimeout()!;
    expect(turn).toBe(START + Math.ceil(1000 / LIMITS.syncRequestsPerSecondMax));
    responder.handle({ type: "timeout" }, START);
    expect(drain()).toEqual([]);
    responder.handle({ type: "timeout" }, turn);
    expect(drain()).toHaveLength(2);
    expect(hear(turn, pull())).toEqual([]);
    expect(hear(turn, pull())).toEqual([{ type: "close", code: "pipelined" }]);
  });

  test("is a stranger keeps its place for a short time only, however often it asks", () => {
    const { hear, responder, drain } = asked(() => ({ refused: "not-served" }));
    expect(hear(instant(5000), pull())).toHaveLength(1);
    expect(responder.nextTimeout()).toBe(LIMITS.syncStrangerTimeoutMs);
    responder.handle({ type: "timeout" }, instant(LIMITS.syncStrangerTimeoutMs));
    expect(drain()).toEqual([{ type: "close", code: "stranger" }]);
  });

  test("was served and falls silent is cut off; trickled bytes do not count as speaking", () => {
    const source = new FakeSource(ALL.slice(0, 1));
    const { hear, responder, drain } = asked(() => source);
    hear(instant(1000), pull());
    const deadline = instant(1000 + LIMITS.syncIdleTimeoutMs);
    expect(responder.nextTimeout()).toBe(deadline);
    responder.handle({ type: "bytes", bytes: Uint8Array.of(0) }, instant(deadline - 1));
    expect(responder.nextTimeout()).toBe(deadline);
    responder.handle({ type: "timeout" }, deadline);
    expect(drain()).toEqual([{ type: "close", code: "idle" }]);
  });
});
