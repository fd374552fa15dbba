/**
 * A member that sends commands no daemon takes: each is refused by its name, changes nothing, is seen where sync peers are
 * shown, and costs the member turns; what is not understood is never skipped.
 */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { compareBytes } from "../../src/base/bytes.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { encodeKeyBundle } from "../../src/codec/key-bundle.ts";
import type { Cbor } from "../../src/codec/cbor.ts";
import type { SyncPeerInfo, TeamId } from "../../src/client/index.ts";
import { nodeSuite } from "../../src/crypto/node.ts";
import type { TlsListener } from "../../src/io/tls.ts";
import { encodeSyncMessage } from "../../src/sync/wire.ts";
import { foundingCommand } from "../../src/team/team.ts";
import { eventually, freePort } from "../support/daemon-process.ts";
import { HostileMember } from "../support/hostile-member.ts";
import type { Answers } from "../support/hostile-member.ts";
import { Fleet, foundTeam, refusal } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
const member = new HostileMember("member");
let listener: TlsListener | undefined;
afterAll(async () => {
  await listener?.close();
  await fleet.close();
});

let owner: Device;
let victim: Device;
let teamId: TeamId;
let address: string;
/** What the member does with a pull. */
let answers: Answers;
beforeAll(async () => {
  [owner, victim] = await fleet.started("owner", "victim");
  teamId = await foundTeam(owner, { members: [victim] });
  await owner.client.addDevice(teamId, member.keys.bundle, "member");
  await member.learn(teamId, owner.address);
  const port = await freePort();
  address = `127.0.0.1:${port}`;
  listener = await member.listen(port, (peer) => answers(peer));
});

afterEach(async () => {
  for (const peer of await victim.client.syncPeers())
    await victim.client.removeSyncPeer(peer.address, peer.teamId);
});

/** One page with these commands and an end that says it was all. */
function sending(...commands: readonly Uint8Array[]): Answers {
  return (peer) => (message) => {
    if (message.type !== "pull") return;
    peer.write(encodeSyncMessage({ type: "page", commands, more: false }));
    peer.write(encodeSyncMessage({ type: "level", heads: member.teams.get(message.teamId).heads() }));
  };
}

async function peerIs(is: (peer: SyncPeerInfo) => boolean): Promise<SyncPeerInfo> {
  const [peer] = await eventually(
    "the sync peer is as expected",
    async () => (await victim.client.syncPeers()).filter((p) => p.address === address),
    ([first]) => first !== undefined && is(first),
  );
  return peer!;
}

const bytes = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const parents = (count: number): Cbor => Array.from({ length: count }, (_, i) => bytes(i)).sort(compareBytes);

test.each<[string, string, string, () => Uint8Array]>([
  [
    "too large",
    "PeerRefused",
    "command-too-long",
    () => member.forge(teamId, { fields: ["x".repeat(LIMITS.commandBytesMax)] }),
  ],
  [
    "with too many parents",
    "PeerRefused",
    "too-many-parents",
    () => member.forge(teamId, { parents: parents(LIMITS.parentsMax + 1), kind: "K", fields: [] }),
  ],
  ["of an unknown kind", "UnknownPolicy", "unknown-kind", () => member.forge(teamId, { kind: "Fly" })],
  ["of another team", "PeerRefused", "other-team", () => member.forge(teamId, { scope: bytes(1) })],
  [
    "of a future version",
    "UnknownPolicy",
    "future-version",
    () => member.forge(teamId, { version: 2 }, "with", "more"),
  ],
  ["of a stranger", "PeerRefused", "unknown-author", () => member.forge(teamId, { author: bytes(1) })],
  [
    "on what nobody has",
    "PeerRefused",
    "unknown-parent",
    () => member.forge(teamId, { parents: [bytes(1)] }),
  ],
])("[SYN-8] a command %s: %s, %s", async (_what, code, reason, forged) => {
  const before = await victim.client.team(teamId);
  const good = member.forge(teamId, {});
  answers = sending(good, forged());
  await victim.client.addSyncPeer(address, teamId, 100);
  const { lastError } = await peerIs((p) => (p.failures ?? 0) >= 2);
  expect(lastError!.code).toBe(code);
  expect(lastError!.reason).toContain(reason);
  expect(lastError!.reason).toContain(address);
  await victim.saw("syncFailed", (e) => e.code === code && e.reason.includes(reason));
  const error = await refusal(victim.client.syncNow(address, teamId));
  expect(error.code).toBe(code);
  expect(error.fields).toMatchObject({ teamId, address });
  expect(error.fields["reason"]).toContain(reason);
  expect(await victim.client.team(teamId), "not even the good one beside it").toEqual(before);

  answers = member.honestly();
  const back = await peerIs((p) => p.lastError === undefined && p.lastSuccess !== undefined);
  expect(back.failures).toBeUndefined();
});

