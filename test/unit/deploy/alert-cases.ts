/**
 * For each alert of deploy/observability/alerts.yaml: series of a device on which it is to fire, as like as can be to those of
 * one on which it is not. Values as `promtool test rules` has them: `0+60x10` is 0, 60, … 600.
 */
import { sampleName } from "../../../src/daemon/metrics/table.ts";
import type { MetricName } from "../../../src/daemon/metrics/table.ts";

type Labels = Readonly<Record<string, string>>;
type Series = readonly [metric: MetricName | "up", labels: Labels, values: string];

export interface AlertCase {
  readonly name: string;
  readonly sick: readonly Series[];
  readonly healthy: readonly Series[];
  /** Minutes from one value to the next; 1 where it is not given. */
  readonly step?: number;
  /** Minutes after the start, when it has to fire. */
  readonly at: number;
  /** When it must not yet: what passes by itself wakes nobody. */
  readonly notYet?: number;
  /** Beside job and instance. */
  readonly labels?: Labels;
  readonly summary: string;
}

export const TARGET = { job: "aranya-edge", instance: "pump-1" };
const TEAM = { team: "8RYXuGE9tFDbo74A7smJRVKXWrNbekWyckwaPScqmxCt" };
const PEER = { ...TEAM, peer: "hub.example:4321" };

/** `metric{…}`, as the scrape of that device has it. */
export function selectorOf([metric, labels]: Series): string {
  const all = Object.entries({ ...TARGET, ...labels }).map(([name, value]) => `${name}="${value}"`);
  return `${metric === "up" ? metric : sampleName(metric)}{${all.join(",")}}`;
}

