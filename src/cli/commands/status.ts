/** `aranya-edge status`: what a field engineer asks first. */
import type { Command } from "commander";
import type { ChannelInfo, Client, DaemonStatus, SyncPeerInfo } from "../../client/index.ts";
import { clientCommand } from "../command.ts";
import type { Cli, ClientOptions } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { short } from "../resolve.ts";
import { answer, withClient } from "../session.ts";
import { ago, count, painter, printable, size, span } from "../terminal.ts";
import { teamSummaries } from "../team-summary.ts";
import type { TeamSummary } from "../team-summary.ts";
import { VERSION } from "../version.ts";
import { peerState } from "./peer.ts";

/** Of how many of each kind there is a line; JSON has them all. */
const SHOWN_MAX = 12;

const UDP = {
  segments: "segments: the kernel cuts and merges, many datagrams a system call",
  dgram: "dgram: one datagram a system call, as every Node can",
} as const;
const AUDIT = {
  waiting: "waits to be told what this device may write",
  disk: "kept in the work directory",
  journal: "in the log of the daemon alone",
  failing: "CANNOT BE WRITTEN",
  off: "off",
} as const;
const AEAD = {
  evp: "evp: OpenSSL's, in contexts that are kept",
  plain: "plain: node:crypto's, made anew for each datagram",
} as const;

interface Status {
  readonly daemon: DaemonStatus;
  readonly teams: readonly TeamSummary[];
  readonly peers: readonly SyncPeerInfo[];
  readonly channels: readonly ChannelInfo[];
  readonly attention: readonly Attention[];
}

export interface Attention {
  /** Stable, for scripts. */
  readonly what: string;
  readonly text: string;
  readonly remedy: string;
}

export function statusCommand(cli: Cli): Command {
  return clientCommand({
    path: "status",
    summary: "identity, teams, role, sync peers, channels, versions, and what needs attention",
    description:
      "Tells what a field engineer asks first: who this device is, its teams and its role in each, its sync peers with last " +
      "success and whether it is behind, its channels, which daemon answers, where it listens, what it costs and which ways it " +
      "found for AFC, and what needs " +
      "attention.",
    examples: ["status", "status --json", "status --check --json > /dev/null || mail-somebody"],
    exitCodes:
      "0 the daemon answers, 1 with --check where something needs attention, 64 bad usage, 69 no daemon answers",
  })
    .option("--check", "end with 1 where something needs attention")
    .action(async (options: ClientOptions & { check?: true }) => {
      await withClient(options, async (client) => {
        const status = await ask(client);
        answer(options, "status/1", { ...status, cli: VERSION }, () => describe(status));
        if (options.check === true && status.attention.length > 0) cli.setExitCode(EXIT.failed);
      });
    });
}

async function ask(client: Client): Promise<Status> {
  const daemon = await client.status();
  const hasKeys = daemon.deviceId !== undefined;
  const [teams, peers, channels] = hasKeys
    ? await Promise.all([teamSummaries(client), client.syncPeers(), client.channels()])
    : [[], [], []];
  return { daemon, teams, peers, channels, attention: attentionOf(daemon, teams, peers) };
}

/** The most urgent kinds first; of a kind in the order of teams or peers. */
export function attentionOf(
  daemon: DaemonStatus,
  teams: readonly TeamSummary[],
  peers: readonly SyncPeerInfo[],
): Attention[] {
  const audit = [...auditAttention(daemon)];
  if (daemon.deviceId === undefined) {
    return [...audit, attention("noKeys", "the device has no keys yet", "aranya-edge device init")];
  }
  const noTeam =
    teams.length > 0
      ? []
      : [
          attention(
            "noTeam",
            "the device is on no team",
            "aranya-edge team create, or aranya-edge team join",
          ),
        ];
  return [
    ...audit,
    ...noTeam,
    ...teams.flatMap((team) => [...teamAttention(team, daemon, peers)]),
    ...teams.flatMap((team) => [...stallAttention(team)]),
    ...lossAttention(daemon),
    ...peers.flatMap((peer) => [...peerAttention(peer)]),
  ];
}

function attention(what: string, text: string, remedy: string): Attention {
  return { what, text, remedy };
}

function* auditAttention({ audit }: DaemonStatus): Generator<Attention> {
  if (audit.state !== "failing") return;
  yield attention(
    "auditFails",
    "the audit log cannot be written; its lines go to the daemon's log",
    "see why: aranya-edge doctor, as the daemon's user",
  );
}

function* teamAttention(
  team: TeamSummary,
  { afc }: DaemonStatus,
  peers: readonly SyncPeerInfo[],
): Generator<Attention> {
  const name = `team ${short(team.teamId)}`;
  const hasPeers = peers.some((peer) => peer.teamId === team.teamId);
  if (team.state === "unsynced") {
    const remedy = `aranya-edge peer sync <address> --team ${short(team.teamId)}`;
    yield attention("teamNotSynced", `${name} was never fetched`, remedy);
  } else if (team.state === "stopped") {
    const { code, reason } = team.stoppedBy!;
    yield code === "UnknownPolicy"
      ? attention("teamStopped", `${name} was made by a later version`, "upgrade aranya-edge on this device")
      : attention("teamStopped", `${name} is not followed: ${reason}`, "mend that, and restart the daemon");
  } else if (team.role === undefined) {
    yield attention("notOnTeam", `this device is not on ${name}`, "have it added: aranya-edge device bundle");
  } else if (team.state === "open" && !hasPeers && (team.devices ?? 0) > 1 && team.role === "user") {
    // Others than users may be hubs, which are asked and ask nobody.
    const remedy = `syncPeers in the configuration, or until the daemon stops: aranya-edge peer add <address> --team ${short(team.teamId)}`;
    yield attention("noPeer", `${name} is synced with nobody`, remedy);
  }
  if (team.role === "user" && team.netIdentifier !== undefined && afc.listen === undefined) {
    yield attention(
      "notListening",
      "nobody can open a channel to this device: it does not listen",
      "set afc.listen in the configuration, and restart the daemon",
    );
  }
  const [first, ...others] = team.unheard ?? [];
  if (first !== undefined) {
    yield attention(
      "unheard",
      `${name} does not listen to ${count(1 + others.length, "device")} any more: cloned, restored or lying`,
      `aranya-edge device remove ${short(first)}`,
    );
  }
}

