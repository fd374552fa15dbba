/**
 * npm run test:system: the packages in a real Debian with a real systemd (debootstrap, systemd-nspawn), from installation to
 * purge, with everything that goes wrong on a device in between. One line a check; ends with 0 where all hold.
 *
 *   node test/system/main.ts [--binary PATH] [--idle SECONDS] [--quick] [--only WORD] [--keep]
 *
 *   --binary PATH    the executable for this machine's processor, instead of the one in dist/
 *   --idle SECONDS   how long it has to be quiet (60)
 *   --quick          ten seconds of quiet, and leaves out what takes long
 *   --only WORD      only the parts named: life, bad-input, quiet, packages, archive, guide; life always runs before the first three
 *   --keep           leaves the system's folder behind and says where
 *
 * Needs root, and debootstrap and systemd-container, which it installs where apt-get is there.
 */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { arch, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { commandLine } from "../../cross/command-line.ts";
import { archiveLife } from "./checks/archive.ts";
import { badInput } from "./checks/bad-input.ts";
import { guide } from "./checks/guide.ts";
import { life } from "./checks/life.ts";
import { packageLife } from "./checks/packages.ts";
import { quiet } from "./checks/quiet.ts";
import { Machine } from "./lib/machine.ts";
import { copyRoot, pristineRoot, whyNot } from "./lib/root.ts";
import { must } from "./lib/run.ts";
import type { World } from "./lib/world.ts";

const ROOT = join(import.meta.dirname, "../..");
const PARTS: Readonly<Record<string, (world: World) => Promise<void>>> = {
  life,
  "bad-input": badInput,
  quiet,
  packages: packageLife,
  archive: archiveLife,
  guide,
};

const values = commandLine(import.meta.filename, {
  binary: { type: "string" },
  idle: { type: "string" },
  quick: { type: "boolean", default: false },
  only: { type: "string", multiple: true, default: [] },
  keep: { type: "boolean", default: false },
});
const startedAt = performance.now();
const seconds = (): string => ((performance.now() - startedAt) / 1000).toFixed(0).padStart(4);

let failures = 0;
let passed = 0;

async function main(): Promise<number> {
  const parts = values.only.length === 0 ? Object.keys(PARTS) : values.only;
  const unknown = parts.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined)
    throw new Error(`no part is called ${unknown}: ${Object.keys(PARTS).join(", ")}`);
  const reason = await whyNot();
  if (reason !== undefined) {
    console.error(`test:system: not possible here: ${reason}`);
    return 69;
  }
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  const nextVersion = `${version}+next`;
  const target = arch() === "arm64" ? "arm64" : "x64";
  const binary = values.binary ?? join(ROOT, "dist", `aranya-edge-${version}-linux-${target}`);
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: npm run build, or --binary PATH`);

  const folder = mkdtempSync(join(tmpdir(), "aranya-edge-system-"));
  process.once("exit", () => {
    if (values.keep) console.log(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  });
  const pristine = await pristineRoot(say);
  say("packing both versions");
  const root = join(folder, "root");
  await copyRoot(pristine, root);
  // What Debian does once a day, some of it at a random hour, would be seen as ours.
  symlinkSync("/dev/null", join(root, "etc/systemd/system/timers.target"));
  const made = async (name: string): Promise<[string, string]> => {
    const out = join(folder, name);
    const options = ["--binary", `${target}=${binary}`, "--version", name, "--out", out, "--fast"];
    const lines = (
      await must(process.execPath, [join(ROOT, "deploy/packages/main.ts"), ...options], 120_000)
    ).split("\n");
    const files = lines.map((line) => join(out, line.split(" ")[0]!));
    for (const file of files) copyFileSync(file, join(root, "opt", basename(file)));
    copyFileSync(join(out, "SHA256SUMS"), join(root, "opt", `SHA256SUMS-${name}`));
    rmSync(out, { recursive: true });
    return files.map((file) => join("/opt", basename(file))) as [string, string];
  };
  const [older, newer] = [await made(version), await made(nextVersion)];

  const machine = new Machine(root);
  try {
    say("booting");
    await machine.boot();
    const world: World = {
      machine,
      check: (title, run) => check(machine, title, run),
      packages: [older[0], newer[0]],
      archives: [older[1], newer[1]],
      version,
      nextVersion,
      idleSeconds: Number(values.idle ?? (values.quick ? 10 : 60)),
      quick: values.quick,
    };
    const needsLife = ["bad-input", "quiet", "packages"].some((name) => parts.includes(name));
    for (const [name, run] of Object.entries(PARTS)) {
      if (!parts.includes(name) && !(name === "life" && needsLife)) continue;
      console.log(name);
      await run(world);
    }
  } finally {
    await machine.close();
  }
  console.log(
    failures === 0
      ? `all ${passed} checks hold, ${seconds().trim()} s`
      : `${failures} of ${passed + failures} checks do not hold`,
  );
  return failures === 0 ? 0 : 1;
}

function say(text: string): void {
  console.log(`${seconds()} s ${text}`);
}

async function check(machine: Machine, title: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
    passed++;
    console.log(`${seconds()} s ok     ${title}`);
  } catch (error) {
    failures++;
    const log = await machine.sh("journalctl -o cat --no-pager -n 12 -u aranya-edge.service");
    const why = `${String((error as Error).stack ?? error)}\nthe unit's last lines:\n${log.stdout}`;
    console.log(`${seconds()} s FAILED ${title}\n${why.trimEnd().replace(/^/gm, "        ")}`);
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
