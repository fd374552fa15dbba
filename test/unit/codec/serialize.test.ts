import { describe, expect, test } from "vitest";
import { fromUtf8, utf8 } from "../../../src/base/bytes.ts";
import { AranyaError } from "../../../src/base/errors.ts";
import { idFromBytes } from "../../../src/base/ids.ts";
import type { DeviceId, Id } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { encodeCbor } from "../../../src/codec/cbor.ts";
import type { Cbor } from "../../../src/codec/cbor.ts";
import { decodeKeyBundle } from "../../../src/codec/key-bundle.ts";
import type { KeyBundle } from "../../../src/codec/key-bundle.ts";
import {
  ID_SCHEMES,
  KEY_BUNDLE_SCHEMES,
  deserializeId,
  deserializeKeyBundle,
  serializeId,
  serializeKeyBundle,
} from "../../../src/codec/serialize.ts";
import type { IdScheme, KeyBundleScheme } from "../../../src/codec/serialize.ts";
import { bitFlips, mutations, truncations } from "../../support/hostile-bytes.ts";
import { hex, vectors } from "../../support/vectors.ts";

const frozen = vectors<{
  bytes: string;
  cbor: string;
  text: string;
  deviceId: { base58: string; hex: string };
}>("key-bundle.json");
const bundle = decodeKeyBundle(hex(frozen.bytes));
const sample: Record<KeyBundleScheme, Uint8Array> = { cbor: hex(frozen.cbor), text: utf8(frozen.text) };
const deviceId = frozen.deviceId.base58 as DeviceId;
const idSample: Record<IdScheme, Uint8Array> = {
  raw: hex(frozen.deviceId.hex),
  hex: utf8(frozen.deviceId.hex),
  base58: utf8(deviceId),
};

/** What the public surface throws for bad input, and nothing else. */
function refusal(act: () => unknown): AranyaError | undefined {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(AranyaError);
    expect(error).toMatchObject({
      code: "InvalidArgument",
      fields: { field: expect.any(String) as string, reason: expect.any(String) as string },
    });
    return error as AranyaError;
  }
  return undefined;
}

function readText(text: string): KeyBundle {
  return deserializeKeyBundle("text", utf8(text));
}

