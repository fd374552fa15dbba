import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // test/system/ needs what is built, test/client-c/ C compilers, test/site/ a browser (test/README.md).
    exclude: ["node_modules/**", "dist/**", "build/**", "test/system/**", "test/client-c/**", "test/site/**"],
    // Real daemons and TLS handshakes share two slow cores with the rest of the suite.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
