/**
 * Effects are true to the last word: who follows them knows what the facts say, and need ask only after a recall, which
 * does not say what it leaves behind.
 */
import { expect, test } from "vitest";
import { roleFromRank } from "../../src/base/roles.ts";
import type { Role } from "../../src/base/roles.ts";
import { devicesOf, isClosed, LABELS } from "../../src/policy/default/tables.ts";
import type { TeamEvent } from "../../src/team/events.ts";
import type { Team } from "../../src/team/team.ts";
import { generateGraph, Prng } from "./model/generate.ts";
import { admissible } from "./model/admission.ts";
import { delivery, newTeam, Translation } from "./model/translation.ts";

interface Known {
  commonName: string;
  role: Role;
  netIdentifier: string | undefined;
  labels: Set<string>;
}

/** What an application believes. */
interface View {
  readonly devices: Map<string, Known>;
  readonly labels: Set<string>;
  closed: boolean;
}

function asked(team: Team): View {
  return {
    devices: new Map(
      devicesOf(team.facts).map(({ deviceId, commonName, rank, netIdentifier, labels }) => [
        deviceId,
        { commonName, role: roleFromRank(rank)!, netIdentifier, labels: new Set(labels) },
      ]),
    ),
    labels: new Set([...team.facts.entries(LABELS)].map(([label]) => label)),
    closed: isClosed(team.facts),
  };
}

function follow(view: View, e: TeamEvent): void {
  // A device that is not there: what is said of it came before its removal, which is said again.
  const device = "deviceId" in e ? view.devices.get(e.deviceId) : undefined;
  switch (e.type) {
    case "deviceAdded": {
      const { commonName, role } = e;
      view.devices.set(e.deviceId, {
        netIdentifier: undefined,
        labels: new Set(),
        ...device,
        commonName,
        role,
      });
      break;
    }
    case "deviceRemoved":
      view.devices.delete(e.deviceId);
      break;
    case "roleChanged":
      if (device !== undefined) device.role = e.to;
      break;
    case "networkNameAssigned":
      if (device !== undefined) device.netIdentifier = e.netIdentifier;
      break;
    case "networkNameRevoked":
      if (device !== undefined) device.netIdentifier = undefined;
      break;
    case "labelCreated":
      view.labels.add(e.label);
      break;
    case "labelDeleted":
      view.labels.delete(e.label);
      for (const { labels } of view.devices.values()) labels.delete(e.label);
      break;
    case "labelAssigned":
      device?.labels.add(e.label);
      break;
    case "labelRevoked":
      device?.labels.delete(e.label);
      break;
    case "teamClosed":
      view.closed = true;
      break;
    case "commandRecalled":
    case "forked":
      break;
  }
}

test("[CLI-9] who follows the effects knows how it is, whatever order commands arrive in, and asks only after a recall", () => {
  const reached = { followed: 0, recalled: 0 };
  for (let seed = 1; seed <= Number(process.env["MODEL_GRAPHS"] ?? 200); seed++) {
    const graph = admissible(generateGraph(seed, { commandsMax: 18 }));
    const translation = new Translation(graph);
    const team = newTeam(translation);
    let view = asked(team);
    for (const c of delivery(graph, new Prng(seed))) {
      const { events } = team.admit([translation.commands.get(c.id)!.bytes]);
      const isRecalled = events.some((e) => e.type === "commandRecalled");
      if (isRecalled) view = asked(team);
      else for (const event of events) follow(view, event);
      reached[isRecalled ? "recalled" : "followed"]++;
      expect(view, `seed ${seed}: ${c.id}`).toEqual(asked(team));
    }
  }
  expect(reached.recalled).toBeGreaterThan(100);
  expect(reached.followed).toBeGreaterThan(1000);
});
