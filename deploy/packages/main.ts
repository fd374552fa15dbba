/**
 * npm run package: of each executable that `npm run build` made, a Debian package and an archive with an installer; and the
 * packages of the C client. With what the build made that is all of a release, and SHA256SUMS has the sums of all.
 *
 *   node deploy/packages/main.ts [--binary TARGET=PATH]… [--version VERSION] [--no-client] [--out DIR] [--fast]
 *
 *   --binary TARGET=PATH   this executable for x64, arm64 or armv7, instead of those in dist/; implies --no-client
 *   --version VERSION      instead of the one in package.json; implies --no-client
 *   --no-client            leaves out the packages of the C client, which need CMake and Debian's cross compilers
 *   --out DIR              instead of dist/
 *   --fast                 packs without compressing well: for tests
 *
 * The same executable and commit give the same bytes. Needs dpkg-deb, tar and gzip; for armv7 Debian's cross compiler
 * gcc-arm-linux-gnueabihf, without which the package has no helper and its watchdog beats cost more.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { commandLine } from "../../cross/command-line.ts";
import { writeSums } from "../../cross/released.ts";
import { readers } from "./readers.ts";
import { dependsOf, PACKAGE_TARGETS } from "./targets.ts";
import type { PackageTarget } from "./targets.ts";
import { Tree } from "./tree.ts";

const ROOT = join(import.meta.dirname, "../..");
const HERE = import.meta.dirname;
const { version: ownVersion } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  version: string;
};

const values = commandLine(import.meta.filename, {
  binary: { type: "string", multiple: true, default: [] },
  version: { type: "string", default: ownVersion },
  "no-client": { type: "boolean", default: false },
  out: { type: "string", default: join(ROOT, "dist") },
  fast: { type: "boolean", default: false },
});
const { version, fast } = values;
const out = resolve(values.out);
const EPOCH = sourceDate();
const READERS = readers(version);

interface Executable {
  readonly target: PackageTarget;
  readonly path: string;
  /** Undefined where the target needs none. */
  readonly helper: string | undefined;
}

/** Told without a stack: it is nobody's bug. */
class Refusal extends Error {}

