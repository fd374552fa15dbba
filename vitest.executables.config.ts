import { defineConfig } from "vitest/config";

/** `npm run test:executables`: what `npm run build` made, run. Not in `npm test`, which has nothing built. */
export default defineConfig({
  test: {
    include: ["test/system/executables.test.ts"],
    // Some of them are emulated.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: "forks",
    maxWorkers: 1,
  },
});
