/** What a work directory has, read by the store itself. */
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
  return { deviceId: secrets && deviceKeysFrom(suite, secrets).deviceId, teams };
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
