/**
 * A little world in one process: devices with keys from a seed, each with its own replica of one team over memory. They
 * act through `Actions` as applications do, or sign what they like (`forge`), and learn of each other's commands only
 * when told to (`pull`, `level`), in whatever order a test wants.
 */
import { utf8 } from "../../src/base/bytes.ts";
import type { CommandId, DeviceId, TeamId } from "../../src/base/ids.ts";
import { rank, roleFromRank } from "../../src/base/roles.ts";
import type { Role } from "../../src/base/roles.ts";
import type { KeyBundle } from "../../src/codec/key-bundle.ts";
import type { CipherSuite } from "../../src/crypto/cipher-suite.ts";
import { deviceKeysFrom } from "../../src/crypto/key-bundle.ts";
import type { DeviceKeys } from "../../src/crypto/key-bundle.ts";
import { nodeSuite } from "../../src/crypto/node.ts";
import { decodeCommand, signCommand } from "../../src/graph/command.ts";
import type { Command } from "../../src/graph/command.ts";
import { encodeFields } from "../../src/policy/default/operation.ts";
import type { Operation } from "../../src/policy/default/operation.ts";
import { defaultPolicy } from "../../src/policy/default/policy.ts";
import { deviceOf, rankOf } from "../../src/policy/default/tables.ts";
import type { Device } from "../../src/policy/default/tables.ts";
import type { Policy } from "../../src/policy/policy.ts";
import { MemoryStorage } from "../../src/store/memory-storage.ts";
import { Actions, createTeamCommand } from "../../src/team/actions.ts";
import { Team } from "../../src/team/team.ts";
import type { TeamOptions } from "../../src/team/team.ts";
import type { Allowance } from "../../src/graph/hearing.ts";
import type { Admitted } from "../../src/team/admitted.ts";

export interface WorldOptions {
  readonly seed?: string;
  readonly suite?: CipherSuite;
  readonly policies?: readonly Policy[];
  /** What one author may write, where it is not the standard. */
  readonly allowance?: Allowance;
  readonly undoMax?: number;
}

export function keysFromSeed(suite: CipherSuite, seed: string): DeviceKeys {
  const secret = (name: string): Uint8Array => suite.sha256(utf8(`${seed}/${name}`));
  return deviceKeysFrom(suite, {
    identitySecret: secret("identity"),
    signingSecret: secret("signing"),
    encryptionSecret: secret("encryption"),
  });
}

export interface ForgeOptions {
  /** The author's heads, unless told otherwise. */
  readonly parents?: readonly (Command | CommandId)[];
  /** The role claimed; the one the author holds, unless told otherwise. */
  readonly as?: Role;
}

/** One device and its replica of the team. */
export class WorldDevice {
  readonly keys: DeviceKeys;
  readonly storage = new MemoryStorage();
  readonly team: Team;
  readonly actions: Actions;
  readonly #suite: CipherSuite;
  readonly #options: Omit<TeamOptions, "storage">;

  constructor(options: Omit<TeamOptions, "storage">, keys: DeviceKeys) {
    this.#suite = options.suite;
    this.#options = options;
    this.keys = keys;
    this.team = new Team({ ...options, storage: this.storage });
    this.actions = new Actions(options.suite, keys, this.team);
  }

  get id(): DeviceId {
    return this.keys.deviceId;
  }

  get bundle(): KeyBundle {
    return this.keys.bundle;
  }

  get digest(): string {
    return Buffer.from(this.team.stateDigest()).toString("hex");
  }

  /** What this replica says of a device. */
  sees(device: WorldDevice | DeviceId): Device | undefined {
    return deviceOf(this.team.facts, typeof device === "string" ? device : device.id);
  }

  roleOf(device: WorldDevice | DeviceId): Role | undefined {
    const role = rankOf(this.team.facts, typeof device === "string" ? device : device.id);
    return role === undefined ? undefined : roleFromRank(role);
  }

