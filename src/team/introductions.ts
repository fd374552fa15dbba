/**
 * Which commands made devices able to author, and with which keys: those whose authors had the power to (powers.ts). One may
 * sign AddDevices of one device without end, refused or not, and each command of that device would be looked for below all
 * of them: one on top of another that says the same is left out, for whoever has it in its past has that one as well.
 */
import { equalBytes, toHex } from "../base/bytes.ts";
import type { CommandId, DeviceId } from "../base/ids.ts";
import type { Command } from "../graph/command.ts";
import type { Policy } from "../policy/policy.ts";
import type { Introduction } from "./checked.ts";
import type { Powers } from "./powers.ts";

/** How many commands below one are searched: leaving out is for speed, and must not cost more than it saves. */
const NEAR = 64;

/** All of one device. There may be as many as somebody cared to sign: nobody goes through them for each command of the device. */
export interface Introduced {
  readonly byId: ReadonlyMap<CommandId, Introduction>;
  /** Graph indexes of them. */
  readonly indexes: ReadonlySet<number>;
  /** How many different keys they bring. */
  readonly keyCount: number;
}

const NOT_INTRODUCED: Introduced = { byId: new Map(), indexes: new Set(), keyCount: 0 };

export class Introductions {
  readonly #find: (id: CommandId) => Command | undefined;
  readonly #powers: Powers;
  readonly #indexOf: (id: CommandId) => number | undefined;
  readonly #byDevice = new Map<DeviceId, Known>();

  /** `find`: a command that was added before, introducing or not. `indexOf`: in the graph. */
  constructor(
    find: (id: CommandId) => Command | undefined,
    powers: Powers,
    indexOf: (id: CommandId) => number | undefined,
  ) {
    this.#find = find;
    this.#powers = powers;
    this.#indexOf = indexOf;
  }

  of(device: DeviceId): Introduced {
    return this.#byDevice.get(device) ?? NOT_INTRODUCED;
  }

  /** To be told of each command, parents first. */
  add(policy: Policy, command: Command): void {
    const hasPower = this.#powers.add(policy, command);
    const introduced = policy.introduces(command);
    if (introduced === undefined || !hasPower) return;
    const { deviceId, bundle } = introduced;
    const known = this.#byDevice.get(deviceId);
    const introduction = { id: command.id, signingKey: bundle.signingKey };
    if (known === undefined) this.#byDevice.set(deviceId, new Known(introduction, this.#indexOf(command.id)));
    else if (!this.#isRepeated(policy, command, deviceId, bundle.signingKey))
      known.add(introduction, this.#indexOf(command.id));
  }

  #isRepeated(policy: Policy, command: Command, device: DeviceId, signingKey: Uint8Array): boolean {
    const open = [...command.parents];
    for (let at = 0; at < open.length && at < NEAR; at++) {
      const above = this.#find(open[at]!);
      if (above === undefined) continue;
      // One without power introduces nobody: it stands in for none that does.
      const isLike = above.kind === command.kind && this.#powers.has(policy, above);
      const introduced = isLike ? policy.introduces(above) : undefined;
      if (introduced?.deviceId === device && equalBytes(introduced.bundle.signingKey, signingKey))
        return true;
      open.push(...above.parents);
    }
    return false;
  }
}

class Known implements Introduced {
  readonly byId = new Map<CommandId, Introduction>();
  readonly indexes = new Set<number>();
  readonly #keys = new Set<string>();

  constructor(first: Introduction, index: number | undefined) {
    this.add(first, index);
  }

  get keyCount(): number {
    return this.#keys.size;
  }

  add(introduction: Introduction, index: number | undefined): void {
    this.byId.set(introduction.id, introduction);
    this.#keys.add(toHex(introduction.signingKey));
    if (index !== undefined) this.indexes.add(index);
  }
}
