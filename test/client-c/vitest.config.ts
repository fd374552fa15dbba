import { defineConfig } from "vitest/config";

/** Run by `npm run client-c`: these need C compilers, which a clean clone need not have. */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    include: ["test/client-c/**/*.test.ts"],
    globalSetup: ["test/client-c/toolchain.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
