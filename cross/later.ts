/**
 * Code that most runs never reach, carried as text that is compiled when it is wanted. V8 reads all of a script before it runs
 * any of it, 18 ms for each megabyte, and keeps what it learnt.
 */
import { join, relative } from "node:path";
import { deflateRawSync } from "node:zlib";
import { build } from "esbuild";
import type { BuildOptions, Metafile, Plugin } from "esbuild";
import { ROOT } from "./targets.ts";

/** What stands in an executable's main script and code that comes later cannot see. */
const HANDED_ON = "ARANYA_EDGE_NEEDS";

/**
 * Modules that are imported dynamically and match `filter` become a bundle of their own, with what they import. `onInputs` is told
 * which files those were.
 */
export function later(
  filter: RegExp,
  common: BuildOptions,
  onInputs: (inputs: Metafile["inputs"]) => void,
): Plugin {
  return {
    name: "later",
    setup(within) {
      within.onResolve({ filter }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind !== "dynamic-import" || pluginData === "later") return undefined;
        const found = await within.resolve(path, { kind, importer, resolveDir, pluginData: "later" });
        // The name stands in the bundle, which is the same wherever it is made.
        return found.errors.length > 0 ? found : { path: relative(ROOT, found.path), namespace: "later" };
      });
      within.onLoad({ filter: /.*/, namespace: "later" }, async ({ path }) => {
        const { outputFiles, metafile, warnings } = await build({
          ...common,
          format: "cjs",
          entryPoints: [join(ROOT, path)],
          legalComments: "inline",
          metafile: true,
          write: false,
        });
        onInputs(metafile.inputs);
        return { contents: wrapped(outputFiles[0]!.text), loader: "js", resolveDir: "/", warnings };
      });
    },
  };
}

/** A CommonJS module that unpacks and runs it. */
function wrapped(code: string): string {
  const packed = deflateRawSync(Buffer.from(code, "utf8"), { level: 9 }).toString("base64");
  return `
const { inflateRawSync } = require("node:zlib");
const { compileFunction } = require("node:vm");
const code = inflateRawSync(Buffer.from("${packed}", "base64")).toString("utf8");
const names = ["exports", "require", "module", "__filename", "__dirname", "${HANDED_ON}"];
const handedOn = typeof ${HANDED_ON} === "undefined" ? undefined : ${HANDED_ON};
const run = compileFunction(code, names, { filename: "aranya-edge-commands.cjs" });
run(exports, require, module, __filename, __dirname, handedOn);
`;
}

/** Ways of pino that a daemon which logs to stderr never goes: workers, and with them 4 ms and half a megabyte. */
export const PINO_WITHOUT_WORKERS: Plugin = {
  name: "pino-without-workers",
  setup(within) {
    const stub = (filter: RegExp, importer: RegExp, contents: string): void => {
      within.onResolve({ filter }, ({ path, importer: from }) =>
        importer.test(from) ? { path, namespace: "stub", pluginData: contents } : undefined,
      );
    };
    const inPino = /node_modules\/pino\//;
    stub(/^worker_threads$/, inPino, "exports.isMainThread = true;");
    const refuse =
      'module.exports = () => { throw new Error("log transports are not part of this build"); };';
    stub(/^\.\/lib\/transport$|^\.\/transport$/, inPino, refuse);
    within.onLoad({ filter: /.*/, namespace: "stub" }, ({ pluginData }) => ({
      contents: String(pluginData),
    }));
  },
};
