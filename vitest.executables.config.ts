import { readFileSync } from "node:fs";
import { arch } from "node:os";
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const native = resolve(`dist/aranya-edge-${version}-linux-${arch()}`);

/**
 * `npm run test:executables`: what `npm run build` made, run. Not in `npm test`, which has nothing built. The tests of the
 * command line are those of `npm test`; ARANYA_EDGE_PROGRAM is what they try in place of the source, this machine's own executable
 * unless another is given.
 */
export default defineConfig({
  test: {
    // Some of them are emulated.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: "forks",
    maxWorkers: 1,
    projects: [
      { extends: true, test: { name: "executables", include: ["test/system/executables.test.ts"] } },
      {
        extends: true,
        test: {
          name: "command line",
          include: [
            "test/e2e/{cli,cli-*,config,doctor,measure,startup}.test.ts",
            "test/docs/pages.test.ts",
            "test/unit/cli/described.test.ts",
          ],
          env: { ARANYA_EDGE_PROGRAM: process.env["ARANYA_EDGE_PROGRAM"] ?? native },
        },
      },
    ],
  },
});
