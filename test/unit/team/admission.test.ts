/** What gets into a graph: signatures and form for real, with the product's own cipher suite. */
import { describe, expect, test } from "vitest";
import { concat } from "../../../src/base/bytes.ts";
import { DecodeError } from "../../../src/base/errors.ts";
import { DOMAIN } from "../../../src/crypto/domain.ts";
import { deviceIdOf } from "../../../src/crypto/key-bundle.ts";
import type { KeyBundle } from "../../../src/codec/key-bundle.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { signCommand } from "../../../src/graph/command.ts";
import type { Command } from "../../../src/graph/command.ts";
import { defaultPolicy } from "../../../src/policy/default/policy.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { encodeFields } from "../../../src/policy/default/operation.ts";
import { MemoryStorage } from "../../../src/store/memory-storage.ts";
import { createTeamCommand } from "../../../src/team/actions.ts";
import { Team } from "../../../src/team/team.ts";
import { fork, foundedBy, keysFromSeed, op, teamOf, World } from "../../support/world.ts";
import type { WorldDevice } from "../../support/world.ts";

const suite = nodeSuite();

/** Refused with this code, and nothing of the batch taken. */
function refuses(device: WorldDevice, code: string, ...batch: readonly (Command | Uint8Array)[]): void {
  const before = [device.team.commandCount, device.digest, device.team.heads()];
  let thrown: unknown;
  try {
    device.team.admit(batch.map((each) => (each instanceof Uint8Array ? each : each.bytes)));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(DecodeError);
  expect((thrown as DecodeError).code).toBe(code);
  expect([device.team.commandCount, device.digest, device.team.heads()]).toEqual(before);
  expect(device.reopened().commandCount).toBe(before[0]);
}

function team(): { owner: WorldDevice; user: WorldDevice; stranger: WorldDevice; other: WorldDevice } {
  const world = teamOf(["owner", "user"], 2);
  const [owner, user, stranger, other] = world.devices as [
    WorldDevice,
    WorldDevice,
    WorldDevice,
    WorldDevice,
  ];
  return { owner, user, stranger, other };
}

describe("[SYN-4] a batch is taken whole or not at all", () => {
  test("a signature that does not hold", () => {
    const { owner, user } = team();
    const good = owner.forge(op.createLabel("good"));
    for (const at of [0, 31, 32, 63]) {
      const bytes = owner.forge(op.createLabel("bad")).bytes.slice();
      bytes[at]! ^= 1;
      refuses(owner, "bad-signature", good, bytes);
    }
    // By a member, in another's name.
    const body = {
      scope: owner.team.teamId,
      parents: owner.team.heads(),
      kind: "CloseTeam",
      role: 4,
      fields: [],
    };
    refuses(
      owner,
      "bad-signature",
      signCommand(suite, user.keys.signingSecret, { ...body, author: owner.id }),
    );
    // By the identity key, which signs bundles and handshakes but no commands.
    refuses(
      owner,
      "bad-signature",
      signCommand(suite, owner.keys.identitySecret, { ...body, author: owner.id }),
    );
  });

  test("a signature of the same payload for another purpose", () => {
    const { owner } = team();
    const command = owner.forge(op.createLabel("x"));
    const payload = command.bytes.subarray(64);
    for (const domain of [new Uint8Array(0), DOMAIN.keyBundle, DOMAIN.commandId]) {
      const signature = suite.ed25519Sign(owner.keys.signingSecret, concat(domain, payload));
      refuses(owner, "bad-signature", concat(signature, payload));
    }
  });

  test("an author nobody introduced, or not in the command's past", () => {
    const { owner, stranger } = team();
    const root = owner.head();
    refuses(owner, "unknown-author", stranger.forge(op.createLabel("x"), { parents: [root], as: "owner" }));
    const add = owner.forge(op.add(stranger));
    // Introduced, but on another branch than this one.
    refuses(
      owner,
      "unknown-author",
      add,
      stranger.forge(op.createLabel("x"), { parents: [root], as: "sync" }),
    );
    expect(
      owner.take(add, stranger.forge(op.remove(stranger), { parents: [add], as: "sync" })).accepted,
    ).toBe(2);
    refuses(owner, "unknown-author", stranger.forge(op.createLabel("x"), { parents: [root], as: "sync" }));
  });

  test("a command whose parents are not here, or come after it", () => {
    const { owner } = team();
    const first = owner.forge(op.createLabel("first"));
    const second = owner.forge(op.createLabel("second"), { parents: [first] });
    refuses(owner, "unknown-parent", second);
    refuses(owner, "unknown-parent", second, first);
    expect(owner.take(first, second).accepted).toBe(2);
  });

  test("a command of another team, or the same team's twice", () => {
    const { owner } = team();
    const elsewhere = new World(1, { seed: "elsewhere" });
    refuses(owner, "other-team", elsewhere.devices[0]!.commands()[0]!);
    const foreign = signCommand(suite, owner.keys.signingSecret, {
      scope: elsewhere.teamId,
      author: owner.id,
      parents: owner.team.heads(),
      kind: "CloseTeam",
      role: 4,
      fields: [],
    });
    refuses(owner, "other-team", foreign);
    const command = owner.forge(op.createLabel("once"));
    expect(owner.take(command, command)).toMatchObject({ added: 1, accepted: 1 });
    expect(owner.take(command)).toMatchObject({ added: 0, accepted: 0, recalled: 0, events: [] });
  });

  test("kinds and fields the policy does not know are not skipped", () => {
    const { owner } = team();
    const sign = (kind: string, ...fields: Command["fields"]): Command =>
      signCommand(suite, owner.keys.signingSecret, {
        scope: owner.team.teamId,
        author: owner.id,
        parents: owner.team.heads(),
        kind,
        role: 4,
        fields,
      });
    refuses(owner, "unknown-kind", sign("Promote"));
    refuses(
      owner,
      "bad-kind",
      sign("CreateTeam", ...encodeFields({ kind: "CreateTeam", bundle: owner.bundle, commonName: "x" })),
    );
    refuses(owner, "bad-fields", sign("CloseTeam", 1));
    refuses(owner, "bad-fields", sign("CreateLabel"));
    refuses(owner, "bad-fields", sign("CreateLabel", "a", "b"));
    refuses(owner, "bad-fields", sign("CreateLabel", " a"));
  });
});

describe("[SYN-4] a team proves itself", () => {
  test("only its own first command starts it", () => {
    const world = new World(2);
    const [founder, other] = world.devices as [WorldDevice, WorldDevice];
    refuses(other, "no-init", founder.forge(op.createLabel("x")));
    const [init] = founder.commands();
    const bytes = init!.bytes.slice();
    bytes[0]! ^= 1;
    refuses(other, "bad-signature", bytes);
    const usurper = createTeamCommand(suite, other.keys, new Uint8Array(32));
    refuses(other, "other-team", usurper);
    other.take(init!);
    expect(other.digest).toBe(founder.digest);
  });

  test("a founder signs with the key of its own bundle, and owns what it founds", () => {
    const world = new World(2);
    const [founder, other] = world.devices as [WorldDevice, WorldDevice];
    const found = (bundle: KeyBundle, author = founder, role = 4): (() => Team) => {
      const init = signCommand(suite, founder.keys.signingSecret, {
        scope: { nonce: new Uint8Array(32), policyId: "aranya-edge/default/1" },
        author: author.id,
        parents: [],
        kind: "CreateTeam",
        role,
        fields: encodeFields({ kind: "CreateTeam", bundle, commonName: "x" }),
      });
      const options = { suite, storage: new MemoryStorage(), policies: world.policies };
      return () => foundedBy(options, init);
    };
    expect(found(founder.bundle)().commandCount).toBe(1);
    expect(found(other.bundle)).toThrow(expect.objectContaining({ code: "bad-key-bundle" }));
    expect(found(other.bundle, other)).toThrow(expect.objectContaining({ code: "bad-signature" }));
    expect(found(founder.bundle, founder, 3)).toThrow(expect.objectContaining({ code: "bad-role" }));
  });
});

describe("an AddDevice", () => {
  const keys = keysFromSeed(suite, "newcomer");

  function add(
    device: WorldDevice,
    bundle: KeyBundle,
    target = deviceIdOf(suite, bundle.identityKey),
  ): Command {
    return device.forge({ kind: "AddDevice", target, bundle, commonName: "newcomer" });
  }

  /** Signed by the newcomer itself: only the keys are wrong. */
  function signed(change: Partial<KeyBundle>): KeyBundle {
    const b = { ...keys.bundle, ...change };
    const part = concat(DOMAIN.keyBundle, b.identityKey, b.signingKey, b.encryptionKey);
    return { ...b, signature: suite.ed25519Sign(keys.identitySecret, part) };
  }

  test("names the device its identity key is, in a bundle that key signed", () => {
    const { owner, user } = team();
    refuses(owner, "bad-key-bundle", add(owner, keys.bundle, user.id));
    refuses(owner, "bad-key-bundle", add(owner, { ...keys.bundle, signature: new Uint8Array(64) }));
    // Another's signing key slipped in on the way.
    refuses(owner, "bad-key-bundle", add(owner, { ...keys.bundle, signingKey: user.bundle.signingKey }));
    expect(owner.take(add(owner, signed({}))).accepted).toBe(1);
  });

  test("with unsound keys is refused before it is anywhere", () => {
    const { owner } = team();
    const low = new Uint8Array(32);
    const one = Uint8Array.of(1, ...new Uint8Array(31));
    const notCanonical = new Uint8Array(32).fill(0xff);
    for (const bad of [low, one, notCanonical]) {
      refuses(owner, "bad-key-bundle", add(owner, signed({ signingKey: bad })));
      refuses(owner, "bad-key-bundle", add(owner, signed({ encryptionKey: bad })));
      refuses(owner, "bad-key-bundle", add(owner, { ...keys.bundle, identityKey: bad }));
    }
    refuses(owner, "bad-key-bundle", add(owner, signed({ signingKey: keys.bundle.identityKey })));
  });

  test("with a key that another device brought is refused, even after that one is gone", () => {
    const { owner, user, stranger } = team();
    for (const change of [
      { signingKey: user.bundle.signingKey },
      { encryptionKey: user.bundle.encryptionKey },
      { signingKey: owner.bundle.identityKey },
    ]) {
      const before = owner.digest;
      const command = add(owner, signed(change));
      owner.take(command);
      expect(owner.team.rejectionOf(command.id)?.code).toBe("DeviceExists");
      expect(owner.digest).toBe(before);
      expect(() => owner.actions.addDevice(signed(change), "x")).toThrow(
        expect.objectContaining({ code: "DeviceExists" }),
      );
    }
    owner.actions.removeDevice(user.id);
    const command = add(owner, signed({ signingKey: user.bundle.signingKey }));
    owner.take(command);
    expect(owner.counts(command)).toBe(false);
    // The device itself may come back, with the keys it had.
    expect(owner.actions.addDevice(user.bundle, "again").changed).toBe(true);
    expect(stranger.id).not.toBe(user.id);
  });

  test("of a device that changed its signing key: each command under the key of an AddDevice in its past", () => {
    const { owner } = team();
    const again = keysFromSeed(suite, "newcomer's second signing key");
    const second = signed({ signingKey: suite.ed25519PublicKey(again.signingSecret) });
    const first = add(owner, keys.bundle);
    owner.take(first);
    owner.actions.removeDevice(keys.deviceId);
    owner.actions.addDevice(second, "newcomer");
    const body = {
      scope: owner.team.teamId,
      author: keys.deviceId,
      kind: "RemoveDevice",
      role: 0,
      fields: encodeFields({ kind: "RemoveDevice", target: keys.deviceId }),
    };
    const onTop = { ...body, parents: owner.team.heads() };
    const early = { ...body, parents: [first.id] };
    refuses(owner, "bad-signature", signCommand(suite, again.signingSecret, early));
    expect(owner.team.admit([signCommand(suite, again.signingSecret, onTop).bytes]).accepted).toBe(1);
  });
});

test("the twin of a command, the same payload signed otherwise, is the same command", () => {
  const { owner } = team();
  const command = owner.insist(op.createLabel("x"));
  const twin = command.bytes.slice();
  twin[0]! ^= 1;
  expect(owner.team.admit([twin])).toMatchObject({ added: 0 });
  expect(owner.reopened().commandCount).toBe(owner.team.commandCount);
});

test("a storage that fails leaves team and log as they were", () => {
  const { owner } = team();
  const before = [owner.team.commandCount, owner.digest];
  const append = owner.storage.append.bind(owner.storage);
  owner.storage.append = () => {
    throw new Error("disk full");
  };
  expect(() => owner.actions.createLabel("x")).toThrow("disk full");
  expect([owner.team.commandCount, owner.digest]).toEqual(before);
  owner.storage.append = append;
  expect(owner.actions.createLabel("x").changed).toBe(true);
});

test("a log opened again comes to the same, in whatever order it was received", () => {
  const { owner, user, stranger } = team();
  const root = owner.head();
  const left = fork(owner, root, "owner", op.createLabel("a"), op.add(stranger), op.raise(user, "operator"));
  const right = fork(owner, root, "owner", op.remove(user), op.createLabel("a"));
  for (const chain of [left, right]) owner.take(...chain);
  const opened = owner.reopened();
  expect(Buffer.from(opened.stateDigest()).toString("hex")).toBe(owner.digest);
  expect(opened.heads()).toEqual(owner.team.heads());
  for (const { id } of owner.commands()) expect(opened.rejectionOf(id)).toEqual(owner.team.rejectionOf(id));
});

test("a log that is not this team's, or no log of commands, does not open", () => {
  const { owner } = team();
  const elsewhere = new World(1, { seed: "elsewhere" }).devices[0]!;
  const open = (policies: readonly Policy[], ...records: Uint8Array[]): (() => Team) => {
    const storage = new MemoryStorage();
    storage.load();
    storage.append(records);
    return () => new Team({ suite, teamId: owner.team.teamId, storage, policies });
  };
  const known = [defaultPolicy];
  const [init, second, third] = owner.commands() as [Command, Command, Command];
  const foreign = elsewhere.commands()[0]!;
  expect(open(known, foreign.bytes)).toThrow(expect.objectContaining({ code: "other-team" }));
  expect(open(known, init.bytes, foreign.bytes)).toThrow(expect.objectContaining({ code: "other-team" }));
  expect(open(known, second.bytes)).toThrow(expect.objectContaining({ code: "no-init" }));
  expect(open(known, init.bytes, init.bytes)).toThrow(expect.objectContaining({ code: "twice" }));
  expect(open(known, init.bytes, third.bytes)).toThrow(expect.objectContaining({ code: "unknown-parent" }));
  expect(open(known, new Uint8Array(200))).toThrow(DecodeError);
  expect(open([], init.bytes)).toThrow(expect.objectContaining({ code: "UnknownPolicy" }));
  expect(open(known, init.bytes, second.bytes)().commandCount).toBe(2);
});
