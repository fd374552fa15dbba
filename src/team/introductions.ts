/**
 * Which commands made devices able to author, and with which keys: those whose authors had the power to (powers.ts). One may
 * sign AddDevices of one device without end, refused or not, and each command of that device would be looked for below all
 * of them: one on top of another that says the same is left out, for whoever has it in its past has that one as well.
 */
import { equalBytes } from "../base/bytes.ts";
import type { CommandId, DeviceId } from "../base/ids.ts";
import type { Command } from "../graph/command.ts";
import type { Policy } from "../policy/policy.ts";
import type { Introduction } from "./checked.ts";
import type { Powers } from "./powers.ts";

/** How many commands below one are searched: leaving out is for speed, and must not cost more than it saves. */
const NEAR = 64;

export class Introductions {
  readonly #find: (id: CommandId) => Command | undefined;
  readonly #powers: Powers;
  readonly #byDevice = new Map<DeviceId, Introduction[]>();

  /** `find`: a command that was added before, introducing or not. */
  constructor(find: (id: CommandId) => Command | undefined, powers: Powers) {
    this.#find = find;
    this.#powers = powers;
  }

  of(device: DeviceId): readonly Introduction[] {
    return this.#byDevice.get(device) ?? [];
  }

  /** To be told of each command, parents first. */
  add(policy: Policy, command: Command): void {
    const hasPower = this.#powers.add(policy, command);
    const introduced = policy.introduces(command);
    if (introduced === undefined || !hasPower) return;
    const { deviceId, bundle } = introduced;
    const known = this.#byDevice.get(deviceId);
    const introduction = { id: command.id, signingKey: bundle.signingKey };
    if (known === undefined) this.#byDevice.set(deviceId, [introduction]);
    else if (!this.#isRepeated(policy, command, deviceId, bundle.signingKey)) known.push(introduction);
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