test("the command that all those are made from is taken, so each was refused for what was changed", async () => {
  const { commandCount } = await victim.client.team(teamId);
  answers = sending(member.forge(teamId, {}));
  expect(await victim.client.syncNow(address, teamId)).toMatchObject({ received: 1, accepted: 0 });
  expect((await victim.client.team(teamId)).commandCount).toBe(commandCount + 1);
});

test("[SYN-8] who keeps sending them is asked less and less often", async () => {
  const asked: number[] = [];
  const bad = sending(member.forge(teamId, { kind: "Fly" }));
  answers = (peer) => {
    const answer = bad(peer);
    return (message) => {
      asked.push(performance.now());
      answer(message);
    };
  };
  await victim.client.addSyncPeer(address, teamId, 100);
  await peerIs((p) => (p.failures ?? 0) >= 5);
  // At its rate it would have been asked for the fifth time after 0.4 s; doubled each time, that is 3 s.
  expect(asked[4]! - asked[0]!).toBeGreaterThan(1000);
});

test("[SYS-9] a team under a policy that is not here says so, once it is known, and hinders no other team", async () => {
  const fields = [encodeKeyBundle(member.keys.bundle)];
  const draft = { kind: "Found", role: 0, fields };
  const init = foundingCommand(nodeSuite(), member.keys, "test/other/1", new Uint8Array(32), draft);
  const other = init.teamId;
  answers = (peer) => (message) => {
    if (message.type !== "pull") return;
    peer.write(encodeSyncMessage({ type: "page", commands: [init.bytes], more: false }));
    peer.write(encodeSyncMessage({ type: "level", heads: [init.id] }));
  };
  await victim.client.addTeam(other);
  expect((await refusal(victim.client.team(other))).code).toBe("TeamNotSynced");
  await victim.client.addSyncPeer(address, other, 100);
  const { lastError } = await peerIs((p) => p.teamId === other && p.lastError !== undefined);
  expect(lastError).toMatchObject({ code: "UnknownPolicy" });
  const stopped = await victim.saw("teamStopped", (e) => e.teamId === other);
  expect(stopped.code).toBe("UnknownPolicy");
  expect(stopped.reason).toContain("test/other/1");
  const { client } = victim;
  const calls = [() => client.team(other), () => client.labels(other), () => client.createLabel(other, "x")];
  for (const call of calls)
    expect(await refusal(call())).toMatchObject({
      code: "UnknownPolicy",
      fields: { policyId: "test/other/1" },
    });
  await peerIs((p) => (p.failures ?? 0) >= 3);
  expect(victim.effects.filter((e) => e.type === "teamStopped")).toHaveLength(1);

  await owner.client.createLabel(teamId, "goes on");
  await victim.client.syncNow(owner.address, teamId);
  expect(await victim.client.labels(teamId)).toContain("goes on");
  expect(await victim.client.removeTeam(other)).toBe(true);
  expect((await refusal(victim.client.team(other))).code).toBe("UnknownTeam");
});

test("[SYN-8] a member that forks without end is named where the team is shown", async () => {
  const before = await victim.client.team(teamId);
  expect(before).toMatchObject({ unheard: [], asideCount: 0 });
  const forks = Array.from({ length: 3 * LIMITS.forkedCommandsMax }, (_, i) =>
    member.forge(teamId, { fields: [`fork ${i}`] }),
  );
  answers = sending(...forks);
  await victim.client.addSyncPeer(address, teamId, 60_000);
  const after = await eventually(
    "the member is named, and what it wrote since is kept aside",
    () => victim.client.team(teamId),
    ({ unheard, asideCount }) => unheard.length > 0 && asideCount > 0,
  );
  expect(after.unheard).toEqual([member.deviceId]);
  expect(after.stateDigest).toBe(before.stateDigest);
});