describe("key bundles", () => {
  test.each(KEY_BUNDLE_SCHEMES)("[CLI-5] %s: is what was frozen, and comes back", (scheme) => {
    expect(serializeKeyBundle(scheme, bundle)).toEqual(sample[scheme]);
    expect(deserializeKeyBundle(scheme, sample[scheme])).toEqual(bundle);
  });

  test("[CLI-5] text: lines an e-mail leaves alone", () => {
    const lines = frozen.text.split("\n");
    expect(lines.at(-1)).toBe("");
    for (const line of lines.slice(0, -1))
      expect(line).toMatch(/^(-----(BEGIN|END) ARANYA KEY BUNDLE-----|[A-Z2-7]{44})$/);
  });

  const body = frozen.text.split("\n").slice(1, -2).join("");
  const wrapped = (width: number): string =>
    [
      "-----BEGIN ARANYA KEY BUNDLE-----",
      ...body.match(new RegExp(`.{1,${width}}`, "g"))!,
      "-----END ARANYA KEY BUNDLE-----",
    ].join("\n");

  test.each<[string, string]>([
    ["CRLF", frozen.text.replaceAll("\n", "\r\n")],
    ["CR", frozen.text.replaceAll("\n", "\r")],
    ["no last line end", frozen.text.trim()],
    ["blank lines around", `\n\n  \n${frozen.text}\n\t\n`],
    ["a byte order mark", `\ufeff${frozen.text}`],
    ["indented", frozen.text.replace(/^/gm, "    ")],
    ["white space at line ends", frozen.text.replace(/$/gm, " \t")],
    ["no-break spaces", frozen.text.replaceAll(" ", "\u00a0")],
    ["quoted", frozen.text.replace(/^/gm, "> ")],
    ["quoted thrice", frozen.text.replace(/^/gm, "> >> ")],
    ["quoted and wrapped again", wrapped(60).replaceAll("\n", " > ").replaceAll("A", "A\n")],
    ["in one line", frozen.text.replaceAll("\n", " ")],
    ["one character a line", wrapped(1)],
    ["lines of 76", wrapped(76)],
    ["double spaced", frozen.text.replaceAll("\n", "\n\n")],
  ])("[CLI-5] text survives: %s", (_, text) => {
    expect(readText(text)).toEqual(bundle);
  });

  test.each<[string, string, string]>([
    ["nothing", "", "no-begin-line"],
    ["no begin line", frozen.text.split("\n").slice(1).join("\n"), "no-begin-line"],
    ["no end line", frozen.text.split("\n").slice(0, -2).join("\n"), "no-end-line"],
    ["only the lines", "-----BEGIN ARANYA KEY BUNDLE-----\n-----END ARANYA KEY BUNDLE-----", "bad-text"],
    ["one dash for both lines", "-----BEGIN ARANYA KEY BUNDLE-----END ARANYA KEY BUNDLE-----", "no-end-line"],
    ["something before", `Here it is: ${frozen.text}`, "no-begin-line"],
    ["something after", `${frozen.text} Regards`, "no-end-line"],
    ["two of them", frozen.text + frozen.text, "bad-text"],
    ["another kind", frozen.text.replaceAll("KEY BUNDLE", "INVITE"), "no-begin-line"],
    ["small letters", frozen.text.toLowerCase(), "no-begin-line"],
    ["small letters in the body", frozen.text.replace(/[A-Z2-7]{44}/g, (l) => l.toLowerCase()), "bad-text"],
    ["padding", frozen.text.replace("\n-----END", "======\n-----END"), "bad-text"],
    ["a line missing", frozen.text.split("\n").toSpliced(3, 1).join("\n"), "bad-text"],
    ["two lines exchanged", swapLines(frozen.text, 2, 3), "bad-checksum"],
    ["a zero-width space", frozen.text.replace("AG", "A\u200bG"), "bad-text"],
  ])("[CLI-5] text refuses: %s", (_, text, reason) => {
    expect(refusal(() => readText(text))?.fields["reason"]).toBe(reason);
  });

  test("[CLI-5] text: every other character in every place is noticed", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const lines = wrapped(264).split("\n");
    for (let i = 0; i < body.length; i++) {
      for (const character of alphabet + "018ax-= ") {
        if (character === body[i]) continue;
        const changed = [lines[0], body.slice(0, i) + character + body.slice(i + 1), lines[2]].join("\n");
        expect(
          refusal(() => readText(changed)),
          `${i} ${character}`,
        ).toBeDefined();
      }
    }
  });

  test("[CLI-5] text: two neighbours exchanged, one lost or one doubled are noticed", () => {
    for (let i = 0; i + 1 < body.length; i++) {
      const [a, b] = [body[i]!, body[i + 1]!];
      const changes = [body.slice(0, i) + body.slice(i + 1), body.slice(0, i) + a + body.slice(i)];
      if (a !== b) changes.push(body.slice(0, i) + b + a + body.slice(i + 2));
      for (const change of changes)
        expect(refusal(() => readText(frozen.text.replace(/[A-Z2-7\n]{100,}/, change)))).toBeDefined();
    }
  });

  test("text: longer than the maximum is refused unread", () => {
    const fits = frozen.text + " ".repeat(LIMITS.keyBundleTextBytesMax - frozen.text.length);
    expect(readText(fits)).toEqual(bundle);
    expect(refusal(() => readText(`${fits} `))?.fields["reason"]).toBe("too-long");
  });

  test.each<[string, Cbor]>([
    ["no array", new Uint8Array(160)],
    ["too few", [1, bundle.identityKey, bundle.signingKey, bundle.encryptionKey]],
    ["too many", [1, bundle.identityKey, bundle.signingKey, bundle.encryptionKey, bundle.signature, 0]],
    ["version 0", [0, bundle.identityKey, bundle.signingKey, bundle.encryptionKey, bundle.signature]],
    ["version 2", [2, bundle.identityKey, bundle.signingKey, bundle.encryptionKey, bundle.signature]],
    ["a short key", [1, new Uint8Array(31), bundle.signingKey, bundle.encryptionKey, bundle.signature]],
    // 160 bytes in all, cut elsewhere: without a check of each length this would be another bundle.
    [
      "a byte moved over",
      [1, new Uint8Array(31), new Uint8Array(33), bundle.encryptionKey, bundle.signature],
    ],
    ["text for bytes", [1, "a".repeat(32), bundle.signingKey, bundle.encryptionKey, bundle.signature]],
    [
      "one array too deep",
      [1, [bundle.identityKey], bundle.signingKey, bundle.encryptionKey, bundle.signature],
    ],
  ])("[CLI-5] cbor refuses: %s", (_, value) => {
    expect(refusal(() => deserializeKeyBundle("cbor", encodeCbor(value)))).toBeDefined();
  });

  test.each(KEY_BUNDLE_SCHEMES)("%s: every truncation is refused", (scheme) => {
    // Without its last line end the text is whole.
    const whole = scheme === "text" ? sample.text.subarray(0, -1) : sample.cbor;
    for (const bad of truncations(whole)) {
      expect(refusal(() => deserializeKeyBundle(scheme, bad))).toBeDefined();
    }
  });

  test("cbor: a flipped bit is refused, or is another bundle whose one encoding it is", () => {
    for (const bad of bitFlips(sample.cbor)) {
      let read: KeyBundle | undefined;
      if (refusal(() => (read = deserializeKeyBundle("cbor", bad))) !== undefined) continue;
      expect(read).not.toEqual(bundle);
      expect(serializeKeyBundle("cbor", read!)).toEqual(bad);
    }
  });

  test("text: a flipped bit is refused, or was in white space", () => {
    let harmless = 0;
    for (const bad of bitFlips(sample.text)) {
      if (refusal(() => expect(deserializeKeyBundle("text", bad)).toEqual(bundle)) === undefined) harmless++;
    }
    // Line ends and spaces that became another white space or ">".
    expect(harmless).toBeLessThan(60);
  });

  test("10,000 mutations: refused, or the same bundle in text, or one encoding each in cbor", () => {
    for (const bad of mutations(sample.text, { seed: 3, count: 10_000 })) {
      refusal(() => expect(deserializeKeyBundle("text", bad)).toEqual(bundle));
    }
    for (const bad of mutations(sample.cbor, { seed: 4, count: 10_000 })) {
      refusal(() => expect(serializeKeyBundle("cbor", deserializeKeyBundle("cbor", bad))).toEqual(bad));
    }
  });

  test("what comes back owns its bytes", () => {
    for (const scheme of KEY_BUNDLE_SCHEMES) {
      const input = Buffer.from(sample[scheme]);
      const read = deserializeKeyBundle(scheme, input);
      input.fill(0);
      expect(read).toEqual(bundle);
    }
  });

  test("arguments of another kind are named", () => {
    const wrong = (value: unknown): string | undefined =>
      refusal(() => serializeKeyBundle("cbor", value as KeyBundle))?.fields["field"] as string | undefined;
    for (const value of [undefined, null, 1, "x", {}, { ...bundle, signature: new Uint8Array(63) }]) {
      expect(wrong(value)).toBe("keyBundle");
    }
    expect(wrong({ ...bundle, signingKey: "a".repeat(32) })).toBe("keyBundle");
    expect(refusal(() => serializeKeyBundle("json" as "cbor", bundle))?.fields["field"]).toBe("scheme");
    expect(refusal(() => deserializeKeyBundle("toString" as "cbor", sample.cbor))?.fields["field"]).toBe(
      "scheme",
    );
    for (const bytes of ["text", undefined, null, [1], new ArrayBuffer(170)]) {
      expect(
        refusal(() => deserializeKeyBundle("text", bytes as unknown as Uint8Array))?.fields["field"],
      ).toBe("bytes");
    }
  });
});

