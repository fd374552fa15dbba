import { expect, test } from "vitest";
import { abortController } from "../../../src/io/abort.ts";

test("many may wait on one signal, and nothing is said on stderr", async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on("warning", warned);
  const { signal } = abortController();
  for (let i = 0; i < 50; i++) signal.addEventListener("abort", () => undefined);
  await new Promise((done) => setImmediate(done));
  process.off("warning", warned);
  expect(warnings).toEqual([]);
});
