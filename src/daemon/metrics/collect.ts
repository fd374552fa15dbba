/** From the services' numbers to the text. Loaded when somebody asks for the first time: most daemons never come here. */
import { formatAddress } from "../../base/address.ts";
import type { ChannelFigures } from "../channel-figures.ts";
import type { PullOutcome } from "../peer-task.ts";
import type { SyncFigures } from "../sync-service.ts";
import { Samples } from "./samples.ts";
import type { MetricsSources } from "./sources.ts";
import type { LabelValues, MetricName } from "./table.ts";

const ERRNOS = ["ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "EPERM"] as const;

export function metricsText(sources: MetricsSources): string {
  const samples = new Samples();
  collectDaemon(samples, sources);
  collectTeams(samples, sources);
  collectSync(samples, sources.sync());
  collectChannels(samples, sources.channels());
  collectClients(samples, sources);
  collectProcess(samples, sources);
  return samples.text();
}

function collectDaemon(samples: Samples, sources: MetricsSources): void {
  const { version, nodeVersion: node, platform } = sources;
  samples.add("build_info", 1, { version, node, udp: platform.udp, aead: platform.aead });
  samples.add("device_initialised", Number(sources.isInitialised()), {});
  samples.add("uptime_seconds", sources.uptimeMs() / 1000, {});
  const listening = sources.listening();
  for (const listener of ["sync", "afc", "metrics"] as const) {
    samples.add("listening", Number(listening[listener]), { listener });
  }
}

function collectTeams(samples: Samples, sources: MetricsSources): void {
  for (const figures of sources.teams()) {
    const { teamId, team: graph, logBytes, damagedLogs, isStopped, mayBeBehind } = figures;
    const label = { team: teamId };
    samples.add("team_stopped", Number(isStopped), label);
    if (graph === undefined) continue;
    samples.add("team_commands", graph.commandCount, label);
    samples.add("team_heads", graph.heads().length, label);
    samples.add("team_devices", figures.devices, label);
    samples.add("team_closed", Number(figures.isClosed), label);
    samples.add("team_may_author", Number(!mayBeBehind), label);
    for (const outcome of ["accepted", "refused", "recalled"] as const) {
      samples.add("team_judged", graph.verdicts[outcome], { team: teamId, outcome });
    }
    samples.add("team_commands_aside", graph.pooledCount, label);
    samples.add("team_devices_unheard", graph.unheardDevices().size, label);
    samples.add("team_log_bytes", logBytes, label);
    samples.add("team_damaged_logs", damagedLogs, label);
  }
}

function collectSync(samples: Samples, { teams, peers, server }: SyncFigures): void {
  for (const [team, { ageMs, stall }] of teams) {
    samples.add("team_sync_age_seconds", ageMs / 1000, { team });
    for (const cause of ["notLevel", "noProgress", "headsMissing"] as const) {
      samples.add("team_sync_stalled", Number(stall?.cause === cause), { team, cause });
    }
  }
  for (const { target, ageMs, failures, behindForMs, headsMissing, pulls, traffic } of peers) {
    const of = { team: target.teamId, peer: formatAddress(target.address) };
    samples.add("sync_peer_age_seconds", ageMs / 1000, of);
    samples.add("sync_peer_failures", failures, of);
    samples.add("sync_peer_behind_seconds", behindForMs / 1000, of);
    samples.add("sync_peer_heads_missing", headsMissing, of);
    for (const outcome of ["level", "unreachable", "refused", "timeout", "other"] as const) {
      samples.add("sync_peer_pulls", pulls[outcome satisfies PullOutcome], { ...of, outcome });
    }
    samples.add("sync_peer_commands_received", traffic.received, of);
    samples.add("sync_peer_bytes", traffic.bytesIn, { ...of, direction: "in" });
    samples.add("sync_peer_bytes", traffic.bytesOut, { ...of, direction: "out" });
  }
  samples.add("sync_server_connections", server.connections, {});
  samples.add("sync_server_subscribers", server.subscribers, {});
  each(samples, "sync_server_rejected", "cause", server.rejected);
  each(samples, "sync_server_refused", "reason", server.refused);
  each(samples, "sync_server_closed", "cause", server.closed);
  each(samples, "sync_server_bytes", "direction", { in: server.bytesIn, out: server.bytesOut });
}

function collectChannels(samples: Samples, { channels, counts, afc }: ChannelFigures): void {
  each(samples, "afc_channels", "state", channels);
  for (const outcome of ["opened", "refused", "timeout"] as const) {
    samples.add("afc_handshakes", counts.outgoing[outcome], { begun: "here", outcome });
  }
  for (const outcome of ["opened", "refused", "timeout", "ignored"] as const) {
    samples.add("afc_handshakes", counts.incoming[outcome], { begun: "there", outcome });
  }
  samples.add("afc_cookies", afc.counts.cookies, {});
  each(samples, "afc_channels_ended", "by", counts.ended);
  each(samples, "afc_messages", "direction", { in: counts.received, out: counts.sent });
  each(samples, "afc_message_bytes", "direction", { in: counts.receivedBytes, out: counts.sentBytes });
  const { acknowledged, expired } = counts;
  each(samples, "afc_message_outcomes", "outcome", { acknowledged, expired });
  const { dropped, socket } = afc;
  if (dropped !== undefined) each(samples, "afc_dropped", "cause", dropped);
  if (socket !== undefined) {
    each(samples, "afc_datagrams", "direction", { in: socket.received, out: socket.sent });
    each(samples, "afc_bytes", "direction", { in: socket.receivedBytes, out: socket.sentBytes });
    samples.add("afc_not_sent", socket.overrun, { cause: "overrun" });
    samples.add("afc_not_sent", socket.unsplit, { cause: "unsplit" });
    let other = 0;
    for (const count of socket.sendErrors.values()) other += count;
    for (const cause of ERRNOS) {
      const count = socket.sendErrors.get(cause) ?? 0;
      other -= count;
      samples.add("afc_not_sent", count, { cause });
    }
    samples.add("afc_not_sent", other, { cause: "other" });
  }
  samples.add("afc_kernel_drops", afc.kernelDrops, {});
  each(samples, "afc_retransmissions", "cause", { lost: afc.counts.lost, silence: afc.counts.probed });
  samples.add("afc_key_rotations", afc.counts.keyRotations, {});
  samples.add("afc_rekeys", afc.counts.rekeys, {});
  samples.add("afc_roams", afc.counts.roams, {});
}

function collectClients(samples: Samples, { clients, ipc }: MetricsSources): void {
  samples.add("ipc_clients", clients(), {});
  each(samples, "ipc_calls", "outcome", ipc.calls);
  each(samples, "ipc_sends", "outcome", ipc.sends);
  samples.add("ipc_messages_delivered", ipc.received, {});
  samples.add("ipc_effects_lost", ipc.effectsLost, {});
  each(samples, "ipc_connections_failed", "cause", { nonsense: ipc.nonsense, bug: ipc.bugs });
}

function collectProcess(samples: Samples, sources: MetricsSources): void {
  const { files, log, loop } = sources;
  samples.add("store_written_bytes", files.writtenBytes, {});
  samples.add("store_syncs", files.syncs, {});
  each(samples, "log_lines", "kind", { warn: log.warn, error: log.error, "left-out": log.leftOut });
  const figures = sources.process();
  samples.add("process_resident_memory_bytes", figures.residentBytes, {});
  samples.add("process_anonymous_memory_bytes", figures.anonymousBytes, {});
  samples.add("process_heap_bytes", figures.heapBytes, {});
  each(samples, "process_cpu_seconds", "mode", {
    user: figures.cpuUserSeconds,
    system: figures.cpuSystemSeconds,
  });
  samples.add("process_open_fds", figures.openFds, {});
  samples.add("process_max_fds", figures.openFdsMax, {});
  samples.add("process_storage_written_bytes", figures.storageWrittenBytes, {});
  each(samples, "event_loop_seconds", "state", {
    active: figures.loopActiveSeconds,
    idle: figures.loopIdleSeconds,
  });
  samples.add("event_loop_timers", loop.timers, {});
  samples.add("event_loop_timer_delay_seconds", loop.delayMs / 1000, {});
  samples.add("host_udp_receive_buffer_errors", sources.receiveBufferErrors(), {});
}

/** One sample for each key, of a metric with one label, whose values are those keys. */
function each<Name extends MetricName, Label extends string & keyof LabelValues<Name>>(
  samples: Samples,
  name: Name,
  label: Label,
  numbers: Readonly<Record<LabelValues<Name>[Label] & string, number>>,
): void {
  for (const [value, number] of Object.entries<number>(numbers)) {
    samples.add(name, number, { [label]: value } as unknown as LabelValues<Name>);
  }
}
