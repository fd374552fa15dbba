import { describe, expect, test } from "vitest";
import { concat, toHex } from "../../../src/base/bytes.ts";
import { DecodeError } from "../../../src/base/errors.ts";
import { KEY_BUNDLE_BYTES, decodeKeyBundle, encodeKeyBundle } from "../../../src/codec/key-bundle.ts";
import type { KeyBundle } from "../../../src/codec/key-bundle.ts";
import { DOMAIN } from "../../../src/crypto/domain.ts";
import { deviceIdOf, deviceKeysFrom, verifyKeyBundle } from "../../../src/crypto/key-bundle.ts";
import { nobleSuite } from "../../../src/crypto/noble.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { BASE, TORSION } from "../../support/edwards.ts";
import { bitFlips, decodedOrRefused, mutations, truncations } from "../../support/hostile-bytes.ts";
import { hex, vectors } from "../../support/vectors.ts";

const frozen = vectors<{
  secrets: Record<"identity" | "signing" | "encryption", string>;
  deviceId: { base58: string };
  bytes: string;
}>("key-bundle.json");
const secrets = {
  identitySecret: hex(frozen.secrets.identity),
  signingSecret: hex(frozen.secrets.signing),
  encryptionSecret: hex(frozen.secrets.encryption),
};
const suite = nodeSuite();
const bundle = decodeKeyBundle(hex(frozen.bytes));

/** Signed by the identity as it should be, whatever the keys are. */
function signed(keys: Partial<KeyBundle>): KeyBundle {
  const b = { ...bundle, ...keys };
  const message = concat(DOMAIN.keyBundle, b.identityKey, b.signingKey, b.encryptionKey);
  return { ...b, signature: suite.ed25519Sign(secrets.identitySecret, message) };
}

test.each([nodeSuite(), nobleSuite()])("$name: keys from secrets are those frozen", (suite) => {
  const keys = deviceKeysFrom(suite, secrets);
  expect(toHex(encodeKeyBundle(keys.bundle))).toBe(frozen.bytes);
  expect(keys.deviceId).toBe(frozen.deviceId.base58);
  expect(deviceIdOf(suite, bundle.identityKey)).toBe(frozen.deviceId.base58);
  expect(keys).toMatchObject(secrets);
  expect(verifyKeyBundle(suite, bundle)).toBe(true);
});

describe("verifyKeyBundle refuses", () => {
  test("any flipped bit", () => {
    for (const bad of bitFlips(hex(frozen.bytes)))
      expect(verifyKeyBundle(suite, decodeKeyBundle(bad))).toBe(false);
  });

  test("keys that are not three different ones, though signed", () => {
    expect(verifyKeyBundle(suite, signed({}))).toBe(true);
    expect(verifyKeyBundle(suite, signed({ signingKey: bundle.identityKey }))).toBe(false);
    expect(verifyKeyBundle(suite, signed({ encryptionKey: bundle.identityKey }))).toBe(false);
    expect(verifyKeyBundle(suite, signed({ encryptionKey: bundle.signingKey }))).toBe(false);
  });

  test("keys that are not sound, though signed", () => {
    const mixed = BASE.multiplyUnsafe(5n).add(TORSION[4]!).toBytes();
    expect(verifyKeyBundle(suite, signed({ signingKey: mixed }))).toBe(false);
    expect(verifyKeyBundle(suite, signed({ signingKey: TORSION[0]!.toBytes() }))).toBe(false);
    for (const encryptionKey of [new Uint8Array(32), new Uint8Array([1, ...new Uint8Array(31)])]) {
      expect(verifyKeyBundle(suite, signed({ encryptionKey }))).toBe(false);
    }
    const highBit = bundle.encryptionKey.map((b, i) => (i === 31 ? b | 0x80 : b));
    expect(verifyKeyBundle(suite, signed({ encryptionKey: highBit }))).toBe(false);
  });

  test("bytes moved from one key to its neighbour, though the signed bytes are the same", () => {
    const moved = signed({
      identityKey: bundle.identityKey.slice(0, 31),
      signingKey: concat(bundle.identityKey.slice(31), bundle.signingKey),
    });
    expect(verifyKeyBundle(suite, moved)).toBe(false);
  });

  test("another identity's signature", () => {
    const other = deviceKeysFrom(suite, { ...secrets, identitySecret: new Uint8Array(32).fill(8) }).bundle;
    expect(verifyKeyBundle(suite, { ...bundle, identityKey: other.identityKey })).toBe(false);
    expect(verifyKeyBundle(suite, { ...bundle, signature: other.signature })).toBe(false);
  });
});

describe("the fixed layout", () => {
  const bytes = hex(frozen.bytes);

  test("is 160 bytes, and the parts are copies", () => {
    expect(bytes.length).toBe(KEY_BUNDLE_BYTES);
    const input = Buffer.from(bytes);
    const decoded = decodeKeyBundle(input);
    input.fill(0);
    expect(decoded).toEqual(bundle);
    expect(encodeKeyBundle(decoded)).toEqual(bytes);
  });

  test("truncations and bytes left over are refused", () => {
    for (const bad of truncations(bytes)) expect(() => decodeKeyBundle(bad)).toThrow(DecodeError);
    for (const extra of [1, 160]) {
      expect(() => decodeKeyBundle(concat(bytes, new Uint8Array(extra)))).toThrow(/trailing-bytes/);
    }
  });

  test("10,000 mutations: refused, or another bundle that nobody signed", () => {
    let decoded = 0;
    for (const bad of mutations(bytes, { seed: 6, count: 10_000 })) {
      const read = decodedOrRefused(() => decodeKeyBundle(bad));
      if (read === undefined) continue;
      decoded++;
      expect(encodeKeyBundle(read)).toEqual(bad);
      // A verification takes its time; one in ten will do.
      if (decoded % 10 === 0 && toHex(bad) !== frozen.bytes) expect(verifyKeyBundle(suite, read)).toBe(false);
    }
    expect(decoded).toBeGreaterThan(1000);
  });
});

test("domain labels: none begins another, each says its own length", () => {
  const labels = Object.values(DOMAIN).map(toHex);
  expect(new Set(labels).size).toBe(labels.length);
  for (const a of labels) {
    expect(Number.parseInt(a.slice(0, 2), 16)).toBe(a.length / 2 - 1);
    for (const b of labels) expect(a !== b && b.startsWith(a)).toBe(false);
  }
});
