/** What `status` says needs attention: stable names, with a remedy each. */
import { expect, test } from "vitest";
import { toBase58 } from "../../../src/base/base58.ts";
import type { DaemonStatus, DeviceId, SyncPeerInfo, TeamId } from "../../../src/client/index.ts";
import { peerState } from "../../../src/cli/commands/peer.ts";
import { attentionOf } from "../../../src/cli/commands/status.ts";
import type { TeamSummary } from "../../../src/cli/team-summary.ts";
import { span } from "../../../src/cli/terminal.ts";

const id = (byte: number): string => toBase58(new Uint8Array(32).fill(byte));
const teamId = id(2) as TeamId;
const daemon: DaemonStatus = {
  version: "0.1.0",
  deviceId: id(1) as DeviceId,
  uptimeMs: 1000,
  memory: {},
  damagedLogs: 0,
  sync: {},
  metrics: {},
  afc: { listen: "127.0.0.1:1", udp: "dgram", aead: "plain", ciphers: ["chacha20-poly1305"], kernelDrops: 0 },
  audit: { state: "disk", seq: 1, lost: 0 },
};
const team: TeamSummary = {
  teamId,
  state: "open",
  role: "user",
  netIdentifier: "a",
  devices: 2,
  commandCount: 5,
};
const peer: SyncPeerInfo = { address: "hub.example", teamId, rateMs: 1000, lastSuccess: 1 };

const found = (
  status: Partial<DaemonStatus>,
  summary: Partial<TeamSummary> = {},
  peers = [peer],
): string[] => {
  const all = attentionOf({ ...daemon, ...status }, [{ ...team, ...summary }], peers);
  for (const { text, remedy } of all) {
    expect(text.length).toBeGreaterThan(10);
    expect(remedy.length).toBeGreaterThan(5);
  }
  return all.map(({ what }) => what);
};

test("nothing where all is well", () => {
  expect(found({})).toEqual([]);
});

test("stalls, damaged logs and kernel drops, each by name and with what to do", () => {
  expect(found({}, { stalledForMs: 300_000 })).toEqual(["syncStalled"]);
  expect(found({ damagedLogs: 2 })).toEqual(["damagedLogs"]);
  expect(found({ afc: { ...daemon.afc, kernelDrops: 1 } })).toEqual(["kernelDrops"]);
  expect(
    attentionOf({ ...daemon, damagedLogs: 1 }, [{ ...team, stalledForMs: 7_300_000 }], [peer]).map(
      (a) => a.text,
    ),
  ).toEqual([
    expect.stringContaining("has been level with none of its sync peers for 2 h") as string,
    expect.stringContaining("1 damaged log kept aside") as string,
  ]);
});

test("a peer that is behind says since when, and by how many heads", () => {
  expect(peerState(peer)).toBe("level");
  expect(peerState({ ...peer, behind: true, behindForMs: 150_000, headsMissing: 3 })).toBe(
    "behind for 2 min: 3 heads missing",
  );
  expect([999, 119_000, 7_199_000, 47 * 3_600_000, 49 * 3_600_000].map(span)).toEqual([
    "0 s",
    "119 s",
    "119 min",
    "47 h",
    "2 d",
  ]);
});
