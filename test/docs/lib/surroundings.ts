/** What a page is run in: a directory of its own, free ports, and the program, Node and the C library where a shell finds them. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { freePort } from "../../support/daemon-process.ts";
import type { DaemonCommand } from "../../support/daemon-process.ts";

/** What stands in pages for places of a device, and may not be touched here. */
const PLACE = /\/(?:(?:var\/lib|run|etc)\/aranya-edge|tmp)(?=\/|\b)/g;
const PORT = /(?<=(?:127\.0\.0\.\d{1,3}|0\.0\.0\.0|localhost):)\d{4,5}\b/g;

export interface Surroundings {
  /** Where the reader begins. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** With places and ports of this run. */
  here(text: string): string;
  /** As the page has them. */
  there(text: string): string;
}

export function hasCompiler(): boolean {
  try {
    execFileSync("cc", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** In `root`, which is the page's alone. */
export async function prepare(
  root: string,
  markdown: string,
  command: DaemonCommand,
  library: string | undefined,
): Promise<Surroundings> {
  const directory = join(root, "page");
  const bin = join(root, "bin");
  for (const made of [directory, bin]) mkdirSync(made, { recursive: true });
  for (const [place] of `${markdown} /run/aranya-edge`.matchAll(PLACE)) {
    mkdirSync(join(root, place), { recursive: true });
  }
  const ports: (readonly [string, string])[] = [];
  for (const port of new Set(markdown.match(PORT) ?? [])) ports.push([port, String(await freePort())]);
  const portOf = new Map(ports);
  const portFrom = new Map(ports.map(([there, here]) => [here, there]));
  program(bin, "aranya-edge", command);
  program(bin, "node", [process.execPath]);
  if (library !== undefined) {
    const include = resolve("src/client-c/include");
    writeFileSync(
      join(bin, "pkg-config"),
      `#!/bin/sh\necho "-I${include} -L${library} -laranya_edge -lpthread"\n`,
      { mode: 0o755 },
    );
  }
  installClient(root);
  return {
    directory,
    env: {
      ...process.env,
      PATH: `${bin}:${process.env["PATH"] ?? ""}`,
      ARANYA_EDGE_SOCKET: join(root, "run/aranya-edge/socket"),
      NO_COLOR: "1",
    },
    here(text) {
      return text
        .replace(PLACE, (place) => join(root, place))
        .replace(PORT, (port) => portOf.get(port) ?? port);
    },
    there(text) {
      return text.replaceAll(root, "").replace(PORT, (port) => portFrom.get(port) ?? port);
    },
  };
}

function program(bin: string, name: string, command: DaemonCommand): void {
  const quoted = command.map((word) => `"${word}"`).join(" ");
  writeFileSync(join(bin, name), `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
}

/** `aranya-edge/client`, as a program that installed it finds it, is the source. */
export function installClient(root: string): void {
  const installed = join(root, "node_modules/aranya-edge");
  mkdirSync(installed, { recursive: true });
  const manifest = { name: "aranya-edge", type: "module", exports: { "./client": "./client.ts" } };
  writeFileSync(join(installed, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(root, "package.json"), JSON.stringify({ type: "module" }));
  symlinkSync(resolve("src/client/index.ts"), join(installed, "client.ts"));
}

/** The C library, compiled once into `directory`. */
export function buildLibrary(directory: string): string {
  const source = resolve("src/client-c/src");
  const files = readdirSync(source).filter((name) => name.endsWith(".c"));
  const include = `-I${resolve("src/client-c/include")}`;
  const sources = files.map((name) => join(source, name));
  execFileSync("cc", ["-std=c11", "-D_GNU_SOURCE", "-O1", "-c", include, ...sources], { cwd: directory });
  execFileSync("ar", ["rcs", "libaranya_edge.a", ...files.map((name) => name.replace(/c$/, "o"))], {
    cwd: directory,
  });
  return directory;
}
