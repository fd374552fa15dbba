import { describe, expect, test } from "vitest";
import { concat } from "../../../src/base/bytes.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { instant } from "../../../src/base/time.ts";
import { Requester } from "../../../src/sync/requester.ts";
import type { RequesterOutput } from "../../../src/sync/requester.ts";
import { decodeSyncMessage, encodeSyncMessage } from "../../../src/sync/wire.ts";
import type { SyncMessage } from "../../../src/sync/wire.ts";
import { FAKE_TEAM, fakeCommand, FakeSource } from "../../support/fake-source.ts";
import type { FakeCommand } from "../../support/fake-source.ts";

const START = instant(1000);

function chain(count: number, length?: number): FakeCommand[] {
  const commands: FakeCommand[] = [];
  for (let i = 0; i < count; i++) commands.push(fakeCommand(`c${i}`, commands.slice(-1), length));
  return commands;
}

const ALL = chain(100);
const KNOWN = new Map(ALL.map((c) => [c.id as string, c]));

/** A requester and a host whose verdicts the test chooses. */
function asker(held: readonly FakeCommand[] = []): {
  mine: FakeSource;
  requester: Requester;
  drain: () => RequesterOutput[];
  hear: (...messages: SyncMessage[]) => RequesterOutput[];
  admit: () => RequesterOutput[];
  pending: () => number;
} {
  const mine = new FakeSource(held);
  const requester = new Requester({ source: mine, teamId: FAKE_TEAM, now: START });
  let page: readonly Uint8Array[] | undefined;
  const drain = (): RequesterOutput[] => {
    const outputs: RequesterOutput[] = [];
    for (let out = requester.poll(); out !== undefined; out = requester.poll()) {
      if (out.type === "commands") page = out.commands;
      outputs.push(out);
    }
    return outputs;
  };
  return {
    mine,
    requester,
    drain,
    hear: (...messages) => {
      requester.handle({ type: "bytes", bytes: concat(...messages.map(encodeSyncMessage)) }, START);
      return drain();
    },
    admit: () => {
      const added = mine.admit(page!, KNOWN);
      page = undefined;
      requester.handle({ type: "admitted", added }, START);
      return drain();
    },
    pending: () => page?.length ?? 0,
  };
}

function page(commands: readonly FakeCommand[], more: boolean): SyncMessage {
  return { type: "page", commands: commands.map((c) => c.bytes), more };
}

function level(...heads: readonly FakeCommand[]): SyncMessage {
  return { type: "level", heads: heads.map((c) => c.id) };
}

function sent(output: RequesterOutput | undefined): SyncMessage {
  if (output?.type !== "transmit") throw new Error(`not sent: ${output?.type}`);
  return decodeSyncMessage(output.bytes.subarray(4));
}

