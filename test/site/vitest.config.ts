import { defineConfig } from "vitest/config";

/** `npm run test:site`: the documentation site as `npm run docs` builds it, judged as files and in a browser. */
export default defineConfig({
  test: {
    include: ["test/site/*.test.ts"],
    globalSetup: ["test/site/build.ts"],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: "forks",
    // Browser and builder each want a processor.
    maxWorkers: 1,
    fileParallelism: false,
  },
});
