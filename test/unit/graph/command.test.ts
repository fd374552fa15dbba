import { describe, expect, test } from "vitest";
import { equalBytes, toHex, utf8 } from "../../../src/base/bytes.ts";
import { BugError, DecodeError } from "../../../src/base/errors.ts";
import type { CommandId, DeviceId, TeamId } from "../../../src/base/ids.ts";
import { idFromBytes } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { encodeCbor } from "../../../src/codec/cbor.ts";
import type { Cbor } from "../../../src/codec/cbor.ts";
import { nobleSuite } from "../../../src/crypto/noble.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { decodeCommand, signCommand, verifyCommandSignature } from "../../../src/graph/command.ts";
import { Graph } from "../../../src/graph/graph.ts";
import type { Command, CommandBody } from "../../../src/graph/command.ts";
import { bitFlips, decodedOrRefused, mutations, truncations } from "../../support/hostile-bytes.ts";
import { hex, vectors } from "../../support/vectors.ts";

const suite = nodeSuite();
const secret = new Uint8Array(32).fill(2);
const signingKey = suite.ed25519PublicKey(secret);
const frozen = vectors<{ vectors: { name: string; id: string; teamId: string; bytes: string }[] }>(
  "command.json",
);
const [initVector, , , mergeVector] = frozen.vectors;
const merge = hex(mergeVector!.bytes);
const author = vectors<{ deviceId: { base58: string } }>("key-bundle.json").deviceId.base58 as DeviceId;
const teamId = initVector!.teamId as TeamId;

function idOf(n: number): CommandId {
  return idFromBytes<CommandId>(new Uint8Array(32).fill(n));
}

function body(change: Partial<CommandBody> = {}): CommandBody {
  return { scope: teamId, author, parents: [idOf(1)], kind: "kind", role: 1, fields: [], ...change };
}

describe("frozen vectors", () => {
  test.each(frozen.vectors)(
    "$name: decodes, verifies, and is what signing makes",
    ({ id, teamId, bytes }) => {
      for (const suite of [nodeSuite(), nobleSuite()]) {
        const command = decodeCommand(suite, hex(bytes));
        expect(command.id).toBe(id);
        expect(command.teamId).toBe(teamId);
        expect(command.author).toBe(author);
        expect(verifyCommandSignature(suite, signingKey, command)).toBe(true);
        const { parents, kind, role, fields, init } = command;
        const again = signCommand(suite, secret, {
          scope: init ?? command.teamId,
          author,
          parents: [...parents].reverse(),
          kind,
          role,
          fields,
        });
        expect(toHex(again.bytes)).toBe(bytes);
        expect(equalBytes(again.bytes, command.bytes)).toBe(true);
      }
    },
  );

  test("say what was signed", () => {
    const init = decodeCommand(suite, hex(initVector!.bytes));
    expect(init.init).toEqual({ nonce: new Uint8Array(32).fill(4), policyId: "test/1" });
    expect(init.id).toBe(init.teamId);
    expect(init.parents).toEqual([]);
    const command = decodeCommand(suite, merge);
    expect(command.init).toBeUndefined();
    expect(command).toMatchObject({ kind: "c", role: 3 });
    // Ascending by bytes, which is not the order they were given in.
    expect(command.parents).toEqual([frozen.vectors[2]!.id, frozen.vectors[1]!.id]);
    const fields = [23, 24, 255, 256, 65536, 2 ** 32, new Uint8Array(0), "", []];
    expect(command.fields).toEqual(fields);
  });
});

describe("hostile bytes", () => {
  const valid = decodeCommand(suite, merge);

  test.each(frozen.vectors)("$name: every truncation and every byte too many is refused", ({ bytes }) => {
    for (const bad of truncations(hex(bytes))) {
      expect(() => decodeCommand(suite, bad)).toThrow(DecodeError);
    }
    for (const extra of [0x00, 0x80, 0xff]) {
      expect(() => decodeCommand(suite, new Uint8Array([...hex(bytes), extra]))).toThrow(DecodeError);
    }
  });

  test.each(frozen.vectors)("$name: a flipped bit is refused, or is another command nobody signed", (v) => {
    let twins = 0;
    for (const bad of bitFlips(hex(v.bytes))) {
      const command = decodedOrRefused(() => decodeCommand(suite, bad));
      if (command === undefined) continue;
      expect(verifyCommandSignature(suite, signingKey, command)).toBe(false);
      if (command.id === v.id) twins++;
    }
    // In the signature alone does a flip leave the id as it is.
    expect(twins).toBe(64 * 8);
  });

  test("10,000 mutations: refused with a DecodeError, or another command nobody signed", () => {
    let decoded = 0;
    for (const bad of mutations(merge, { seed: 1, count: 10_000 })) {
      const command = decodedOrRefused(() => decodeCommand(suite, bad));
      if (command === undefined || equalBytes(command.bytes, valid.bytes)) continue;
      decoded++;
      expect(verifyCommandSignature(suite, signingKey, command)).toBe(false);
    }
    expect(decoded).toBeGreaterThan(500);
  });

  test("a graph keeps a copy: changing the input afterwards changes nothing, even of a Buffer", () => {
    for (const input of [merge.slice(), Buffer.from(merge)]) {
      // Of parents it does not hold a graph takes none.
      const { parents, ...decoded } = decodeCommand(suite, input);
      expect(parents.length).toBeGreaterThan(0);
      const graph = new Graph();
      const command = graph.at(graph.add({ ...decoded, parents: [] }));
      input.fill(0);
      expect(toHex(command.bytes)).toBe(mergeVector!.bytes);
      expect(command.fields[6]).toEqual(new Uint8Array(0));
      expect(verifyCommandSignature(suite, signingKey, command)).toBe(true);
    }
  });

  test("another key, or the same payload signed for another purpose, does not verify", () => {
    const other = suite.ed25519PublicKey(new Uint8Array(32).fill(9));
    expect(verifyCommandSignature(suite, other, valid)).toBe(false);
    const payload = merge.subarray(64);
    const bare = decodeCommand(suite, new Uint8Array([...suite.ed25519Sign(secret, payload), ...payload]));
    expect(bare.id).toBe(valid.id);
    expect(equalBytes(bare.bytes, valid.bytes)).toBe(false);
    expect(verifyCommandSignature(suite, signingKey, bare)).toBe(false);
  });
});