describe("a pull", () => {
  test("[SYN-3] starts with the team, the heads and a sample, and nothing else goes out", () => {
    const { drain } = asker(ALL.slice(0, 3));
    const outputs = drain();
    expect(outputs).toHaveLength(1);
    expect(sent(outputs[0])).toEqual({
      type: "pull",
      teamId: FAKE_TEAM,
      heads: [ALL[2]!.id],
      sample: expect.toSatisfy((s: string[]) => s.length === 2 && s.includes(ALL[0]!.id)) as unknown,
    });
  });

  test("[SYN-4] asks for the next page only once the last is admitted", () => {
    const { drain, hear, admit } = asker();
    drain();
    expect(hear(page(ALL.slice(0, 2), true)).map((o) => o.type)).toEqual(["commands"]);
    const next = admit();
    expect(next.map(sent)).toEqual([{ type: "next" }]);
    expect(hear(page(ALL.slice(2, 4), false), level(ALL[3]!)).map((o) => o.type)).toEqual(["commands"]);
    expect(admit()).toEqual([{ type: "done", received: 4, added: 4, heads: [ALL[3]!.id] }]);
  });

  test("is level at once with a peer that has nothing new", () => {
    const { drain, hear } = asker(ALL.slice(0, 5));
    drain();
    expect(hear(level(ALL[2]!))).toEqual([{ type: "done", received: 0, added: 0, heads: [ALL[2]!.id] }]);
  });

  test("level may arrive after the page was admitted", () => {
    const { drain, hear, admit } = asker();
    drain();
    hear(page(ALL.slice(0, 2), false));
    expect(admit()).toEqual([]);
    expect(hear(level(ALL[1]!)).map((o) => o.type)).toEqual(["done"]);
  });

  test.each(["not-served", "removed", "busy", "policy", "version"] as const)(
    "[SYN-7] is told: %s",
    (reason) => {
      const { drain, hear, requester } = asker();
      drain();
      expect(hear({ type: "refused", reason })).toEqual([{ type: "refused", reason }]);
      expect(requester.nextTimeout()).toBeUndefined();
    },
  );

  test("pulls again when the asked went on meanwhile, and not for ever", () => {
    const { drain, hear, admit } = asker();
    drain();
    let outputs: RequesterOutput[] = [];
    for (let round = 1; round <= LIMITS.syncRoundsMax; round++) {
      hear(page([ALL[round - 1]!], false), level(ALL[round]!));
      outputs = admit();
      if (round < LIMITS.syncRoundsMax) expect(sent(outputs[0]).type).toBe("pull");
    }
    expect(outputs).toEqual([{ type: "failed", code: "not-level" }]);
  });
});

