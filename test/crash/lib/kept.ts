/** What a work directory has, read by the store itself. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AuditFiles } from "../../../src/audit/files.ts";
import { AuditJournal } from "../../../src/audit/journal.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { auditSources } from "../../../src/cli/audit/sources.ts";
import { verifySources } from "../../../src/cli/audit/verify.ts";
import type { DeviceId, TeamId } from "../../../src/base/ids.ts";
import { deviceKeysFrom } from "../../../src/crypto/key-bundle.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { decodeCommand } from "../../../src/graph/command.ts";
import { NodeFiles } from "../../../src/io/node-files.ts";
import { decodeOperation } from "../../../src/policy/default/operation.ts";
import { WorkDirectory } from "../../../src/store/account.ts";

export interface KeptTeam {
  /** Without the first one, which makes the team. */
  readonly commands: readonly string[];
  /** Bytes at the end that a crash cut short. */
  readonly tornBytes: number;
  readonly damage: string | undefined;
  /** The first command that does not stand on the one before it. */
  readonly fork: string | undefined;
}

export interface Kept {
  /** What `aranya-edge audit verify` says against the audit log, once a start has tidied it up. */
  readonly auditFaults: readonly string[];
  readonly deviceId: DeviceId | undefined;
  readonly teams: ReadonlyMap<TeamId, KeptTeam>;
}

/** What a command about a label is called in the ledger. */
export function nameOf(teamId: TeamId, kind: string, label: string): string {
  return `${teamId} ${kind} ${label}`;
}

/** Writes to it as a daemon that starts would: give it a copy of what is to stay. */
export function readKept(path: string): Kept {
  const suite = nodeSuite();
  const work = WorkDirectory.open(new NodeFiles(), path);
  const secrets = work.keystore.open();
  const teams = new Map(work.teams().map((teamId) => [teamId, readTeam(work, teamId)]));
  const deviceId = secrets && deviceKeysFrom(suite, secrets).deviceId;
  return { deviceId, teams, auditFaults: auditFaultsIn(path, deviceId) };
}

function auditFaultsIn(path: string, deviceId: DeviceId | undefined): string[] {
  if (!existsSync(join(path, "audit"))) return [];
  const suite = nodeSuite();
  const files = AuditFiles.open(new NodeFiles(), join(path, "audit"), suite, LIMITS.auditBytesMax);
  const times = { at: 0, up: 0 };
  const journal = new AuditJournal({ suite, files, keys: () => undefined, told: () => undefined }, times);
  journal.record({ who: "daemon", act: "daemon.start", outcome: "done" }, times);
  journal.close();
  // A device whose first keys were lost with the power has lines and no seal.
  const found = verifySources(auditSources([], path), { suite });
  const foreign = found.deviceId !== undefined && deviceId !== undefined && found.deviceId !== deviceId;
  return [
    ...found.findings.map(({ code, message }) => `audit log: ${code}: ${message}`),
    ...(foreign ? [`audit log: sealed by ${found.deviceId}`] : []),
  ];
}

function readTeam(work: WorkDirectory, teamId: TeamId): KeptTeam {
  const log = work.openLog(teamId);
  try {
    const commands = [...log.load()].map((bytes) => decodeCommand(nodeSuite(), bytes));
    const forked = commands.find(
      ({ parents }, i) => parents.length !== Math.min(i, 1) || (i > 0 && parents[0] !== commands[i - 1]!.id),
    );
    const { tornBytes, damage } = log.report;
    return {
      commands: commands.slice(1).map((command) => {
        const operation = decodeOperation(command.kind, command.fields);
        return nameOf(teamId, command.kind, "label" in operation ? operation.label : "");
      }),
      tornBytes,
      damage: damage && `${damage.bytes} bytes from ${damage.offset}`,
      fork: forked?.id,
    };
  } finally {
    log.close();
  }
}
