/** A device that adds others introduces a sock puppet: one identity, as many signing keys as it likes. */
import { expect, test } from "vitest";
import { utf8 } from "../../../src/base/bytes.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import type { DeviceKeys } from "../../../src/crypto/key-bundle.ts";
import { deviceKeysFrom } from "../../../src/crypto/key-bundle.ts";
import { signCommand } from "../../../src/graph/command.ts";
import type { Command } from "../../../src/graph/command.ts";
import { encodeFields } from "../../../src/policy/default/operation.ts";
import { countVerifications, op, teamOf } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

const { devices, suite } = teamOf(["owner", "operator"]);
const [owner, insider] = devices as [WorldDevice, WorldDevice];

const secret = (name: string): Uint8Array => suite.sha256(utf8(name));
const PUPPETS = Array.from({ length: 20 }, (_, i) =>
  deviceKeysFrom(suite, {
    identitySecret: secret("puppet"),
    signingSecret: secret(`signing ${i}`),
    encryptionSecret: secret(`encryption ${i}`),
  }),
);

function introduce(puppet: DeviceKeys, parent: Command | undefined): Command {
  const add = { kind: "AddDevice", target: puppet.deviceId, bundle: puppet.bundle, commonName: "p" } as const;
  return insider.forge(add, { parents: [parent ?? insider.head()], as: "operator" });
}

function say(puppet: DeviceKeys, label: string, parents: readonly Command[]): Command {
  const create = op.createLabel(label);
  return signCommand(suite, puppet.signingSecret, {
    scope: owner.team.teamId,
    author: puppet.deviceId,
    parents: parents.map(({ id }) => id),
    kind: create.kind,
    role: 0,
    fields: encodeFields(create),
  });
}

const tooMany = expect.objectContaining({ code: "too-many-keys" }) as Error;

test("[SYN-8] of one device's signing keys no more than a few are ever tried", () => {
  const chain: Command[] = [];
  for (const puppet of PUPPETS) chain.push(introduce(puppet, chain.at(-1)));
  const replica = owner.copy();
  replica.take(...chain);
  const checked = countVerifications(suite);
  expect(() => replica.take(say(PUPPETS.at(-1)!, "late", [chain.at(-1)!]))).toThrow(tooMany);
  expect(checked()).toBe(0);
  // Each by itself: on top of the first ones alone it is as good as any.
  const few = chain[LIMITS.signingKeysPerDeviceMax - 1]!;
  for (const [i, puppet] of PUPPETS.slice(0, LIMITS.signingKeysPerDeviceMax).entries()) {
    const good = say(puppet, `early ${i}`, [few]);
    const before = checked();
    replica.take(good);
    expect(checked() - before).toBeGreaterThanOrEqual(1);
    expect(checked() - before).toBeLessThanOrEqual(LIMITS.signingKeysPerDeviceMax);
    expect(replica.counts(good)).toBe(false);
  }
});

test("[SYN-8] and all replicas agree on which commands that keeps out, however the introductions came in", () => {
  const forks = PUPPETS.slice(0, 6).map((puppet) => introduce(puppet, undefined));
  const merged = say(PUPPETS[0]!, "merged", forks);
  const own = forks.map((fork, i) => say(PUPPETS[i]!, `own ${i}`, [fork]));
  const orders = [forks, [...forks].reverse(), [...forks.slice(3), ...forks.slice(0, 3)]];
  for (const order of orders) {
    const replica = owner.copy();
    replica.take(...order);
    for (const command of own) replica.take(command);
    expect(() => replica.take(merged)).toThrow(tooMany);
    const atOnce = owner.copy();
    expect(() => atOnce.take(...order, ...own, merged)).toThrow(tooMany);
    atOnce.take(...order, ...own);
    expect(atOnce.digest).toBe(replica.digest);
  }
});