describe("form", () => {
  const id = new Uint8Array(32).fill(7);
  const nonce = new Uint8Array(32);
  const good: readonly Cbor[] = [1, id, id, [id], "kind", 0, []];
  const decode = (payload: Cbor): Command =>
    decodeCommand(suite, new Uint8Array([...new Uint8Array(64), ...encodeCbor(payload)]));
  const changed = (index: number, value: Cbor): Cbor => good.map((item, i) => (i === index ? value : item));
  const ids = (...fills: number[]): Uint8Array[] => fills.map((n) => new Uint8Array(32).fill(n));

  test("the sample is good", () => {
    expect(decode(good).kind).toBe("kind");
  });

  test.each<[string, Cbor]>([
    ["bad-command", 1],
    ["bad-command", []],
    ["bad-command", good.slice(0, 6)],
    ["bad-command", [...good, 0]],
    ["bad-version", changed(0, 0)],
    ["bad-version", changed(0, "1")],
    ["future-version", changed(0, 2)],
    ["future-version", [2, "whatever", [2, "means"]]],
    ["bad-scope", changed(1, "team")],
    ["bad-scope", changed(1, id.subarray(1))],
    ["bad-author", changed(2, id.subarray(1))],
    ["bad-author", changed(2, new Uint8Array(33))],
    ["bad-author", changed(2, [id])],
    ["bad-parents", changed(3, id)],
    ["bad-parents", changed(3, [1])],
    ["bad-parents", changed(3, [id, id.subarray(1)])],
    ["no-parents", changed(3, [])],
    ["unsorted-parents", changed(3, ids(2, 1))],
    ["unsorted-parents", changed(3, ids(1, 1))],
    ["too-many-parents", changed(3, ids(...Array(LIMITS.parentsMax + 1).keys()))],
    ["bad-kind", changed(4, "")],
    ["bad-kind", changed(4, 1)],
    ["bad-kind", changed(4, utf8("kind"))],
    ["bad-role", changed(5, "1")],
    ["bad-fields", changed(6, 0)],
    ["bad-scope", [1, [nonce], id, [], "init", 4, []]],
    ["bad-scope", [1, [nonce, "p", 0], id, [], "init", 4, []]],
    ["bad-nonce", [1, [nonce.subarray(1), "p"], id, [], "init", 4, []]],
    ["bad-nonce", [1, ["nonce", "p"], id, [], "init", 4, []]],
    ["bad-policy-id", [1, [nonce, 1], id, [], "init", 4, []]],
    ["init-with-parents", [1, [nonce, "p"], id, [id], "init", 4, []]],
  ])("%s", (code, payload) => {
    expect(() => decode(payload)).toThrow(expect.objectContaining({ name: "DecodeError", code }) as Error);
  });

  test("as many parents as fit, and one more", () => {
    const parents = Array.from({ length: LIMITS.parentsMax }, (_, i) => idOf(i));
    expect(signCommand(suite, secret, body({ parents })).parents).toEqual(parents);
    expect(() => signCommand(suite, secret, body({ parents: [...parents, idOf(99)] }))).toThrow(DecodeError);
  });

  test("as many bytes as fit, and one more", () => {
    const rest = signCommand(suite, secret, body({ fields: [new Uint8Array(1024)] })).bytes.length - 1024;
    const fits = new Uint8Array(LIMITS.commandBytesMax - rest);
    expect(signCommand(suite, secret, body({ fields: [fits] })).bytes.length).toBe(LIMITS.commandBytesMax);
    const over = new Uint8Array(fits.length + 1);
    expect(() => signCommand(suite, secret, body({ fields: [over] }))).toThrow(/too-long/);
  });

  test("parents are sorted by the author, and twice the same is refused", () => {
    expect(signCommand(suite, secret, body({ parents: [idOf(3), idOf(1)] })).parents).toEqual([
      idOf(1),
      idOf(3),
    ]);
    expect(() => signCommand(suite, secret, body({ parents: [idOf(1), idOf(1)] }))).toThrow(DecodeError);
  });

  test("a value outside the subset is never signed", () => {
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53, null, undefined, true, 1n, {}, new Map()]) {
      expect(() => signCommand(suite, secret, body({ fields: [value as Cbor] }))).toThrow(BugError);
    }
  });
});
