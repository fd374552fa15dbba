/** What is in a package, and that it is the same whoever packs it. What it does is test/system/'s to say. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";

const MAIN = join(import.meta.dirname, "../../../deploy/packages/main.ts");
const directory = mkdtempSync(join(tmpdir(), "packages-"));
afterAll(() => rmSync(directory, { recursive: true }));

const hasDpkg = spawnSync("dpkg-deb", ["--version"]).status === 0;
function packingTest(title: string, run: () => void): void {
  if (hasDpkg) test(title, run);
  else test(`not possible on this machine: ${title} (no dpkg-deb)`, () => undefined);
}

/** Of a stand-in for an executable, with this umask and file time. */
function pack(name: string, umask: number, time: number): string {
  const binary = join(directory, `${name}.bin`);
  writeFileSync(binary, "#!/bin/sh\necho 1.2.3\n");
  chmodSync(binary, 0o700);
  utimesSync(binary, time, time);
  const out = join(directory, name);
  const targets = ["x64", "arm64", "armv7"].flatMap((target) => ["--binary", `${target}=${binary}`]);
  const command = [process.execPath, MAIN, ...targets, "--version", "1.2.3", "--out", out];
  execFileSync("sh", ["-c", `umask ${umask.toString(8)}; exec "$@"`, "sh", ...command], {
    env: { ...process.env, SOURCE_DATE_EPOCH: "1790000000" },
  });
  return out;
}

const sums = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(folder, name)))
          .digest("hex"),
      ]),
  );

packingTest("[SYS-1] a package and an archive for each processor, the same bytes whoever packs them", () => {
  const first = sums(pack("first", 0o022, 1_700_000_000));
  expect(Object.keys(first)).toEqual([
    "SHA256SUMS",
    "aranya-edge-1.2.3-linux-arm64.tar.gz",
    "aranya-edge-1.2.3-linux-armv7.tar.gz",
    "aranya-edge-1.2.3-linux-x64.tar.gz",
    "aranya-edge_1.2.3_amd64.deb",
    "aranya-edge_1.2.3_arm64.deb",
    "aranya-edge_1.2.3_armhf.deb",
  ]);
  expect(sums(pack("second", 0o077, 1_600_000_000))).toEqual(first);
});

packingTest("everything in a package is root's, readable, and of the time of the commit", () => {
  const out = pack("contents", 0o077, 1_600_000_000);
  const list = (deb: string): string[] =>
    execFileSync("dpkg-deb", ["--contents", join(out, deb)], {
      encoding: "utf8",
      env: { ...process.env, TZ: "UTC" },
    })
      .trim()
      .split("\n");
  const lines = list("aranya-edge_1.2.3_armhf.deb");
  for (const line of lines)
    expect(line).toMatch(
      /^(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--|-rw-r-----) root\/root .* 2026-09-21 14:13 \.\//,
    );
  const files = lines.filter((line) => line.startsWith("-")).map((line) => line.split(" ").at(-1)!);
  expect(files).toEqual(
    expect.arrayContaining([
      "./usr/bin/aranya-edge",
      "./usr/lib/systemd/system/aranya-edge.service",
      "./usr/lib/systemd/system/aranya-edge@.service",
      "./usr/lib/systemd/system/aranya-edge.service.d/10-without-ffi.conf",
      "./usr/lib/sysusers.d/aranya-edge.conf",
      "./usr/lib/tmpfiles.d/aranya-edge.conf",
      "./etc/aranya-edge/config.json",
      "./usr/share/doc/aranya-edge/copyright",
    ]),
  );
  for (const path of [
    "man/man1/aranya-edge.1.gz",
    "man/man1/aranya-edge-status.1.gz",
    "bash-completion/completions/aranya-edge",
    "zsh/vendor-completions/_aranya-edge",
    "fish/vendor_completions.d/aranya-edge.fish",
    "doc/aranya-edge/cli-json.md",
    "doc/aranya-edge/troubleshooting.md",
  ]) {
    expect(files).toContain(`./usr/share/${path}`);
  }
  expect(list("aranya-edge_1.2.3_amd64.deb").join("\n")).not.toContain("without-ffi");
  const fields = execFileSync("dpkg-deb", ["--field", join(out, "aranya-edge_1.2.3_arm64.deb")], {
    encoding: "utf8",
  });
  expect(fields).toMatch(/^Architecture: arm64$/m);
  expect(fields).toMatch(/^Depends: .*libc6 \(>= 2\.28\), libstdc\+\+6 .*libatomic1/m);
});