describe("[SYN-8] a peer that", () => {
  test("names heads it does not send is failed", () => {
    const { drain, hear } = asker(ALL.slice(0, 2));
    drain();
    expect(hear(level(ALL[9]!))).toEqual([{ type: "failed", code: "not-level" }]);
  });

  test("sends what is held already, for ever, is failed", () => {
    const { drain, hear, admit } = asker(ALL.slice(0, 5));
    drain();
    for (let pages = 1; pages <= LIMITS.syncStalledPagesMax; pages++) {
      hear(page(ALL.slice(0, 5), true));
      const last = pages === LIMITS.syncStalledPagesMax;
      expect(admit()).toMatchObject([last ? { type: "failed", code: "no-progress" } : { type: "transmit" }]);
    }
  });

  test("sends what another peer was faster with is asked again with what is held now", () => {
    const { drain, hear, admit, mine } = asker(ALL.slice(0, 5));
    drain();
    let last: RequesterOutput[] = [];
    for (let i = 0; i < LIMITS.syncStalledPagesMax; i++) {
      mine.add(ALL[5 + i]!);
      hear(page([ALL[5 + i]!], true));
      last = admit();
    }
    expect(sent(last[0])).toMatchObject({ type: "pull", heads: [ALL[4 + LIMITS.syncStalledPagesMax]!.id] });
  });

  test.each<[string, SyncMessage[]]>([
    ["a page after a page", [page([ALL[0]!], true), page([ALL[1]!], true)]],
    ["a level after a page that promised more", [page([ALL[0]!], true), level(ALL[0]!)]],
    ["a second level", [page([ALL[0]!], false), level(ALL[0]!), level(ALL[0]!)]],
    ["a page after the last", [page([ALL[0]!], false), page([ALL[1]!], false)]],
    ["a refusal after a page", [page([ALL[0]!], false), { type: "refused", reason: "busy" }]],
    ["a pull", [{ type: "pull", teamId: FAKE_TEAM, heads: [], sample: [] }]],
    ["a next", [{ type: "next" }]],
  ])("speaks out of turn is failed: %s", (_name, messages) => {
    const { drain, hear, pending } = asker();
    drain();
    expect(hear(...messages)).toEqual([{ type: "failed", code: "unexpected-message" }]);
    expect(pending()).toBe(0);
  });

  test("sends a single byte while its page is judged is failed", () => {
    const { drain, hear, requester } = asker();
    drain();
    hear(page([ALL[0]!], true));
    requester.handle({ type: "bytes", bytes: Uint8Array.of(0) }, START);
    expect(drain()).toEqual([{ type: "failed", code: "unexpected-message" }]);
  });

  test("starts another frame behind its page is failed", () => {
    const { drain, requester } = asker();
    drain();
    const bytes = concat(encodeSyncMessage(page([ALL[0]!], true)), Uint8Array.of(0));
    requester.handle({ type: "bytes", bytes }, START);
    expect(drain()).toEqual([{ type: "failed", code: "unexpected-message" }]);
  });

  test("sends nonsense is failed, with the reason", () => {
    const { drain, requester } = asker();
    drain();
    requester.handle({ type: "bytes", bytes: Uint8Array.of(0, 0, 0, 1, 0xff) }, START);
    expect(drain()).toEqual([{ type: "failed", code: "bad-message", detail: "bad-type" }]);
  });

  test("announces a frame over the maximum is failed on the length alone", () => {
    const { drain, requester } = asker();
    drain();
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, LIMITS.syncMessageBytesMax + 1);
    requester.handle({ type: "bytes", bytes: length }, START);
    expect(drain()).toEqual([{ type: "failed", code: "bad-message", detail: "frame-too-long" }]);
  });

  test("[SYN-4] sends commands the host rejects is failed with the host's reason", () => {
    const { drain, hear, requester } = asker();
    drain();
    hear(page([ALL[3]!], true));
    requester.handle({ type: "rejected", code: "unknown-parent" }, START);
    expect(drain()).toEqual([{ type: "failed", code: "rejected", detail: "unknown-parent" }]);
  });

  test("hangs up is failed, also while its page is judged; the verdict that comes later is ignored", () => {
    const { drain, hear, requester } = asker();
    drain();
    hear(page([ALL[0]!], false));
    requester.handle({ type: "closed" }, START);
    expect(drain()).toEqual([{ type: "failed", code: "closed" }]);
    requester.handle({ type: "admitted", added: 1 }, START);
    expect(drain()).toEqual([]);
  });

  test("trickles meets the page's deadline", () => {
    const { drain, requester } = asker();
    drain();
    const bytes = encodeSyncMessage(page(ALL.slice(0, 50), true));
    const deadline = requester.nextTimeout()!;
    expect(deadline).toBe(START + LIMITS.syncPageTimeoutMs);
    for (let i = 0; i < 50; i++) {
      const now = instant(START + i * 1000);
      requester.handle({ type: "bytes", bytes: bytes.subarray(i, i + 1) }, now);
      requester.handle({ type: "timeout" }, now);
    }
    expect(drain()).toEqual([]);
    expect(requester.nextTimeout()).toBe(deadline);
    requester.handle({ type: "timeout" }, deadline);
    expect(drain()).toEqual([{ type: "failed", code: "page-timeout" }]);
  });

  test("feeds new commands for ever meets the pull's deadline; the page's does not run while the host judges", () => {
    const { drain, hear, requester } = asker();
    drain();
    hear(page([ALL[0]!], true));
    const deadline = instant(START + LIMITS.syncPullTimeoutMs);
    expect(requester.nextTimeout()).toBe(deadline);
    requester.handle({ type: "timeout" }, instant(deadline - 1));
    expect(drain()).toEqual([]);
    requester.handle({ type: "timeout" }, deadline);
    expect(drain()).toEqual([{ type: "failed", code: "pull-timeout" }]);
  });
});

test("admitting what was never handed out is our bug", () => {
  const { requester } = asker();
  expect(() => requester.handle({ type: "admitted", added: 0 }, START)).toThrow("admitted");
});

test("more may be admitted than came in a page: what was kept aside before comes with it", () => {
  const { requester, hear, drain } = asker();
  drain();
  hear(page([ALL[0]!], true));
  drain();
  requester.handle({ type: "admitted", added: 2 }, START);
  expect(drain()).toMatchObject([{ type: "transmit" }]);
});
