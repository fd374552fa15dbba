/**
 * Every metric the daemon has, once: the text that is scraped, the documentation, and the tests of dashboard and alerts are
 * made from this table. Names are without the prefix that all of them have, and counters without their `_total`.
 *
 * Only gauges and counters, which every reader knows: the kinds that OpenMetrics added are refused by node_exporter's
 * textfile collector. A label has either a closed list of values or what it names, with how many there are at most.
 */
import { LIMITS } from "../../base/limits.ts";

const METRIC_PREFIX = "aranya_edge_";

/** Of a label whose values are not known beforehand: what it is. */
export interface OpenLabel {
  readonly is: string;
  readonly max: number;
}

export interface MetricDefinition {
  readonly type: "gauge" | "counter";
  /** The last word of the name, or the last before `_total`. */
  readonly unit?: "bytes" | "seconds";
  readonly help: string;
  readonly labels: Readonly<Record<string, readonly string[] | OpenLabel>>;
  /** Series at most, where that is less than the product of its labels. */
  readonly max?: number;
}

const team = { is: "the team's id", max: LIMITS.teamsMax };
const peer = { is: "the sync peer's address, as it was added", max: LIMITS.syncPeersMax };
const direction = ["in", "out"] as const;
const ofTeam = { team } as const;
/** A peer belongs to one team. */
const ofPeer = { labels: { team, peer }, max: LIMITS.syncPeersMax } as const;

