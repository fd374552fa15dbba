/** A member may make heads without end, whatever its role: commands that change nothing, each on top of the same old one. */
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import { instant } from "../../../src/base/time.ts";
import { Requester } from "../../../src/sync/requester.ts";
import { Responder } from "../../../src/sync/responder.ts";
import { encodeSyncMessage } from "../../../src/sync/wire.ts";
import { FAKE_TEAM, fakeCommand, FakeSource } from "../../support/fake-source.ts";
import type { FakeCommand } from "../../support/fake-source.ts";
import { runPull } from "../../support/sync-pair.ts";
import type { PullTrace } from "../../support/sync-pair.ts";

const INIT = fakeCommand("init");
/** With those that cannot be shown, more than the pages a peer may send without bringing anything new. */
const HEADS =
  LIMITS.syncHeadsMax + Math.ceil(((LIMITS.syncStalledPagesMax + 4) * LIMITS.syncPageBytesMax) / 2000);

function pull(mine: FakeSource, theirs: FakeSource, all: readonly FakeCommand[]): PullTrace {
  return runPull({
    requester: new Requester({ source: mine, teamId: FAKE_TEAM, now: instant(0) }),
    responder: new Responder({ authorize: () => theirs, now: instant(0) }),
    mine,
    known: new Map(all.map((command) => [command.id as string, command])),
  });
}

test("[SYN-8] what is new arrives however many heads both hold already", () => {
  const junk = Array.from({ length: HEADS }, (_, i) => fakeCommand(`junk ${i}`, [INIT], 2000));
  const news = fakeCommand("news", [INIT]);
  const mine = new FakeSource([INIT, ...junk]);
  const { outcome } = pull(mine, new FakeSource([INIT, ...junk, news]), [INIT, ...junk, news]);
  expect(outcome).toMatchObject({ type: "done", added: 1 });
});

test("[SYN-8] a peer that sends what is held, over and over, is failed once it has sent more than that", () => {
  const junk = Array.from({ length: HEADS }, (_, i) => fakeCommand(`junk ${i}`, [INIT], 2000));
  const source = new FakeSource([INIT, ...junk]);
  const requester = new Requester({ source, teamId: FAKE_TEAM, now: instant(0) });
  const commands = junk.slice(0, 100).map((command) => command.bytes);
  const page = encodeSyncMessage({ type: "page", commands, more: true });
  let received = 0;
  for (let out = requester.poll(); out?.type !== "failed"; out = requester.poll()) {
    if (out?.type === "commands") {
      received += commands.length;
      requester.handle({ type: "admitted", added: 0 }, instant(0));
    } else if (received < 2 * source.size) {
      requester.handle({ type: "bytes", bytes: page }, instant(0));
    } else {
      break;
    }
  }
  expect(received).toBeGreaterThan(source.size);
  expect(received).toBeLessThanOrEqual(source.size + commands.length);
});
