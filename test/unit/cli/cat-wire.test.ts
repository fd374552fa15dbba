import { expect, test } from "vitest";
import { decodeCatFrame, encodeCatFrame, PIECE_BYTES_MAX } from "../../../src/cli/channel/cat-wire.ts";
import type { CatFrame } from "../../../src/cli/channel/cat-wire.ts";
import { linesOf, wholeOf } from "../../../src/cli/channel/lines.ts";
import { formatBytes } from "../../../src/cli/channel/progress.ts";
import { CliError } from "../../../src/cli/failure.ts";
import { bitFlips, decodedOrRefused, mutations, truncations } from "../../support/hostile-bytes.ts";

const digest = Uint8Array.from({ length: 32 }, (_, i) => i);
const FRAMES: CatFrame[] = [
  { type: "piece", bytes: Uint8Array.of(1, 2, 3) },
  { type: "piece", bytes: new Uint8Array(PIECE_BYTES_MAX) },
  { type: "end", length: 0, digest },
  { type: "end", length: Number.MAX_SAFE_INTEGER, digest },
  { type: "receipt", digest },
];

test("frames of channel cat: there and back, one encoding each", () => {
  for (const frame of FRAMES) expect(decodeCatFrame(encodeCatFrame(frame))).toEqual(frame);
  expect(Buffer.from(encodeCatFrame({ type: "end", length: 258, digest })).toString("hex")).toBe(
    `010000000000000102${Buffer.from(digest).toString("hex")}`,
  );
});

test("frames of channel cat: cut, flipped and mangled they are refused, or are another frame and say so", () => {
  for (const frame of FRAMES.filter((f) => f.type !== "piece" || f.bytes.length < 100)) {
    const sample = encodeCatFrame(frame);
    for (const bytes of [
      ...truncations(sample),
      ...bitFlips(sample),
      ...mutations(sample, { seed: 9, count: 10_000 }),
    ]) {
      const decoded = decodedOrRefused(() => decodeCatFrame(bytes));
      if (decoded !== undefined) expect(encodeCatFrame(decoded)).toEqual(bytes);
    }
  }
  for (const bytes of [[], [0], [3, 1], [1, 0], [2]]) {
    expect(decodedOrRefused(() => decodeCatFrame(Uint8Array.from(bytes)))).toBeUndefined();
  }
  const long = encodeCatFrame({ type: "piece", bytes: new Uint8Array(PIECE_BYTES_MAX + 1) });
  expect(decodedOrRefused(() => decodeCatFrame(long))).toBeUndefined();
});

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (const text of texts) yield Buffer.from(text);
}

async function lines(...texts: string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const line of linesOf(chunks(...texts))) found.push(Buffer.from(line).toString());
  return found;
}

test("lines are the same however the stream is cut", async () => {
  const text = "one\r\ntwo\n\nthree\rthree\nlast";
  const expected = ["one", "two", "", "three\rthree", "last"];
  for (let at = 0; at <= text.length; at++)
    expect(await lines(text.slice(0, at), text.slice(at))).toEqual(expected);
  expect(await lines(...Array.from(text))).toEqual(expected);
  expect(await lines("a\n")).toEqual(["a"]);
  expect(await lines()).toEqual([]);
});

test("what is longer than a message is refused before it is kept", async () => {
  const megabyte = "x".repeat(2 ** 20);
  await expect(lines(megabyte, "x")).rejects.toThrow(CliError);
  await expect(wholeOf(chunks(megabyte, "x"))).rejects.toThrow(/longer than a message/);
  expect((await wholeOf(chunks(megabyte))).length).toBe(2 ** 20);
});

test("sizes for people", () => {
  expect([0, 999, 1000, 1_500_000, 2.5e9, 1e15].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "1.5 MB",
    "2.5 GB",
    "1000.0 TB",
  ]);
});