  /** Every command held, in the order of arrival. */
  commands(): Command[] {
    const { source } = this.team;
    return Array.from({ length: source.size }, (_, i) => decodeCommand(this.#suite, source.bytesAt(i)));
  }

  /** The head of a replica that has one. */
  head(): CommandId {
    const heads = this.team.heads();
    if (heads.length !== 1) throw new Error(`${heads.length} heads`);
    return heads[0]!;
  }

  /** Takes what the other one holds. */
  pull(from: WorldDevice): Admitted {
    const { source } = from.team;
    const missing: Uint8Array[] = [];
    for (let i = 0; i < source.size; i++) {
      if (this.team.source.indexOf(source.idAt(i)) === undefined) missing.push(source.bytesAt(i));
    }
    return this.team.admit(missing);
  }

  /** A command as this device would sign it if its software were its own; it goes nowhere yet. */
  forge(op: Operation, { parents, as }: ForgeOptions = {}): Command {
    return signCommand(this.#suite, this.keys.signingSecret, {
      scope: this.team.teamId,
      author: this.id,
      parents: (parents ?? this.team.heads()).map((parent) =>
        typeof parent === "string" ? parent : parent.id,
      ),
      kind: op.kind,
      role: as === undefined ? (rankOf(this.team.facts, this.id) ?? 0) : rank(as),
      fields: encodeFields(op),
    });
  }

  take(...commands: readonly Command[]): Admitted {
    return this.team.admit(commands.map((command) => command.bytes));
  }

  /** Signs and keeps it, asking nobody. */
  insist(op: Operation, options: ForgeOptions = {}): Command {
    const command = this.forge(op, options);
    this.take(command);
    return command;
  }

  counts(command: Command): boolean {
    if (this.team.source.indexOf(command.id) === undefined) throw new Error("not held");
    return this.team.rejectionOf(command.id) === undefined;
  }

  /** Another process, with the same keys and nothing of the team. */
  blank(): WorldDevice {
    return new WorldDevice(this.#options, this.keys);
  }

  /** Another process over a copy of this replica's log. */
  copy(): WorldDevice {
    const twin = this.blank();
    twin.pull(this);
    return twin;
  }

  /** The same log, opened again. */
  reopened(): Team {
    return new Team({ ...this.#options, storage: this.storage });
  }
}

export class World {
  readonly suite: CipherSuite;
  readonly teamId: TeamId;
  /** The first founded the team; the others are strangers until somebody adds them. */
  readonly devices: readonly WorldDevice[];
  readonly policies: readonly Policy[];

  constructor(count: number, options: WorldOptions = {}) {
    const { seed = "world", suite = nodeSuite(), policies = [defaultPolicy], allowance, undoMax } = options;
    this.suite = suite;
    this.policies = policies;
    const keys = Array.from({ length: count }, (_, i) => keysFromSeed(suite, `${seed}/${i}`));
    const init = createTeamCommand(suite, keys[0]!, suite.sha256(utf8(`${seed}/nonce`)));
    this.teamId = init.teamId;
    const teamOptions = {
      suite,
      teamId: this.teamId,
      policies,
      ...(allowance && { allowance }),
      ...(undoMax !== undefined && { undoMax }),
    };
    this.devices = keys.map((own) => new WorldDevice(teamOptions, own));
    this.devices[0]!.take(init);
  }

  /** Everybody learns what anybody holds. */
  level(...devices: readonly WorldDevice[]): void {
    const all = devices.length === 0 ? this.devices : devices;
    const hub = all[0]!;
    for (const device of all) if (device !== hub) hub.pull(device);
    for (const device of all) if (device !== hub) device.pull(hub);
  }

  /** A replica that belongs to nobody. */
  observer(): WorldDevice {
    return this.devices[0]!.blank();
  }
}

/**
 * A team whose devices have these roles, everybody level; the first is the founder, an owner. `strangers` more devices
 * exist and are not on the team.
 */
export function teamOf(roles: readonly Role[], strangers = 0, options: WorldOptions = {}): World {
  const world = new World(roles.length + strangers, options);
  const founder = world.devices[0]!;
  for (const [i, role] of roles.entries()) {
    if (i === 0) continue;
    founder.actions.addDevice(world.devices[i]!.bundle, `device ${i}`);
    if (role !== "sync") founder.actions.assignRole(world.devices[i]!.id, role);
  }
  world.level(...world.devices.slice(0, roles.length));
  return world;
}

/** Counts signature checks from now on. */
export function countVerifications(suite: CipherSuite): () => number {
  let count = 0;
  const verify = suite.ed25519Verify.bind(suite);
  suite.ed25519Verify = (...args) => {
    count++;
    return verify(...args);
  };
  return () => count;
}

/**
 * What the base and these branches come to, each branch parents first, its fork point in the base: replicas that get
 * them in every order, and one that gets all at once, must agree. Returns one of those.
 */
export function merge(base: WorldDevice, ...branches: readonly (readonly Command[])[]): WorldDevice {
  const orders = permutations(branches);
  const replicas = orders.map((order) => {
    const replica = base.copy();
    for (const branch of order) replica.take(...branch);
    return replica;
  });
  const atOnce = base.copy();
  atOnce.take(...branches.flat());
  for (const replica of replicas) {
    if (replica.digest !== atOnce.digest) throw new Error("the order of arrival matters");
    for (const command of atOnce.commands()) {
      if (replica.counts(command) !== atOnce.counts(command)) throw new Error("the order of arrival matters");
    }
  }
  return replicas[0]!;
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) =>
    permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
  );
}

/** A chain of commands by one device, from a point of the past. */
export function fork(
  device: WorldDevice,
  from: Command | CommandId,
  as: Role,
  ...ops: readonly Operation[]
): Command[] {
  let parent = from;
  return ops.map((op) => {
    const command = device.forge(op, { parents: [parent], as });
    parent = command;
    return command;
  });
}

/** Operations, short. */
export const op = {
  close: (): Operation => ({ kind: "CloseTeam" }),
  add: (device: WorldDevice, commonName = "added"): Operation => ({
    kind: "AddDevice",
    target: device.id,
    bundle: device.bundle,
    commonName,
  }),
  remove: (device: WorldDevice): Operation => ({ kind: "RemoveDevice", target: device.id }),
  raise: (device: WorldDevice, role: Role): Operation => ({
    kind: "AssignRole",
    target: device.id,
    role,
    direction: "raise",
  }),
  lower: (device: WorldDevice, role: Role): Operation => ({
    kind: "AssignRole",
    target: device.id,
    role,
    direction: "lower",
  }),
  revoke: (device: WorldDevice, role: Role): Operation => ({ kind: "RevokeRole", target: device.id, role }),
  name: (device: WorldDevice, netIdentifier: string): Operation => ({
    kind: "AssignNetworkName",
    target: device.id,
    netIdentifier,
  }),
  unname: (device: WorldDevice, netIdentifier: string): Operation => ({
    kind: "RevokeNetworkName",
    target: device.id,
    netIdentifier,
  }),
  createLabel: (label: string): Operation => ({ kind: "CreateLabel", label }),
  deleteLabel: (label: string): Operation => ({ kind: "DeleteLabel", label }),
  label: (device: WorldDevice, label: string): Operation => ({
    kind: "AssignLabel",
    target: device.id,
    label,
  }),
  unlabel: (device: WorldDevice, label: string): Operation => ({
    kind: "RevokeLabel",
    target: device.id,
    label,
  }),
} as const;

/** A new team whose first command is `init`, taken in as from a peer. */
export function foundedBy(
  options: Omit<ConstructorParameters<typeof Team>[0], "teamId">,
  init: Command,
): Team {
  const team = new Team({ ...options, teamId: init.teamId });
  team.admit([init.bytes]);
  return team;
}