export const ALERT_CASES: readonly AlertCase[] = [
  {
    name: "AranyaEdgeDown",
    sick: [["up", {}, "1+0x2 0+0x20"]],
    healthy: [
      ["up", {}, "1+0x2 0+0x3 1+0x20"],
      ["up", { job: "another" }, "0+0x20"],
    ],
    at: 9,
    notYet: 7,
    summary: "pump-1 does not answer: the device is off, out of reach, or its daemon does not run",
  },
  {
    name: "AranyaEdgeRestarts",
    sick: [["uptime_seconds", {}, "0+60x10 0+60x10 0+60x10 0+60x10"]],
    healthy: [["uptime_seconds", {}, "0+60x10 0+60x10 0+60x30"]],
    at: 40,
    notYet: 25,
    summary: "The daemon on pump-1 was started 3 times within an hour",
  },
  {
    name: "AranyaEdgeSyncStalled",
    sick: [["team_sync_stalled", { ...TEAM, cause: "noProgress" }, "0+0x2 1+0x20"]],
    healthy: [["team_sync_stalled", { ...TEAM, cause: "noProgress" }, "0+0x2 1+0x3 0+0x20"]],
    at: 9,
    notYet: 7,
    labels: { ...TEAM, cause: "noProgress" },
    summary: `Team ${TEAM.team} on pump-1 stands still (noProgress): what others changed, revocations too, does not arrive`,
  },
  {
    name: "AranyaEdgeSyncPeerFails",
    sick: [["sync_peer_failures", PEER, "5+0x60"]],
    healthy: [["sync_peer_failures", PEER, "4+0x60"]],
    at: 31,
    notYet: 29,
    labels: PEER,
    summary: "pump-1 has failed 5 times in a row to sync with hub.example:4321",
  },
  {
    name: "AranyaEdgeTeamStopped",
    sick: [["team_stopped", TEAM, "0 1"]],
    healthy: [["team_stopped", TEAM, "0 0"]],
    at: 1,
    notYet: 0,
    labels: TEAM,
    summary: `Team ${TEAM.team} cannot be followed on pump-1`,
  },
  {
    name: "AranyaEdgeDeviceUnheard",
    sick: [["team_devices_unheard", TEAM, "0 1"]],
    healthy: [["team_devices_unheard", TEAM, "0 0"]],
    at: 1,
    notYet: 0,
    labels: TEAM,
    summary: `A device of team ${TEAM.team} forked or wrote more than a device may: its keys may be in use elsewhere`,
  },
  {
    name: "AranyaEdgeCommandsRecalled",
    sick: [["team_judged", { ...TEAM, outcome: "recalled" }, "0+0x10 1+0x10"]],
    healthy: [
      // Long ago, and forgotten with a restart.
      ["team_judged", { ...TEAM, outcome: "recalled" }, "7+0x10 0+0x10"],
      ["team_judged", { ...TEAM, outcome: "accepted" }, "0+5x20"],
    ],
    at: 12,
    notYet: 10,
    labels: { ...TEAM, outcome: "recalled" },
    summary: `Commands of team ${TEAM.team} that had been accepted were undone on pump-1`,
  },
  {
    name: "AranyaEdgeDamagedLog",
    sick: [["team_damaged_logs", TEAM, "1+0x90"]],
    healthy: [["team_damaged_logs", TEAM, "0+0x90"]],
    at: 61,
    notYet: 59,
    labels: TEAM,
    summary: "Storage of pump-1 lost part of a team's log once; it is fetched again from peers",
  },
  {
    name: "AranyaEdgeFlashWear",
    sick: [["process_storage_written_bytes", {}, "0+800000x80"]],
    healthy: [["process_storage_written_bytes", {}, "0+600000x80"]],
    step: 10,
    // A rate over six hours takes most of them to show in full.
    at: 720,
    notYet: 650,
    summary: "The daemon on pump-1 writes 109.9MiB a day to flash",
  },
  {
    name: "AranyaEdgeMemory",
    sick: [["process_anonymous_memory_bytes", {}, "70000000+0x60"]],
    healthy: [["process_anonymous_memory_bytes", {}, "60000000+0x60"]],
    at: 31,
    notYet: 29,
    summary: "The daemon on pump-1 uses 66.76MiB of memory",
  },
  {
    name: "AranyaEdgeFileDescriptors",
    sick: [
      ["process_open_fds", {}, "900+0x20"],
      ["process_max_fds", {}, "1024+0x20"],
    ],
    healthy: [
      ["process_open_fds", {}, "900+0x20"],
      ["process_max_fds", {}, "4096+0x20"],
    ],
    at: 11,
    notYet: 9,
    summary: "pump-1 has used 87.89% of its file descriptors",
  },
  {
    name: "AranyaEdgeKernelDrops",
    sick: [["afc_kernel_drops", {}, "0+120x30"]],
    healthy: [["afc_kernel_drops", {}, "0+30x30"]],
    at: 20,
    notYet: 9,
    summary: "The kernel on pump-1 drops datagrams that the daemon did not get to read",
  },
  {
    name: "AranyaEdgeRetransmissions",
    sick: [
      ["afc_retransmissions", { cause: "lost" }, "0+90x40"],
      ["afc_retransmissions", { cause: "silence" }, "0+30x40"],
      ["afc_datagrams", { direction: "out" }, "0+600x40"],
      ["afc_datagrams", { direction: "in" }, "0+9000x40"],
    ],
    healthy: [
      ["afc_retransmissions", { cause: "lost" }, "0+30x40"],
      ["afc_retransmissions", { cause: "silence" }, "0+0x40"],
      ["afc_datagrams", { direction: "out" }, "0+600x40"],
      ["afc_datagrams", { direction: "in" }, "0+90x40"],
    ],
    at: 30,
    notYet: 14,
    summary: "20% of what pump-1 sends on channels is sent again: the path loses much",
  },
  {
    name: "AranyaEdgeForgedDatagrams",
    sick: [["afc_dropped", { cause: "replayed" }, "0+1200x30"]],
    healthy: [
      ["afc_dropped", { cause: "replayed" }, "0+60x30"],
      ["afc_dropped", { cause: "unknown" }, "0+1200x30"],
    ],
    at: 20,
    notYet: 9,
    labels: { cause: "replayed" },
    summary: "pump-1 drops 20 replayed datagrams a second",
  },
  {
    name: "AranyaEdgeHandshakeFlood",
    sick: [["afc_cookies", {}, "0+120x30"]],
    healthy: [["afc_cookies", {}, "0+30x30"]],
    at: 20,
    notYet: 9,
    summary: "pump-1 gets more handshakes than it reads without proof of the address",
  },
  {
    name: "AranyaEdgeSyncPortAbused",
    sick: [
      ["sync_server_rejected", { cause: "no-certificate" }, "0+90x60"],
      ["sync_server_rejected", { cause: "wrong-alpn" }, "0+30x60"],
    ],
    healthy: [
      ["sync_server_rejected", { cause: "no-certificate" }, "0+30x60"],
      ["sync_server_rejected", { cause: "wrong-alpn" }, "0+20x60"],
    ],
    at: 45,
    notYet: 29,
    summary: "pump-1 turns away 2 connections a second at its sync port",
  },
  {
    name: "AranyaEdgeEventLoopSlow",
    sick: [
      ["event_loop_timer_delay_seconds", {}, "0+30x30"],
      ["event_loop_timers", {}, "0+60x30"],
    ],
    healthy: [
      ["event_loop_timer_delay_seconds", {}, "0+6x30"],
      ["event_loop_timers", {}, "0+60x30"],
    ],
    at: 20,
    notYet: 9,
    summary: "Timers on pump-1 run 500ms late: the daemon, or the device, is overloaded",
  },
  {
    name: "AranyaEdgeEffectsLost",
    sick: [["ipc_effects_lost", {}, "0+0x60 300+0x59"]],
    healthy: [["ipc_effects_lost", {}, "300+0x60 0+0x59"]],
    at: 90,
    notYet: 60,
    summary: "An application on pump-1 did not read its effects, and 300 were dropped",
  },
  {
    name: "AranyaEdgeLogLimited",
    sick: [["log_lines", { kind: "left-out" }, "0+2x120"]],
    healthy: [
      ["log_lines", { kind: "left-out" }, "0+1x120"],
      ["log_lines", { kind: "warn" }, "0+9x120"],
    ],
    at: 90,
    notYet: 30,
    labels: { kind: "left-out" },
    summary: "120 lines of the log of pump-1 were left out within an hour",
  },
  {
    name: "AranyaEdgeBug",
    sick: [["ipc_connections_failed", { cause: "bug" }, "0+0x10 1+0x10"]],
    healthy: [
      ["ipc_connections_failed", { cause: "bug" }, "0+0x20"],
      ["ipc_connections_failed", { cause: "nonsense" }, "0+1x20"],
    ],
    at: 12,
    notYet: 10,
    labels: { cause: "bug" },
    summary: "A client of pump-1 met a bug of the daemon",
  },
];