function main(): void {
  const scratch = mkdtempSync(join(tmpdir(), "aranya-edge-package-"));
  try {
    mkdirSync(out, { recursive: true });
    const found = executables();
    if (found.length === 0)
      throw new Refusal("there is no executable in dist/: npm run build, or --binary TARGET=PATH");
    for (const [target, path] of found) {
      const helper = buildHelper(target, scratch);
      for (const made of [debianPackage, archive]) {
        const file = made({ target, path, helper }, join(scratch, target.name));
        const size = (statSync(file).size / 2 ** 20).toFixed(1);
        console.log(`${basename(file).padEnd(48)} ${size.padStart(6)} MiB  ${sha256(file)}`);
      }
    }
    if (!values["no-client"] && values.binary.length === 0 && version === ownVersion) packClient();
    writeSums(out, version);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function packClient(): void {
  const command = [join(ROOT, "cross/client-c/main.ts"), "build", "packages", "--out", out];
  try {
    execFileSync(process.execPath, command, { cwd: ROOT, stdio: "inherit" });
  } catch (error) {
    if (typeof (error as { status?: unknown }).status !== "number") throw error;
    // It has said what is missing, and how it is installed.
    throw new Refusal(
      "the packages of the C client cannot be made; without them: npm run package -- --no-client",
    );
  }
}

function executables(): [PackageTarget, string][] {
  const given = new Map(
    values.binary.map((text) => /^(\w+)=(.+)$/s.exec(text)?.slice(1) as [string, string]),
  );
  for (const name of given.keys()) {
    if (!PACKAGE_TARGETS.some((target) => target.name === name))
      throw new Error(`there is no target ${name}`);
  }
  return PACKAGE_TARGETS.flatMap((target): [PackageTarget, string][] => {
    const built = join(ROOT, "dist", `aranya-edge-${ownVersion}-linux-${target.name}`);
    const path = given.get(target.name) ?? (given.size === 0 && existsSync(built) ? built : undefined);
    return path === undefined ? [] : [[target, path]];
  });
}

/** Static: what an executable made for an old glibc runs on has an old glibc. */
function buildHelper({ helperCompiler, name }: PackageTarget, scratch: string): string | undefined {
  if (helperCompiler === undefined) return undefined;
  const helper = join(scratch, `notify-helper-${name}`);
  const flags = ["-std=c11", "-D_GNU_SOURCE", "-Os", "-s", "-static", "-Wl,--build-id=none"];
  try {
    execFileSync(helperCompiler, [...flags, "-o", helper, "notify-helper.c"], {
      cwd: join(ROOT, "platform"),
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    console.log(`${name}: no ${helperCompiler}, so no notify-helper: beats go by systemd-notify`);
    return undefined;
  }
  return helper;
}

function debianPackage(executable: Executable, folder: string): string {
  const { target } = executable;
  const tree = new Tree(join(folder, "deb"), EPOCH);
  const doc = "usr/share/doc/aranya-edge";
  tree.copy("usr/bin/aranya-edge", executable.path, 0o755);
  if (executable.helper !== undefined) {
    tree.copy("usr/libexec/aranya-edge/notify-helper", executable.helper, 0o755);
  }
  for (const [name, text] of units(executable)) tree.write(`usr/lib/systemd/system/${name}`, text);
  tree.copy("usr/lib/sysusers.d/aranya-edge.conf", join(ROOT, "systemd/sysusers.conf"));
  tree.copy("usr/lib/tmpfiles.d/aranya-edge.conf", join(ROOT, "systemd/tmpfiles.conf"));
  tree.copy("etc/aranya-edge/config.json", join(ROOT, "systemd/config.json"), 0o640);
  for (const { packaged, bytes } of READERS) tree.write(`usr/share/${packaged}`, bytes);
  tree.write(`${doc}/copyright`, notice(executable.path));
  tree.write(`${doc}/CHANGELOG.md.gz`, gzipSync(readFileSync(join(ROOT, "CHANGELOG.md")), { level: 9 }));

  const installedKiB = tree
    .files()
    .reduce((sum, file) => sum + Math.ceil(statSync(join(tree.root, file)).size / 1024), 0);
  const sums = tree.files().map((file) => `${md5(join(tree.root, file))}  ${file}\n`);
  tree.write("DEBIAN/control", control(target, installedKiB));
  tree.write("DEBIAN/conffiles", "/etc/aranya-edge/config.json\n");
  tree.write("DEBIAN/md5sums", sums.join(""));
  for (const script of ["preinst", "postinst", "prerm", "postrm"]) {
    tree.copy(`DEBIAN/${script}`, join(HERE, "debian", script), 0o755);
  }
  tree.settle();

  const file = join(out, `aranya-edge_${version}_${target.debian}.deb`);
  // One thread: how many there are would show in the bytes. xz: what dpkg of every Debian reads.
  const packing = fast ? ["-Znone"] : ["-Zxz", "-z6", "--threads-max=1"];
  execFileSync("dpkg-deb", ["--root-owner-group", ...packing, "--build", tree.root, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(EPOCH) },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return file;
}

function control(target: PackageTarget, installedKiB: number): string {
  return `Package: aranya-edge
Version: ${version}
Architecture: ${target.debian}
Maintainer: aranya-edge maintainers <maintainers@aranya-edge.invalid>
Installed-Size: ${installedKiB}
Depends: ${dependsOf(target)}
Recommends: systemd
Section: net
Priority: optional
Description: trust and encrypted transport for devices that work without the network
 A daemon that keeps a device's identity and its teams. A team is a graph of
 signed commands that every member holds and judges by the same policy; no
 server and no clock are needed. Daemons pull commands from each other over
 TLS 1.3; devices that share a label talk over end-to-end encrypted datagrams.
 Applications use it over a Unix socket.
`;
}

/** What install.sh finds beside it. */
function archive(executable: Executable, folder: string): string {
  const name = `aranya-edge-${version}-linux-${executable.target.name}`;
  const parent = new Tree(join(folder, "tar"), EPOCH);
  const tree = new Tree(join(parent.root, name), EPOCH);
  tree.copy("bin/aranya-edge", executable.path, 0o755);
  if (executable.helper !== undefined) tree.copy("libexec/notify-helper", executable.helper, 0o755);
  for (const [unit, text] of units(executable)) tree.write(`systemd/${unit}`, text);
  for (const file of ["sysusers.conf", "tmpfiles.conf", "config.json"]) {
    tree.copy(`systemd/${file}`, join(ROOT, "systemd", file));
  }
  for (const { local, bytes } of READERS) tree.write(`share/${local}`, bytes);
  tree.copy("install.sh", join(HERE, "install.sh"), 0o755);
  tree.write("VERSION", `${version}\n`);
  tree.write("LICENSE", notice(executable.path));
  tree.copy("CHANGELOG.md", join(ROOT, "CHANGELOG.md"));
  const sums = tree.files().map((file) => `${sha256(join(tree.root, file))}  ${file}\n`);
  tree.write("SHA256SUMS", sums.join(""));
  parent.settle();

  const file = join(out, `${name}.tar.gz`);
  const packing = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu"];
  execFileSync("tar", [
    ...packing,
    `--use-compress-program=gzip -n${fast ? 1 : 9}`,
    "-cf",
    file,
    "-C",
    parent.root,
    name,
  ]);
  return file;
}

/** Name and text. */
function units({ target, helper }: Executable): [string, string][] {
  const read = (name: string): string => readFileSync(join(ROOT, "systemd", name), "utf8");
  const found = ["aranya-edge.service", "aranya-edge@.service"].map((name): [string, string] => [
    name,
    read(name),
  ]);
  if (target.helperCompiler === undefined) return found;
  const dropIn = read("without-ffi.conf");
  const text = helper === undefined ? dropIn.replace(/^Environment=.*\n/m, "") : dropIn;
  return [...found, ...found.map(([name]): [string, string] => [`${name}.d/10-without-ffi.conf`, text])];
}

/** The licences of all parts, which the build lays beside the executable; of a bare executable our own. */
function notice(executable: string): string {
  const all = `${executable}.licences.txt`;
  return readFileSync(existsSync(all) ? all : join(ROOT, "LICENSE"), "utf8");
}

/** Seconds: SOURCE_DATE_EPOCH, else when the commit was made. */
function sourceDate(): number {
  const given = process.env["SOURCE_DATE_EPOCH"];
  const text = given ?? execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: ROOT, encoding: "utf8" });
  const seconds = Number(text.trim());
  if (!Number.isSafeInteger(seconds) || seconds <= 0) throw new Error(`not a number of seconds: ${text}`);
  return seconds;
}

function md5(path: string): string {
  return createHash("md5").update(readFileSync(path)).digest("hex");
}

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

try {
  main();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(`package: ${error.message}`);
  process.exitCode = 1;
}
