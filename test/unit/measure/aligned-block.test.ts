import { expect, test } from "vitest";
import { alignedBlock } from "../../../src/measure/sections/storage.ts";

/** On 32-bit systems memory begins at any multiple of eight. */
test.each([0, 8, 16, 504, 4088])(
  "a block for direct reads is found in memory that begins %i bytes past a page",
  (past) => {
    const block = alignedBlock(
      new Uint8Array(3 * 4096),
      ({ byteOffset }) => (past + byteOffset) % 4096 === 0,
    );
    expect([(past + block.byteOffset) % 4096, block.length]).toEqual([0, 4096]);
  },
);

test("where the kernel takes none, that is said", () => {
  expect(() => alignedBlock(new Uint8Array(3 * 4096), () => false)).toThrow("no memory is aligned");
});
