import { expect, test } from "vitest";
import { checkLayers, PACKAGES } from "../support/layers.ts";
import { listFiles, readAll, readText } from "../support/source-tree.ts";

test("imports only point up the list of layers", () => {
  const files = [...listFiles("src"), ...listFiles("platform")].filter((path) => path.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(20);
  expect(checkLayers(readAll(files))).toEqual([]);
});

test("every dependency of the package has its layers named", () => {
  const { dependencies } = JSON.parse(readText("package.json")) as { dependencies: Record<string, string> };
  expect(Object.keys(PACKAGES).sort()).toEqual(Object.keys(dependencies).sort());
});

// What stands where an import may point to.
const WORLD = {
  "src/base/ids.ts": "export const x = 1;",
  "src/codec/cbor.ts": 'import { x } from "../base/ids.ts";',
  "src/crypto/node.ts":
    'import { hash } from "node:crypto"; import { ed25519 } from "@noble/curves/ed25519.js";',
  "src/graph/graph.ts": 'import type { x } from "../base/ids.ts"; export { y } from "./braid.ts";',
  "src/graph/braid.ts": '// import { team } from "../team/team.ts";\nexport const y = 1;',
  "src/policy/policy.ts": "",
  "src/team/team.ts": 'import "../policy/policy.ts";',
  "src/sync/wire.ts": 'import "../graph/graph.ts";',
  "src/dgram-reliability/send.ts": 'import "../base/ids.ts";',
  "src/afc/wire.ts": 'import "../dgram-reliability/send.ts"; import "../crypto/node.ts";',
  "src/ipc/wire.ts": 'import { Encoder } from "cbor-x";',
  "src/io/udp.ts": 'import "node:dgram"; import "../afc/wire.ts";',
  "src/daemon/daemon.ts": 'import pino from "pino"; import "../../platform/linux.ts";',
  "src/client/client.ts": 'import "../ipc/wire.ts"; import "node:net";',
  "src/measure/index.ts": 'import "../client/client.ts"; import "node:fs";',
  "src/cli/main.ts": 'import "../client/client.ts"; import "../../platform/linux.ts";',
  "platform/linux.ts": 'import "node:ffi"; import "../src/base/ids.ts";',
};

function checkWith(path: string, source: string): string[] {
  return checkLayers(new Map(Object.entries({ ...WORLD, [path]: source })));
}

test("what is allowed passes", () => {
  expect(checkLayers(new Map(Object.entries(WORLD)))).toEqual([]);
});

test.each([
  ["down the list", "src/base/bad.ts", 'import { y } from "../graph/braid.ts";', "base may not see graph"],
  [
    "down the list, types only",
    "src/graph/bad.ts",
    'import type { T } from "../team/team.ts";',
    "may not see team",
  ],
  ["by export", "src/codec/bad.ts", 'export * from "../crypto/node.ts";', "codec may not see crypto"],
  [
    "by an inline type",
    "src/base/bad.ts",
    'type T = import("../codec/cbor.ts").T;',
    "base may not see codec",
  ],
  ["sync to policy", "src/sync/bad.ts", 'import "../policy/policy.ts";', "sync may not see policy"],
  ["sync to team", "src/sync/bad.ts", 'import "../team/team.ts";', "sync may not see team"],
  ["reliability to codec", "src/dgram-reliability/bad.ts", 'import "../codec/cbor.ts";', "may not see codec"],
  ["afc to graph", "src/afc/bad.ts", 'import "../graph/graph.ts";', "afc may not see graph"],
  ["afc to team", "src/afc/bad.ts", 'import "../team/team.ts";', "afc may not see team"],
  ["ipc to crypto", "src/ipc/bad.ts", 'import "../crypto/node.ts";', "ipc may not see crypto"],
  ["client to crypto", "src/client/bad.ts", 'import "../crypto/node.ts";', "client may not see crypto"],
  ["client to daemon", "src/client/bad.ts", 'import "../daemon/daemon.ts";', "client may not see daemon"],
  ["measure to daemon", "src/measure/bad.ts", 'import "../daemon/daemon.ts";', "measure may not see daemon"],
  ["daemon to measure", "src/daemon/bad.ts", 'import "../measure/index.ts";', "daemon may not see measure"],
  ["daemon to cli", "src/daemon/bad.ts", 'import "../cli/main.ts";', "daemon may not see cli"],
  ["io to platform", "src/io/bad.ts", 'import "../../platform/linux.ts";', "io may not see platform"],
  [
    "client to platform",
    "src/client/bad.ts",
    'import "../../platform/linux.ts";',
    "client may not see platform",
  ],
  [
    "platform to daemon",
    "platform/bad.ts",
    'import "../src/daemon/daemon.ts";',
    "platform may not see daemon",
  ],
  [
    "node: in a core",
    "src/team/bad.ts",
    'import { readFileSync } from "node:fs";',
    "team may not import node:fs",
  ],
  ["node: in the daemon", "src/daemon/bad.ts", 'import "node:net";', "daemon may not import node:net"],
  ["node: without its prefix", "src/io/bad.ts", 'import "fs";', "io may not import fs"],
  ["the other CBOR", "src/codec/bad.ts", 'import { decode } from "cbor-x";', "codec may not import cbor-x"],
  ["a stranger", "src/cli/bad.ts", 'import "left-pad/deep";', "cli may not import left-pad/deep"],
  [
    "a package named like a property",
    "src/cli/bad.ts",
    'import "constructor";',
    "may not import constructor",
  ],
  ["at run time", "src/io/bad.ts", 'const m = await import("node:net");', "imports node:net at run time"],
  ["by require", "src/io/bad.ts", 'const m = require("node:net");', "imports node:net at run time"],
  ["a file that is not there", "src/io/bad.ts", 'import "../base/gone.ts";', "which is not there"],
  ["out of the tree", "src/io/bad.ts", 'import "../../test/support/x.ts";', "which is not there"],
  ["from no layer", "src/extra/bad.ts", "", "is in no layer"],
])("a planted import %s is seen", (_, path, source, expected) => {
  const violations = checkWith(path, source);
  expect(violations).toHaveLength(1);
  expect(violations[0]).toContain(`${path}:1`);
  expect(violations[0]).toContain(expected);
});

test("a planted ring of imports is seen, also one of types", () => {
  expect(checkWith("src/graph/braid.ts", 'import type { G } from "./graph.ts";')).toEqual([
    "src/graph/graph.ts:1 import cycle: src/graph/graph.ts -> src/graph/braid.ts -> src/graph/graph.ts",
  ]);
  expect(checkWith("src/graph/self.ts", 'import "./self.ts";')).toHaveLength(1);
});

test("[SYS-10] the core runs any policy: of graph, sync and team only the actions know the rules of the default one", () => {
  const core = ["src/graph", "src/sync", "src/team"].flatMap((folder) => listFiles(folder));
  const knowing = [...readAll(core)].filter(([, source]) => /from "[^"]*policy\/default\//.test(source));
  expect(knowing.map(([path]) => path)).toEqual(["src/team/actions.ts"]);
});
