import { defineConfig } from "vitest/config";

/** Run by `npm run client-c`: these need C compilers, which a clean clone need not have. */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    include: ["test/client-c/**/*.test.ts"],
    globalSetup: ["test/client-c/toolchain.ts"],
    // Under valgrind, beside others, ten thousand broken key bundles take more than a minute.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