export const METRICS = {
  build_info: {
    type: "gauge",
    help: "Always 1: the release, its Node, and which ways were found for AFC at the start",
    labels: {
      version: { is: "of the release", max: 1 },
      node: { is: "of the Node inside", max: 1 },
      udp: ["segments", "dgram"],
      aead: ["evp", "plain"],
    },
    max: 1,
  },
  device_initialised: { type: "gauge", help: "1 where the device has its keys", labels: {} },
  uptime_seconds: { type: "gauge", unit: "seconds", help: "Since the daemon was started", labels: {} },
  listening: {
    type: "gauge",
    help: "1 where the daemon listens",
    labels: { listener: ["sync", "afc", "metrics"] },
  },

  team_commands: { type: "gauge", help: "Commands of the team held here", labels: ofTeam },
  team_heads: { type: "gauge", help: "Commands without children", labels: ofTeam },
  team_devices: { type: "gauge", help: "Devices on the team", labels: ofTeam },
  team_closed: { type: "gauge", help: "1 where the team was closed", labels: ofTeam },
  team_stopped: {
    type: "gauge",
    help: "1 where the team cannot be followed: its policy is not known here, or its log cannot be opened",
    labels: ofTeam,
  },
  team_may_author: {
    type: "gauge",
    help: "0 until the device has been level with a sync peer: commands it made may be missing",
    labels: ofTeam,
  },
  team_judged: {
    type: "counter",
    help: "New commands by what the policy said, and accepted ones that no longer are (recalled), since the start",
    labels: { team, outcome: ["accepted", "refused", "recalled"] },
  },
  team_commands_aside: {
    type: "gauge",
    help: "Commands kept aside, in memory, of devices that are heard no more",
    labels: ofTeam,
  },
  team_devices_unheard: {
    type: "gauge",
    help: "Devices that forked or wrote more than a device may",
    labels: ofTeam,
  },
  team_log_bytes: { type: "gauge", unit: "bytes", help: "The team's log on disk", labels: ofTeam },
  team_damaged_logs: {
    type: "gauge",
    help: "Files of the team's log that were damaged and are kept aside",
    labels: ofTeam,
  },
  team_sync_age_seconds: {
    type: "gauge",
    unit: "seconds",
    help: "Since the team was level with one of its sync peers, or got its first",
    labels: ofTeam,
  },
  team_sync_stalled: {
    type: "gauge",
    help: "1 where the team's sync stands still",
    labels: { team, cause: ["notLevel", "noProgress", "headsMissing"] },
  },

  sync_peer_age_seconds: {
    type: "gauge",
    unit: "seconds",
    help: "Since the last sync that ended level with the peer, or since there is this peer",
    ...ofPeer,
  },
  sync_peer_failures: { type: "gauge", help: "Attempts in a row that failed", ...ofPeer },
  sync_peer_behind_seconds: {
    type: "gauge",
    unit: "seconds",
    help: "Since the peer announced heads that are not here; 0 where there are none",
    ...ofPeer,
  },
  sync_peer_heads_missing: {
    type: "gauge",
    help: "Heads the peer announced that are not here",
    ...ofPeer,
  },
  sync_peer_pulls: {
    type: "counter",
    help: "Pulls by how they ended",
    labels: { team, peer, outcome: ["level", "unreachable", "refused", "timeout", "other"] },
    max: 5 * LIMITS.syncPeersMax,
  },
  sync_peer_commands_received: { type: "counter", help: "Commands from the peer that were new", ...ofPeer },
  sync_peer_bytes: {
    type: "counter",
    unit: "bytes",
    help: "Exchanged with the peer, inside TLS",
    labels: { team, peer, direction },
    max: 2 * LIMITS.syncPeersMax,
  },

  sync_server_connections: { type: "gauge", help: "Inbound connections, from TCP accept on", labels: {} },
  sync_server_subscribers: {
    type: "gauge",
    help: "Inbound connections that are told of new heads",
    labels: {},
  },
  sync_server_rejected: {
    type: "counter",
    help: "Inbound connections that did not become peers, or were put out before their first answer",
    labels: {
      cause: [
        "no-certificate",
        "wrong-key",
        "wrong-alpn",
        "handshake-failed",
        "handshake-timeout",
        "displaced",
        "too-many-connections",
      ],
    },
  },
  sync_server_refused: {
    type: "counter",
    help: "Requests that were not served: of no member, of one that was removed, or without room for hello",
    labels: { reason: ["not-served", "removed", "busy"] },
  },
  sync_server_closed: {
    type: "counter",
    help: "Inbound connections closed from here, by why",
    labels: { cause: ["bad-message", "unexpected-message", "pipelined", "version", "stranger", "idle"] },
  },
  sync_server_bytes: {
    type: "counter",
    unit: "bytes",
    help: "Exchanged with devices that asked, inside TLS",
    labels: { direction },
  },

  afc_channels: { type: "gauge", help: "Channels", labels: { state: ["opening", "open"] } },
  afc_handshakes: {
    type: "counter",
    help: "Handshakes by who began them and how they ended; ignored ones are strangers'",
    labels: { begun: ["here", "there"], outcome: ["opened", "refused", "timeout", "ignored"] },
    max: 7,
  },
  afc_cookies: {
    type: "counter",
    help: "First messages answered with a cookie: there are more than are read without proof of the address",
    labels: {},
  },
  afc_channels_ended: {
    type: "counter",
    help: "Open channels that ended by the peer, or because it was silent or did not change keys",
    labels: { by: ["peer", "afc"] },
  },
  afc_messages: {
    type: "counter",
    help: "Messages handed to channels, and that arrived",
    labels: { direction },
  },
  afc_message_bytes: { type: "counter", unit: "bytes", help: "Those, in bytes", labels: { direction } },
  afc_message_outcomes: {
    type: "counter",
    help: "Messages sent on reliable channels, by what became of them in their time",
    labels: { outcome: ["acknowledged", "expired"] },
  },
  afc_datagrams: { type: "counter", help: "UDP datagrams of the AFC socket", labels: { direction } },
  afc_bytes: { type: "counter", unit: "bytes", help: "Payload of those", labels: { direction } },
  afc_dropped: {
    type: "counter",
    help: "Datagrams dropped unanswered, by cause",
    labels: { cause: ["malformed", "unknown", "replayed", "forged", "limit"] },
  },
  afc_not_sent: {
    type: "counter",
    help: "Datagrams lost here: more than may wait, a merged one that cannot be cut, or refused by the kernel",
    labels: {
      cause: ["overrun", "unsplit", "ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "EPERM", "other"],
    },
  },
  afc_kernel_drops: {
    type: "counter",
    help: "Datagrams for the AFC socket that the kernel dropped, mostly because its buffer was full",
    labels: {},
  },
  afc_retransmissions: {
    type: "counter",
    help: "Packets whose messages were sent again: taken for lost, or because nothing was heard",
    labels: { cause: ["lost", "silence"] },
  },
  afc_key_rotations: { type: "counter", help: "Keys followed by the next, of those sealed with", labels: {} },
  afc_rekeys: { type: "counter", help: "Fresh handshakes inside channels that came into force", labels: {} },
  afc_roams: { type: "counter", help: "Channels whose peer was found at another address", labels: {} },
  host_udp_receive_buffer_errors: {
    type: "counter",
    help: "Datagrams the kernel dropped for want of room, of all sockets of the system",
    labels: {},
  },

  ipc_clients: { type: "gauge", help: "Connections to the Unix socket", labels: {} },
  ipc_calls: { type: "counter", help: "Calls of clients", labels: { outcome: ["answered", "refused"] } },
  ipc_sends: {
    type: "counter",
    help: "Messages of clients: acknowledged (unreliable: sent), not in time, or refused",
    labels: { outcome: ["acknowledged", "expired", "refused"] },
  },
  ipc_messages_delivered: { type: "counter", help: "Messages handed to clients", labels: {} },
  ipc_effects_lost: {
    type: "counter",
    help: "Effects dropped because a client did not read them",
    labels: {},
  },
  ipc_connections_failed: {
    type: "counter",
    help: "Clients cut off: they spoke nonsense, or met a bug of the daemon",
    labels: { cause: ["nonsense", "bug"] },
  },

  store_written_bytes: {
    type: "counter",
    unit: "bytes",
    help: "Written to files of the work directory by the daemon",
    labels: {},
  },
  store_syncs: {
    type: "counter",
    help: "Calls of fsync and fdatasync for those, and for directories",
    labels: {},
  },
  log_lines: {
    type: "counter",
    help: "Warnings and errors in the log, and those left out by its limit",
    labels: { kind: ["warn", "error", "left-out"] },
  },

  process_resident_memory_bytes: {
    type: "gauge",
    unit: "bytes",
    help: "Memory of the process, shared pages of the executable included",
    labels: {},
  },
  process_anonymous_memory_bytes: {
    type: "gauge",
    unit: "bytes",
    help: "Memory that is the process's alone: what it costs the device",
    labels: {},
  },
  process_heap_bytes: { type: "gauge", unit: "bytes", help: "JavaScript heap in use", labels: {} },
  process_cpu_seconds: {
    type: "counter",
    unit: "seconds",
    help: "Processor time",
    labels: { mode: ["user", "system"] },
  },
  process_open_fds: { type: "gauge", help: "File descriptors in use", labels: {} },
  process_max_fds: { type: "gauge", help: "File descriptors there may be", labels: {} },
  process_storage_written_bytes: {
    type: "counter",
    unit: "bytes",
    help: "What the kernel says the process caused to be written to storage",
    labels: {},
  },
  event_loop_seconds: {
    type: "counter",
    unit: "seconds",
    help: "Time of the event loop at work, and waiting",
    labels: { state: ["active", "idle"] },
  },
  event_loop_timers: { type: "counter", help: "Timers of sync and AFC that ran", labels: {} },
  event_loop_timer_delay_seconds: {
    type: "counter",
    unit: "seconds",
    help: "How late those were, all together: divided by their number, how long the loop keeps things waiting",
    labels: {},
  },

  metrics_series_left_out: {
    type: "gauge",
    help: "Series that did not fit into this answer; 0 but where something is wrong",
    labels: {},
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof METRICS;

type ValueOf<Label> = Label extends readonly (infer Value)[] ? Value : string;

/** Label values of a metric, in the order of the table. */
export type LabelValues<Name extends MetricName> = {
  readonly [Label in keyof (typeof METRICS)[Name]["labels"]]: ValueOf<
    (typeof METRICS)[Name]["labels"][Label]
  >;
};

/** With prefix, as in `# TYPE`. */
export function familyName(name: MetricName): string {
  return METRIC_PREFIX + name;
}

/** With prefix and suffix, as queries have it. */
export function sampleName(name: MetricName): string {
  return METRIC_PREFIX + name + (METRICS[name].type === "counter" ? "_total" : "");
}

/** Untyped view for code that treats all alike. */
export function metricDefinition(name: MetricName): MetricDefinition {
  return METRICS[name];
}

/** How many series there can be of it. */
export function seriesMax(name: MetricName): number {
  const { labels, max } = metricDefinition(name);
  if (max !== undefined) return max;
  return Object.values(labels).reduce((all, label) => all * ("is" in label ? label.max : label.length), 1);
}