describe("ids", () => {
  test.each(ID_SCHEMES)("[CLI-6] %s: is what was frozen, and comes back", (scheme) => {
    expect(serializeId(scheme, deviceId)).toEqual(idSample[scheme]);
    expect(deserializeId<DeviceId>(scheme, idSample[scheme])).toBe(deviceId);
  });

  test.each(ID_SCHEMES)("[CLI-6] %s: ids of zeros and of ones", (scheme) => {
    for (const fill of [0, 0xff]) {
      const id = idFromBytes<Id>(new Uint8Array(32).fill(fill));
      expect(deserializeId(scheme, serializeId(scheme, id))).toBe(id);
    }
  });

  test.each(ID_SCHEMES)("%s: truncations and anything longer are refused", (scheme) => {
    for (const bad of truncations(idSample[scheme])) {
      // 43 digits of base58 can be 32 bytes as well as 44.
      if (scheme === "base58" && bad.length === 43) expect(deserializeId(scheme, bad)).not.toBe(deviceId);
      else expect(refusal(() => deserializeId(scheme, bad))).toBeDefined();
    }
    for (const extra of [0x00, 0x0a, 0x20, 0x31]) {
      const longer = new Uint8Array([...idSample[scheme], extra]);
      expect(refusal(() => deserializeId(scheme, longer))).toBeDefined();
      expect(
        refusal(() => deserializeId(scheme, new Uint8Array([extra, ...idSample[scheme]]))),
      ).toBeDefined();
    }
    expect(refusal(() => deserializeId(scheme, new Uint8Array(1_000_000).fill(0x31)))).toBeDefined();
  });

  test.each(ID_SCHEMES)("%s: a flipped bit is refused, or another id whose one spelling it is", (scheme) => {
    for (const bad of bitFlips(idSample[scheme])) {
      let read: Id | undefined;
      if (refusal(() => (read = deserializeId(scheme, bad))) !== undefined) continue;
      expect(read).not.toBe(deviceId);
      expect(serializeId(scheme, read!)).toEqual(bad);
    }
  });

  test.each(ID_SCHEMES)("%s: 10,000 mutations likewise", (scheme) => {
    for (const bad of mutations(idSample[scheme], { seed: 5, count: 10_000 })) {
      refusal(() => expect(serializeId(scheme, deserializeId(scheme, bad))).toEqual(bad));
    }
  });

  test("[CLI-6] hex in capitals, base58 of one byte too few or too many, bytes that are no text: refused", () => {
    expect(refusal(() => deserializeId("hex", utf8(frozen.deviceId.hex.toUpperCase())))).toBeDefined();
    expect(refusal(() => deserializeId("base58", utf8("1".repeat(31))))).toBeDefined();
    expect(fromUtf8(serializeId("base58", deserializeId("base58", utf8("1".repeat(32)))))).toBe(
      "1".repeat(32),
    );
    expect(refusal(() => deserializeId("base58", utf8("1".repeat(33))))).toBeDefined();
    expect(refusal(() => deserializeId("base58", utf8("z".repeat(44))))).toBeDefined();
    expect(refusal(() => deserializeId("base58", new Uint8Array(44).fill(0xff)))).toBeDefined();
  });

  test("arguments of another kind are named", () => {
    for (const id of ["", "0", "x".repeat(44), undefined, null, 5, idSample.raw]) {
      expect(refusal(() => serializeId("raw", id as Id))?.fields["field"]).toBe("id");
    }
    expect(refusal(() => serializeId("base64" as "hex", deviceId))?.fields["field"]).toBe("scheme");
    expect(refusal(() => deserializeId("length" as "hex", idSample.hex))?.fields["field"]).toBe("scheme");
    expect(refusal(() => deserializeId("raw", deviceId as unknown as Uint8Array))?.fields["field"]).toBe(
      "bytes",
    );
  });
});

function swapLines(text: string, a: number, b: number): string {
  const lines = text.split("\n");
  [lines[a], lines[b]] = [lines[b]!, lines[a]!];
  return lines.join("\n");
}