packingTest(
  "[SYS-1] the archive has pages for this version and completions, and gzip put no time into them",
  () => {
    const out = pack("read", 0o022, 1_600_000_000);
    const name = "aranya-edge-1.2.3-linux-x64";
    execFileSync("tar", ["-xzf", join(out, `${name}.tar.gz`), "-C", out]);
    const share = join(out, name, "share");
    const page = readFileSync(join(share, "man/man1/aranya-edge-doctor.1.gz"));
    expect(page.subarray(3, 8)).toEqual(Buffer.alloc(5));
    expect(gunzipSync(page).toString()).toContain('"aranya-edge 1.2.3"');
    expect(readdirSync(join(share, "man/man1"))).toHaveLength(readdirSync("docs/man").length);
    for (const [path, begins] of [
      ["bash-completion/completions/aranya-edge", "# bash completion"],
      ["zsh/site-functions/_aranya-edge", "#compdef aranya-edge"],
      ["fish/vendor_completions.d/aranya-edge.fish", "# fish completion"],
    ] as const) {
      expect(readFileSync(join(share, path), "utf8").startsWith(begins), path).toBe(true);
    }
    execFileSync("sha256sum", ["--check", "--quiet", "SHA256SUMS"], { cwd: join(out, name) });
  },
);

packingTest("a target that does not exist, and an executable that is not there, are refused", () => {
  const run = (...args: string[]): { status: number | null; stderr: string } =>
    spawnSync(process.execPath, [MAIN, "--out", join(directory, "none"), ...args], { encoding: "utf8" });
  for (const args of [
    ["--binary", "mips=/bin/true"],
    ["--binary", "x64=/nonexistent"],
    ["--binary", "x64"],
    ["--frob"],
  ]) {
    const { status, stderr } = run(...args);
    expect(status, args.join(" ")).not.toBe(0);
    expect(stderr).not.toBe("");
  }
});

test("[SYS-1] a purge takes the state of its instances, and leaves what only has a name like theirs", () => {
  const root = join(directory, "purged");
  const state = (name: string, ...folders: string[]): void => {
    for (const folder of ["", ...folders]) {
      mkdirSync(join(root, "var/lib/private", name, folder), { recursive: true });
    }
    symlinkSync(`private/${name}`, join(root, "var/lib", name));
    mkdirSync(join(root, "run", name), { recursive: true });
  };
  mkdirSync(join(root, "var/lib/aranya-edge/keystore"), { recursive: true });
  mkdirSync(join(root, "etc/aranya-edge"), { recursive: true });
  writeFileSync(join(root, "etc/aranya-edge/failed.json"), "{}");
  state("aranya-edge-hub", "keystore", "teams");
  state("aranya-edge-failed");
  state("aranya-edge-exporter", "metrics");
  const script = join(MAIN, "../debian/postrm");
  const purge = (of: string): Buffer =>
    execFileSync("sh", [script, "purge"], { env: { PATH: process.env["PATH"], DPKG_ROOT: of } });
  purge(root);
  expect(readdirSync(root, { recursive: true }).sort()).toEqual([
    "etc",
    "run",
    "run/aranya-edge-exporter",
    "var",
    "var/lib",
    "var/lib/aranya-edge-exporter",
    "var/lib/aranya-edge-exporter/metrics",
    "var/lib/private",
    "var/lib/private/aranya-edge-exporter",
    "var/lib/private/aranya-edge-exporter/metrics",
  ]);
  mkdirSync(join(directory, "nothing"));
  purge(join(directory, "nothing"));
  expect(readdirSync(join(directory, "nothing"))).toEqual([]);
});
