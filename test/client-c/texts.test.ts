/** Key bundles and ids as texts: C reads and refuses what TypeScript does, and writes the same bytes. */
import { expect, test } from "vitest";
import {
  deserializeId,
  deserializeKeyBundle,
  serializeId,
  serializeKeyBundle,
} from "../../src/client/index.ts";
import { bitFlips, mutations, truncations } from "../support/hostile-bytes.ts";
import { KEY_BUNDLE, testId } from "../unit/client/toy-daemon.ts";
import { drive } from "./driver.ts";
import { IS_NATIVE } from "./toolchain.ts";

const text = new TextEncoder();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return "InvalidArgument";
  }
}

/** A hundred to a run: a command line holds no more. */
async function compare(
  command: string,
  samples: readonly Uint8Array[],
  expected: (bytes: Uint8Array) => string,
): Promise<void> {
  for (let at = 0; at < samples.length; at += 100) {
    const some = samples.slice(at, at + 100);
    const lines = await drive("none", ...some.map((bytes) => `${command}:${hex(bytes)}`));
    expect(lines).toEqual(some.map((bytes) => `${command} ${attempt(() => expected(bytes))}`));
  }
}

const MUTATIONS = IS_NATIVE ? 1000 : 100;

test.each(["cbor", "text"] as const)("[CLI-5] key bundles as %s", async (scheme) => {
  const good = serializeKeyBundle(scheme, KEY_BUNDLE);
  const samples = [good, ...truncations(good), ...mutations(good, { seed: 5, count: MUTATIONS })];
  if (scheme === "text") {
    const lines = new TextDecoder().decode(good);
    samples.push(
      text.encode(lines.replaceAll("\n", "\r\n> ")),
      text.encode(lines.replaceAll("\n", "\u00a0\u2003\ufeff\t\n")),
      text.encode(lines.replaceAll("A", "A ")),
      text.encode(`${lines}x`),
      text.encode(`x${lines}`),
      text.encode(lines.toLowerCase()),
      text.encode(lines.replace("\n", "\u0085\n")),
      text.encode(lines.replace("\n", "\u200b\n")),
      new Uint8Array(4097).fill(32),
    );
  } else {
    samples.push(...bitFlips(good));
  }
  await compare(`parse-${scheme}`, samples, (bytes) => {
    const bundle = deserializeKeyBundle(scheme, bytes);
    return `OK ${hex(serializeKeyBundle(scheme, bundle))}`;
  });
});

test.each(["raw", "hex", "base58"] as const)("[CLI-6] ids as %s", async (scheme) => {
  const samples: Uint8Array[] = [];
  for (const byte of [0, 1, 9, 127, 255]) {
    const good = serializeId(scheme, testId(byte));
    samples.push(good, ...truncations(good), ...mutations(good, { seed: byte, count: MUTATIONS / 5 }));
  }
  await compare(`parse-${scheme}`, samples, (bytes) => `OK id=${deserializeId(scheme, bytes)}`);
});
