import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/base/bytes.ts";
import { toBase58 } from "../../../src/base/base58.ts";
import { crc32c } from "../../../src/base/crc32c.ts";
import { BugError, DecodeError } from "../../../src/base/errors.ts";
import { decodeSecrets, encodeSecrets, Keystore } from "../../../src/store/keystore.ts";
import { FaultyFiles, seeded } from "../../support/faulty-files.ts";
import { errorOf } from "../../support/store-error.ts";

const DIRECTORY = "/keystore";
const KEYS = "/keystore/device.keys";

function secret(seed: number): Uint8Array {
  const random = seeded(seed);
  return Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));
}
const secrets = { identitySecret: secret(1), signingSecret: secret(2), encryptionSecret: secret(3) };
const image = encodeSecrets(secrets);

function newFiles(keys?: Uint8Array): FaultyFiles {
  const files = new FaultyFiles();
  files.makeDirectory(DIRECTORY);
  if (keys !== undefined) files.put(KEYS, keys);
  files.trace.length = 0;
  return files;
}

function resealed(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = image.slice();
  change(bytes);
  new DataView(bytes.buffer).setUint32(112, crc32c(bytes.subarray(0, 112)));
  return bytes;
}

/** Any four bytes of a secret in a row, in any of the usual spellings, anywhere in an error and its causes. */
function expectNoSecretIn(error: unknown): void {
  let text = "";
  for (let e = error; e instanceof Error; e = e.cause) {
    text += `${e.name} ${e.message} ${e.stack ?? ""} ${JSON.stringify(e, Object.getOwnPropertyNames(e))}\n`;
  }
  const lower = text.toLowerCase();
  expect(spellings.filter((spelling) => text.includes(spelling) || lower.includes(spelling))).toEqual([]);
}

const spellings = Object.values(secrets).flatMap((s) => [
  toBase58(s),
  ...Array.from({ length: s.length - 3 }, (_, i) => s.subarray(i, i + 4)).flatMap((run) => [
    toHex(run),
    run.join(","),
    run.join(", "),
    Buffer.from(run).toString("base64").slice(0, 5),
  ]),
]);

describe("keeping", () => {
  test("[CLI-1] there are no keys at first, then those that were made, for ever", () => {
    const files = newFiles();
    expect(new Keystore(files, DIRECTORY).open()).toBeUndefined();
    new Keystore(files, DIRECTORY).create(secrets);
    for (let i = 0; i < 3; i++) expect(new Keystore(files, DIRECTORY).open()).toEqual(secrets);
  });

  test("[SEC-2] written once: a temporary file, synced, renamed, the directory synced, 0600", () => {
    const files = newFiles();
    new Keystore(files, DIRECTORY).create(secrets);
    expect(files.trace).toEqual([
      `create ${KEYS}.new`,
      `write ${KEYS}.new`,
      `sync ${KEYS}.new`,
      `rename ${KEYS}.new`,
      `syncDirectory ${DIRECTORY}`,
    ]);
    expect(files.status(KEYS)).toEqual({ type: "file", mode: 0o600, uid: 1000, size: 116 });
    expect(files.list(DIRECTORY)).toEqual(["device.keys"]);
    expect(files.openHandles).toBe(0);
  });

  test("the file holds the three secrets, their frame, and nothing else", () => {
    const files = newFiles();
    new Keystore(files, DIRECTORY).create(secrets);
    const frame = "41454b4559530d0a" + "00000001" + "00000000";
    const body =
      toHex(secrets.identitySecret) + toHex(secrets.signingSecret) + toHex(secrets.encryptionSecret);
    const checksum = crc32c(Buffer.from(frame + body, "hex"))
      .toString(16)
      .padStart(8, "0");
    expect(toHex(files.contents(KEYS))).toBe(frame + body + checksum);
  });

  test("reading writes nothing", () => {
    const files = newFiles(image);
    expect(new Keystore(files, DIRECTORY).open()).toEqual(secrets);
    expect(files.trace).toEqual([]);
    expect(files.openHandles).toBe(0);
  });

  test("never overwrites, not even what it cannot read", () => {
    for (const there of [image, new Uint8Array(), new Uint8Array(7)]) {
      const files = newFiles(there);
      const error = errorOf(() => new Keystore(files, DIRECTORY).create(secrets));
      expect(error.code).toBe("keystore-exists");
      expect(error.message).toContain(KEYS);
      expect(files.contents(KEYS)).toEqual(there);
      expect(files.trace).toEqual([]);
    }
  });

  test("a leftover of a crash is replaced", () => {
    const files = newFiles();
    files.put(`${KEYS}.new`, new Uint8Array(50).fill(9));
    expect(new Keystore(files, DIRECTORY).open()).toBeUndefined();
    new Keystore(files, DIRECTORY).create(secrets);
    expect(files.list(DIRECTORY)).toEqual(["device.keys"]);
    expect(new Keystore(files, DIRECTORY).open()).toEqual(secrets);
  });

  test("secrets of another length are our own mistake", () => {
    const files = newFiles();
    const keystore = new Keystore(files, DIRECTORY);
    expect(() => keystore.create({ ...secrets, signingSecret: new Uint8Array(31) })).toThrow(BugError);
    expect(files.trace).toEqual([]);
  });

  test("a call that fails leaves no keys, and a second try makes them", () => {
    for (let at = 0; at < 5; at++) {
      for (const kind of ["EIO", "ENOSPC", "EROFS", "EACCES"]) {
        const files = newFiles();
        files.fault = { at, kind };
        const keystore = new Keystore(files, DIRECTORY);
        const error = errorOf(() => keystore.create(secrets));
        expect(error.message).toMatch(/^cannot write \/keystore\/device\.keys: E[A-Z]+; /);
        expectNoSecretIn(error);
        expect(keystore.open()).toBeUndefined();
        expect(files.list(DIRECTORY)).toEqual([]);
        expect(files.openHandles).toBe(0);
        keystore.create(secrets);
        expect(keystore.open()).toEqual(secrets);
      }
    }
  });
});

