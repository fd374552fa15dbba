/** A team of 0.1.0: what its commands come to is part of its policy's id, for all releases that know it. */
import { expect, test } from "vitest";
import { toHex } from "../../../src/base/bytes.ts";
import { nobleSuite } from "../../../src/crypto/noble.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { decodeCommand } from "../../../src/graph/command.ts";
import { DEFAULT_POLICY_ID, defaultPolicy } from "../../../src/policy/default/policy.ts";
import { MATRIX } from "../../../src/policy/default/matrix.ts";
import { devicesOf, isClosed } from "../../../src/policy/default/tables.ts";
import { MemoryStorage } from "../../../src/store/memory-storage.ts";
import { Team } from "../../../src/team/team.ts";
import { hex, vectors } from "../../support/vectors.ts";

interface Vectors {
  readonly commands: readonly { kind: string; refused: string | null; bytes: string }[];
  readonly devices: readonly {
    deviceId: string;
    commonName: string;
    rank: number;
    netIdentifier: string | null;
    labels: string[];
  }[];
  readonly stateDigest: string;
}

const { commands, devices, stateDigest } = vectors<Vectors>("team-0.1.0.json");
const all = commands.map(({ bytes }) => hex(bytes));

test("every kind of command is among them, accepted and refused", () => {
  const kinds = [...new Set(Object.keys(MATRIX).map((row) => row.split(" ")[0]!))];
  expect(kinds).toHaveLength(11);
  for (const kind of kinds) {
    const verdicts = commands.filter((c) => c.kind === kind).map(({ refused }) => refused === null);
    expect(new Set(verdicts), kind).toEqual(new Set([true, false]));
  }
});

test.each([nodeSuite(), nobleSuite()])("[SYS-9, SYN-4] they come to the same with $name", (suite) => {
  const { teamId } = decodeCommand(suite, all[0]!);
  for (const size of [all.length, 1, 7]) {
    const team = new Team({ suite, teamId, storage: new MemoryStorage(), policies: [defaultPolicy] });
    for (let at = 0; at < all.length; at += size) team.admit(all.slice(at, at + size));
    expect(team.policyId).toBe(DEFAULT_POLICY_ID);
    const came = all.map((bytes) => team.rejectionOf(decodeCommand(suite, bytes).id)?.code ?? null);
    expect(came).toEqual(commands.map(({ refused }) => refused));
    expect(isClosed(team.facts)).toBe(true);
    const shown = devicesOf(team.facts).map(
      ({ deviceId, commonName, rank, netIdentifier = null, labels }) => {
        return { deviceId, commonName, rank, netIdentifier, labels };
      },
    );
    const byId = <T extends { deviceId: string }>(list: readonly T[]): T[] =>
      [...list].sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
    expect(byId(shown)).toEqual(byId(devices));
    expect(toHex(team.stateDigest())).toBe(stateDigest);
  }
});
