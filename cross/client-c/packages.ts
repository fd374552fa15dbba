/**
 * libaranya-edge0 and libaranya-edge-dev of what `build` has built, for one architecture of Debian. The same library and
 * commit give the same bytes.
 */
import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Tree } from "../../deploy/packages/tree.ts";
import { BuildError, run } from "../process.ts";
import { ROOT } from "../targets.ts";

export interface DebianTarget {
  /** Debian's name of the architecture. */
  readonly architecture: string;
  /** Where its libraries lie, below usr/lib. */
  readonly multiarch: string;
  /** Before the names of binutils. */
  readonly prefix: string;
  /** Where CMake has built. */
  readonly build: string;
}

const RUNTIME = "libaranya-edge0";
const DEVELOPMENT = "libaranya-edge-dev";

/** The paths of both packages. */
export function makePackages(target: DebianTarget, version: string, out: string): string[] {
  const scratch = mkdtempSync(join(tmpdir(), "aranya-edge-libraries-"));
  try {
    const installed = join(scratch, "installed");
    const libdir = `lib/${target.multiarch}`;
    run([
      "cmake",
      "-S",
      join(ROOT, "src/client-c"),
      "-B",
      target.build,
      "-DCMAKE_INSTALL_PREFIX=/usr",
      `-DCMAKE_INSTALL_LIBDIR=${libdir}`,
    ]);
    run(["cmake", "--install", target.build], { env: { ...process.env, DESTDIR: installed } });
    const library = join(installed, "usr", libdir, `libaranya-edge.so.${version}`);
    run([`${target.prefix}strip`, "--strip-unneeded", library]);
    run([
      `${target.prefix}strip`,
      "--strip-debug",
      "--enable-deterministic-archives",
      join(installed, "usr", libdir, "libaranya-edge.a"),
    ]);
    const isRuntime = (path: string): boolean => /\.so\.\d/.test(path);
    const files = filesIn(installed);
    const packing = { target, version, out, scratch, installed };
    return [
      pack(packing, RUNTIME, files.filter(isRuntime), `libc6 (>= ${glibcOf(target, library)})`),
      pack(
        packing,
        DEVELOPMENT,
        files.filter((path) => !isRuntime(path)),
        `${RUNTIME} (= ${version}), libc6-dev`,
      ),
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Unpacked, found by pkg-config, linked and run: on this machine's own architecture. */
export function tryPackages(packages: readonly string[], multiarch: string): void {
  const root = mkdtempSync(join(tmpdir(), "aranya-edge-libraries-"));
  try {
    for (const file of packages) run(["dpkg-deb", "--extract", file, root]);
    const source = join(root, "main.c");
    writeFileSync(
      source,
      `#include <aranya_edge.h>\n#include <string.h>\nint main(void) { return strcmp(aranya_edge_version(), ARANYA_EDGE_VERSION); }\n`,
    );
    const lib = join(root, "usr/lib", multiarch);
    const env = { ...process.env, PKG_CONFIG_PATH: join(lib, "pkgconfig"), PKG_CONFIG_SYSROOT_DIR: root };
    const flags = run(["pkg-config", "--cflags", "--libs", "aranya-edge"], { env }).trim().split(/\s+/);
    run(["gcc", source, ...flags, "-o", join(root, "main")]);
    run([join(root, "main")], { env: { ...process.env, LD_LIBRARY_PATH: lib } });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

interface Packing {
  readonly target: DebianTarget;
  readonly version: string;
  readonly out: string;
  readonly scratch: string;
  readonly installed: string;
}

function pack(
  { target, version, out, scratch, installed }: Packing,
  name: string,
  files: readonly string[],
  depends: string,
): string {
  const epoch = sourceDate();
  const tree = new Tree(join(scratch, name), epoch);
  for (const path of files) {
    if (lstatSync(join(installed, path)).isSymbolicLink()) {
      tree.link(path, readlinkSync(join(installed, path)));
    } else {
      tree.copy(path, join(installed, path));
    }
  }
  const doc = `usr/share/doc/${name}`;
  tree.copy(`${doc}/copyright`, join(ROOT, "LICENSE"));
  tree.write(`${doc}/CHANGELOG.md.gz`, gzipSync(readFileSync(join(ROOT, "CHANGELOG.md")), { level: 9 }));
  if (name === DEVELOPMENT) {
    for (const example of readdirSync(join(ROOT, "src/client-c/examples"))) {
      tree.copy(`${doc}/examples/${example}`, join(ROOT, "src/client-c/examples", example));
    }
  }
  const own = tree.files();
  const kib = own.reduce((sum, path) => sum + Math.ceil(lstatSync(join(tree.root, path)).size / 1024), 0);
  const sums = own.map((path) => `${md5(join(tree.root, path))}  ${path}\n`);
  tree.write("DEBIAN/control", control(name, { target, version, depends, kib }));
  tree.write("DEBIAN/md5sums", sums.join(""));
  if (name === RUNTIME) {
    tree.write("DEBIAN/shlibs", `libaranya-edge 0 ${RUNTIME} (>= ${version})\n`);
    tree.write("DEBIAN/triggers", "activate-noawait ldconfig\n");
  }
  tree.settle();
  const file = join(out, `${name}_${version}_${target.architecture}.deb`);
  run(["dpkg-deb", "--root-owner-group", "-Zxz", "-z6", "--threads-max=1", "--build", tree.root, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) },
  });
  return file;
}

function control(
  name: string,
  o: { target: DebianTarget; version: string; depends: string; kib: number },
): string {
  const isRuntime = name === RUNTIME;
  return `Package: ${name}
Source: aranya-edge
Version: ${o.version}
Architecture: ${o.target.architecture}
Multi-Arch: same
Maintainer: aranya-edge maintainers <maintainers@aranya-edge.invalid>
Installed-Size: ${o.kib}
Depends: ${o.depends}
Section: ${isRuntime ? "libs" : "libdevel"}
Priority: optional
Description: C client of the aranya-edge daemon${isRuntime ? "" : " (development files)"}
 What an application on the device links to talk to the daemon beside it, over
 its Unix socket. ${isRuntime ? "The shared library." : "Header, static library, CMake and pkg-config files, examples."}
`;
}

/** The newest of the versions its symbols ask for. */
function glibcOf({ prefix }: DebianTarget, library: string): string {
  const versions = [...run([`${prefix}objdump`, "-T", library]).matchAll(/GLIBC_([\d.]+)/g)].map(
    (match) => match[1]!,
  );
  const newest = versions.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  if (newest === undefined)
    throw new BuildError(`${library} asks for no version of glibc`, "is it built for Linux?");
  return newest;
}

/** Files and links, from the root, sorted. */
function filesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => !lstatSync(join(root, path)).isDirectory())
    .sort();
}

function sourceDate(): number {
  return Number(
    process.env["SOURCE_DATE_EPOCH"] ?? run(["git", "-C", ROOT, "log", "-1", "--format=%ct"]).trim(),
  );
}

function md5(path: string): string {
  return createHash("md5").update(readFileSync(path)).digest("hex");
}