test("the search for secrets in errors finds them", () => {
  for (const s of Object.values(secrets)) {
    expect(() => expectNoSecretIn(new Error(`bad key ${toHex(s)}`))).toThrow();
    expect(() =>
      expectNoSecretIn(new Error("bad", { cause: new Error(`byte ${s.subarray(9, 14).join(",")}`) })),
    ).toThrow();
    expect(() =>
      expectNoSecretIn(Object.assign(new Error("bad"), { input: Buffer.from(s).toString("base64") })),
    ).toThrow();
  }
});

describe("refusing", () => {
  const groupAndOthers = Array.from({ length: 0o77 }, (_, i) => i + 1);

  test.each([
    [DIRECTORY, 0o700],
    [KEYS, 0o600],
  ])("[SEC-9] %s open to group or others in any way", (path, own) => {
    for (const bits of groupAndOthers) {
      const files = newFiles(image);
      files.alter(path, { mode: own | bits });
      const error = errorOf(() => new Keystore(files, DIRECTORY).open());
      expect(error.code).toBe("keystore-not-private");
      expect(error.message).toContain(`${path} has mode ${(own | bits).toString(8).padStart(4, "0")}`);
      expect(error.message).toContain(`chmod ${own.toString(8).padStart(4, "0")} ${path}`);
      expectNoSecretIn(error);
    }
  });

  test.each([DIRECTORY, KEYS])("%s of another user, root included", (path) => {
    for (const uid of [0, 1, 65534]) {
      const files = newFiles(image);
      files.alter(path, { uid });
      const error = errorOf(() => new Keystore(files, DIRECTORY).open());
      expect(error.code).toBe("keystore-not-ours");
      expect(error.message).toBe(
        `${path} belongs to user ${uid}, the daemon runs as user 1000; run: chown 1000 ${path}`,
      );
      files.uid = uid;
      expect(errorOf(() => new Keystore(files, DIRECTORY).open()).code).toBe("keystore-not-ours");
    }
  });

  test.each(["symlink", "other"] as const)("a %s in place of the file or the directory", (kind) => {
    const files = new FaultyFiles();
    files.putSpecial(DIRECTORY, kind);
    const keystore = new Keystore(files, DIRECTORY);
    expect(errorOf(() => keystore.open()).code).toBe("keystore-not-regular");
    expect(errorOf(() => keystore.create(secrets)).code).toBe("keystore-not-regular");

    const inside = newFiles();
    inside.putSpecial(KEYS, kind);
    const error = errorOf(() => new Keystore(inside, DIRECTORY).open());
    expect(error.code).toBe("keystore-not-regular");
    expect(error.message).toMatch(
      /\/keystore\/device\.keys is a (symbolic link|special file), not a regular file; /,
    );
    expect(errorOf(() => new Keystore(inside, DIRECTORY).create(secrets)).code).toBe("keystore-exists");
  });

  test("a directory in place of the file, a file in place of the directory", () => {
    const files = newFiles();
    files.makeDirectory(KEYS);
    expect(errorOf(() => new Keystore(files, DIRECTORY).open()).code).toBe("keystore-not-regular");
    const other = new FaultyFiles();
    other.put(DIRECTORY, image);
    expect(errorOf(() => new Keystore(other, DIRECTORY).open()).code).toBe("keystore-not-regular");
  });

  test("keys are not made where others could read them", () => {
    const files = newFiles();
    files.alter(DIRECTORY, { mode: 0o755 });
    expect(errorOf(() => new Keystore(files, DIRECTORY).create(secrets)).code).toBe("keystore-not-private");
    expect(files.trace).toEqual([]);
    const gone = new FaultyFiles();
    expect(errorOf(() => new Keystore(gone, DIRECTORY).create(secrets)).code).toBe("not-found");
    expect(new Keystore(gone, DIRECTORY).open()).toBeUndefined();
  });

  test("a passphrase, another version, another scheme", () => {
    const cases: [Uint8Array, string, string][] = [
      [resealed((b) => (b[15] = 1)), "keystore-sealed", "sealed with a passphrase"],
      [
        Uint8Array.from([...resealed((b) => (b[15] = 1)), ...new Uint8Array(60)]),
        "keystore-sealed",
        "passphrase",
      ],
      [resealed((b) => (b[15] = 2)), "keystore-unknown-version", "version this program does not know"],
      [resealed((b) => (b[11] = 2)), "keystore-unknown-version", "version this program does not know"],
    ];
    for (const [keys, code, text] of cases) {
      const files = newFiles(keys);
      const error = errorOf(() => new Keystore(files, DIRECTORY).open());
      expect(error.code).toBe(code);
      expect(error.message).toContain(KEYS);
      expect(error.message).toContain(text);
      expectNoSecretIn(error);
      expect(files.contents(KEYS)).toEqual(keys);
    }
  });

  test("every truncation, every flipped bit, and one byte more, saying nothing of the secrets", () => {
    const broken: Uint8Array[] = [Uint8Array.from([...image, 0])];
    for (let length = 0; length < image.length; length++) broken.push(image.subarray(0, length));
    for (let bit = 0; bit < image.length * 8; bit++) {
      const flipped = image.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      broken.push(flipped);
    }
    for (const keys of broken) {
      expect(() => decodeSecrets(keys)).toThrow(DecodeError);
      const files = newFiles(keys);
      const error = errorOf(() => new Keystore(files, DIRECTORY).open());
      expect(error.code).toMatch(/^keystore-(damaged|sealed|unknown-version)$/);
      expect(error.message).toContain(KEYS);
      expectNoSecretIn(error);
      expect(files.contents(KEYS)).toEqual(keys);
    }
  });

  test("10,000 random mutations", () => {
    const random = seeded(4321);
    const below = (n: number): number => Math.floor(random() * n);
    for (let i = 0; i < 10_000; i++) {
      const keys = new Uint8Array(below(4) === 0 ? below(200) : image.length);
      keys.set(image.subarray(0, keys.length));
      for (let n = 1 + below(8); n > 0 && keys.length > 0; n--) keys[below(keys.length)] = below(256);
      if (toHex(keys) === toHex(image)) continue;
      expect(() => decodeSecrets(keys)).toThrow(DecodeError);
    }
  });

  test("an unreadable file is not a damaged one", () => {
    const files = newFiles(image);
    files.open = () => {
      throw Object.assign(new Error("no"), { code: "EIO" });
    };
    expect(errorOf(() => new Keystore(files, DIRECTORY).open()).code).toBe("io-failed");
  });
});