function* stallAttention({ teamId, stalledForMs }: TeamSummary): Generator<Attention> {
  if (stalledForMs === undefined) return;
  yield attention(
    "syncStalled",
    `team ${short(teamId)} has been level with none of its sync peers for ${span(stalledForMs)}`,
    "see below which peers fail, and whether they can be reached: aranya-edge peer sync",
  );
}

function* lossAttention({ damagedLogs, afc }: DaemonStatus): Generator<Attention> {
  if (damagedLogs > 0) {
    yield attention(
      "damagedLogs",
      `${count(damagedLogs, "damaged log")} kept aside: storage lost something once`,
      "check the medium; when all teams are synced, delete log.damaged-* and log.recovered-* in the work directory",
    );
  }
  if ((afc.kernelDrops ?? 0) > 0) {
    yield attention(
      "kernelDrops",
      `the kernel dropped ${count(afc.kernelDrops!, "datagram")} before the daemon could read them`,
      "more room for them: sysctl -w net.core.rmem_max=4194304, and restart the daemon",
    );
  }
}

function* peerAttention({ address, lastError }: SyncPeerInfo): Generator<Attention> {
  if (lastError === undefined) return;
  const { code, reason } = lastError;
  yield attention(
    "peerFails",
    `sync with ${address} fails: ${code}: ${reason}`,
    "is its address right, does its daemon run and listen, does it know this device? aranya-edge status there",
  );
}

function describe({ daemon, teams, peers, channels, attention }: Status): string {
  const paint = painter(process.stdout);
  const { version, deviceId, afc, sync, metrics, memory, uptimeMs, audit } = daemon;
  const listens = (at: string | undefined): string =>
    at === undefined ? "does not listen" : `listens on ${printable(at)}`;
  const bytes = memory.anonymousBytes === undefined ? "" : `, ${size(memory.anonymousBytes)} of memory`;
  const lines = [
    `${paint("bold", "device")}    ${deviceId ?? "no keys yet: aranya-edge device init"}`,
    `${paint("bold", "version")}   daemon ${printable(version)}${version === VERSION ? "" : `, this command ${VERSION}`}`,
    `${paint("bold", "running")}   for ${span(uptimeMs)}${bytes}`,
    `${paint("bold", "sync")}      ${listens(sync.listen)}`,
    ...(metrics.listen === undefined ? [] : [`${paint("bold", "metrics")}   ${listens(metrics.listen)}`]),
    `${paint("bold", "afc")}       ${listens(afc.listen)}`,
    `  udp     ${UDP[afc.udp]}`,
    `  aead    ${AEAD[afc.aead]}`,
    `  ciphers ${afc.ciphers.join(", ")}`,
    `${paint("bold", "audit")}     ${AUDIT[audit.state]}${audit.seq === 0 ? "" : `, at line ${audit.seq}`}${lost(audit.lost)}`,
    ...section(paint("bold", "teams"), teams, describeTeam),
    ...section(paint("bold", "peers"), peers, describePeer),
    ...section(paint("bold", "channels"), channels, describeChannel),
    attention.length === 0
      ? paint("green", "nothing needs attention")
      : paint("yellow", `${count(attention.length, "thing")} to look at`),
    ...attention.map(
      ({ text, remedy }) => `  ${paint("yellow", "!")} ${printable(text)}\n    → ${printable(remedy)}`,
    ),
  ];
  return lines.join("\n");
}

function lost(lines: number): string {
  return lines === 0 ? "" : `, ${count(lines, "line")} lost`;
}

function section<T>(name: string, items: readonly T[], line: (item: T) => string): string[] {
  const more = items.length - SHOWN_MAX;
  return [
    `${name} ${items.length === 0 ? "none" : String(items.length)}`,
    ...items.slice(0, SHOWN_MAX).map((item) => `  ${line(item)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

function describeTeam(team: TeamSummary): string {
  const { teamId, state, role, netIdentifier, devices, commandCount } = team;
  if (state === "unsynced" || state === "stopped") return `${short(teamId)}  ${state}`;
  const known = `${count(devices ?? 0, "device")}, ${count(commandCount ?? 0, "command")}`;
  const name = netIdentifier === undefined ? "" : ` at ${printable(netIdentifier)}`;
  return `${short(teamId)}  ${role ?? "not on it"}${name}, ${state}, ${known}`;
}

function describePeer(peer: SyncPeerInfo): string {
  const last =
    peer.lastSuccess === undefined ? "never synced" : `synced ${ago(peer.lastSuccess, Date.now())}`;
  return `${printable(peer.address)}  team ${short(peer.teamId)}, ${last}, ${peerState(peer)}`;
}

function describeChannel(channel: ChannelInfo): string {
  const { remoteNetIdentifier, label, state, direction, delivery } = channel;
  const way = direction === "outgoing" ? "to" : "from";
  return `${short(channel.channelId)}  ${way} ${printable(remoteNetIdentifier)}, ${printable(label)}, ${delivery}, ${state}`;
}
