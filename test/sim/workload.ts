/** What members do: honest ones through the product's actions, dishonest ones by hand. */
import { LIMITS } from "../../src/base/limits.ts";
import type { CommandId } from "../../src/base/ids.ts";
import { ROLES } from "../../src/base/roles.ts";
import type { Role } from "../../src/base/roles.ts";
import type { Operation } from "../../src/policy/default/operation.ts";
import { deviceOf } from "../../src/policy/default/tables.ts";
import type { Acted, Actions } from "../../src/team/actions.ts";
import type { Team } from "../../src/team/team.ts";
import type { Prng } from "../property/model/generate.ts";
import type { Liar } from "./liar.ts";
import type { Simulation } from "./simulation.ts";

const LABELS = ["alpha", "beta", "gamma"];
const NAMES = ["10.0.0.1", "10.0.0.2", "pump.example"];
const GIVEN: readonly Exclude<Role, "sync">[] = ["user", "operator", "admin", "owner"];
const FLOOD = 12;
const FAN = 10;
/** More than one device may write beside its longest chain, and be heard. */
const STORM = LIMITS.forkedCommandsMax + 20;

/** An application's wish, made of what its device sees; half the time it makes no sense. */
export function wish(sim: Simulation, team: Team, rng: Prng): (actions: Actions) => Acted {
  const subject = rng.pick(sim.members);
  const label = rng.pick(LABELS);
  const name = rng.pick(NAMES);
  const seen = team.isSynced ? deviceOf(team.facts, subject.id) : undefined;
  const kind = rng.between(0, 99);
  const held = ROLES.find((_, rank) => rank === seen?.rank) ?? "user";
  if (kind < 1) return (a) => (rng.chance(0.3) ? a.closeTeam() : a.createLabel(label));
  if (kind < 18) return (a) => a.addDevice(subject.keys.bundle, `device ${subject.index}`);
  if (kind < 26) return (a) => a.removeDevice(subject.id);
  if (kind < 50) return (a) => a.assignRole(subject.id, rng.pick(GIVEN));
  if (kind < 57) return (a) => a.revokeRole(subject.id, held);
  if (kind < 68) return (a) => a.createLabel(label);
  if (kind < 72) return (a) => a.deleteLabel(label);
  if (kind < 82) return (a) => a.assignLabel(subject.id, label);
  if (kind < 86) return (a) => a.revokeLabel(subject.id, seen?.labels[0] ?? label);
  if (kind < 96) return (a) => a.assignNetworkName(subject.id, name);
  return (a) => a.revokeNetworkName(subject.id, seen?.netIdentifier ?? name);
}

/** Something a member might sign, whether it may or not. */
function anything(sim: Simulation, rng: Prng): Operation {
  const { id: target, keys } = rng.pick(sim.members);
  const [label, netIdentifier] = [rng.pick(LABELS), rng.pick(NAMES)];
  const role = rng.pick(GIVEN);
  const operations: readonly Operation[] = [
    { kind: "AddDevice", target, bundle: keys.bundle, commonName: "once more" },
    { kind: "RemoveDevice", target },
    { kind: "RemoveDevice", target },
    { kind: "AssignRole", target, role, direction: "raise" },
    { kind: "AssignRole", target, role, direction: "raise" },
    { kind: "AssignRole", target, role, direction: "lower" },
    { kind: "RevokeRole", target, role },
    { kind: "AssignNetworkName", target, netIdentifier },
    { kind: "CreateLabel", label },
    { kind: "DeleteLabel", label },
    { kind: "AssignLabel", target, label },
  ];
  return rng.chance(0.01) ? { kind: "CloseTeam" } : rng.pick(operations);
}

/** Command ids of a face from anywhere in its past. */
function somewhere(face: Team, rng: Prng): CommandId {
  return face.source.idAt(rng.between(0, face.source.size - 1));
}

type Malice = (sim: Simulation, liar: Liar, rng: Prng) => void;

/** Each by its name in the tally. */
export const MALICE: Readonly<Record<string, Malice>> = {
  /** On top of a point long past, in the role it had or would like to have had. */
  "malice: backdating": (sim, liar, rng) => {
    const role = rng.chance(0.7) ? liar.role(liar.face(0)) : rng.between(0, 4);
    liar.insist(liar.faces, anything(sim, rng), [somewhere(liar.face(0), rng)], role);
  },
  /** Two commands on the same past, one for some to see, one for the others. */
  "malice: equivocation": (sim, liar, rng) => {
    for (const face of liar.faces) {
      liar.insist([face], anything(sim, rng), face.heads().slice(0, 3), liar.role(face));
    }
  },
  /** Accomplices raise each other, each building on what only they know. */
  "malice: collusion": (sim, liar, rng) => {
    const other = rng.pick(sim.liars);
    const face = liar.face(0);
    liar.learn(face, other.face(0));
    const role = rng.pick(GIVEN);
    const raise: Operation = { kind: "AssignRole", target: other.id, role, direction: "raise" };
    liar.insist(liar.faces, raise, face.heads().slice(0, 5), liar.role(face));
    other.learn(other.face(0), face);
    const heads = other.face(0).heads().slice(0, 5);
    other.insist(other.faces, anything(sim, rng), heads, other.role(other.face(0)));
  },
  /** Well-formed, signed, and refused by everybody. */
  "malice: flood": (_sim, liar, rng) => {
    const face = liar.face(0);
    for (let i = 0; i < FLOOD; i++) {
      const label = `flood ${rng.between(0, 1e9)}`;
      liar.insist(liar.faces, { kind: "DeleteLabel", label }, face.heads().slice(0, 1), rng.between(0, 4));
    }
  },
  "malice: many heads": (sim, liar, rng) => {
    const parent = somewhere(liar.face(0), rng);
    for (let i = 0; i < FAN; i++) {
      const op: Operation = rng.chance(0.8) ? { kind: "CreateLabel", label: `fan ${i}` } : anything(sim, rng);
      liar.insist(liar.faces, op, [parent], liar.role(liar.face(0)));
    }
  },
  /** Forks without end, some of them for one face only: who does that is heard no more by itself. */
  "malice: storm": (_sim, liar, rng) => {
    if (rng.chance(0.7)) return;
    const parent = somewhere(liar.face(0), rng);
    for (let i = 0; i < STORM; i++) {
      const faces = rng.chance(0.5) ? liar.faces : [liar.face(0)];
      const op: Operation = { kind: "CreateLabel", label: `storm ${rng.between(0, 1e9)}` };
      liar.insist(faces, op, [parent], liar.role(liar.face(0)));
    }
  },
  /** Parents that are each other's ancestors, or that nobody has, or more than a command can have. */
  "malice: wrong parents": (sim, liar, rng) => {
    const face = liar.face(0);
    const parents = Array.from({ length: rng.between(2, 8) }, () => somewhere(face, rng));
    liar.insist(liar.faces, anything(sim, rng), parents, liar.role(face));
    const all = Array.from({ length: face.source.size }, (_, i) => face.source.idAt(i));
    liar.insist(liar.faces, anything(sim, rng), all.slice(0, 60), liar.role(face));
  },
  /** Says it acts in a role it does not have. */
  "malice: false claim": (sim, liar, rng) => {
    const face = liar.face(1);
    liar.insist(liar.faces, anything(sim, rng), face.heads().slice(0, 4), rng.between(0, 4));
  },
};
