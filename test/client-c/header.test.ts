/** What an integrator's build sees: the header by itself in C and C++, the symbols, the packages, the size. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../support/source-tree.ts";

const HEADER = readFileSync(join(ROOT, "src/client-c/include/aranya_edge.h"), "utf8");
const directory = mkdtempSync(join(tmpdir(), "aranya-edge-header-"));
const build = join(directory, "build");
const prefix = join(directory, "prefix");
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function tool(file: string, ...args: readonly string[]): string {
  return execFileSync(file, args, {
    encoding: "utf8",
    env: { ...process.env, PKG_CONFIG_PATH: join(prefix, "lib/pkgconfig") },
  });
}

beforeAll(() => {
  const configure = ["-S", join(ROOT, "src/client-c"), "-B", build];
  tool("cmake", ...configure, `-DCMAKE_INSTALL_PREFIX=${prefix}`, "-DCMAKE_INSTALL_LIBDIR=lib");
  tool("cmake", "--build", build, "--parallel", "2");
  tool("cmake", "--install", build);
});

const PROGRAM = `#include <aranya_edge.h>
#include <string.h>
int main(void) {
  aranya_edge_close(NULL);
  return strcmp(aranya_edge_version(), ARANYA_EDGE_VERSION) != 0 ||
         aranya_edge_protocol_version() != ARANYA_EDGE_PROTOCOL_VERSION ||
         strcmp(aranya_edge_status_name(ARANYA_EDGE_DAEMON_UNAVAILABLE), "DaemonUnavailable") != 0;
}
`;

test("C11, C17, C++11 and C++17 take the header without a word", () => {
  for (const [compiler, standard, suffix] of [
    ["gcc", "c11", "c"],
    ["gcc", "c17", "c"],
    ["g++", "c++11", "cc"],
    ["g++", "c++17", "cc"],
  ] as const) {
    const source = join(directory, `alone.${suffix}`);
    writeFileSync(source, PROGRAM);
    tool(
      compiler,
      `-std=${standard}`,
      "-Wall",
      "-Wextra",
      "-Wpedantic",
      "-Werror",
      `-I${prefix}/include`,
      "-fsyntax-only",
      source,
    );
  }
});

test("found by pkg-config and by CMake, shared and static", () => {
  const source = join(directory, "main.c");
  writeFileSync(source, PROGRAM);
  const flags = tool("pkg-config", "--cflags", "--libs", "aranya-edge").trim().split(/\s+/);
  tool("gcc", source, ...flags, `-Wl,-rpath,${prefix}/lib`, "-o", join(directory, "by-pkg-config"));
  tool(join(directory, "by-pkg-config"));
  expect(tool("pkg-config", "--modversion", "aranya-edge").trim()).toBe(
    (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version,
  );
  writeFileSync(
    join(directory, "CMakeLists.txt"),
    `cmake_minimum_required(VERSION 3.16)
project(user C)
find_package(aranya-edge 0.1 REQUIRED)
add_executable(with-shared main.c)
target_link_libraries(with-shared aranya-edge::shared)
add_executable(with-static main.c)
target_link_libraries(with-static aranya-edge::static)
`,
  );
  tool("cmake", "-S", directory, "-B", join(directory, "user"), `-DCMAKE_PREFIX_PATH=${prefix}`);
  tool("cmake", "--build", join(directory, "user"));
  tool(join(directory, "user/with-shared"));
  tool(join(directory, "user/with-static"));
});

test("the library shows what the header names, and nothing else; it needs libc and nothing else", () => {
  const declared = [...HEADER.matchAll(/^ARANYA_EDGE_API [^;]*?(aranya_edge_\w+)\(/gms)].map(
    (match) => match[1]!,
  );
  const library = join(build, "libaranya-edge.so");
  const shown = tool("nm", "--dynamic", "--defined-only", library)
    .split("\n")
    .map((line) => /T (\w+)@@ARANYA_EDGE_0$/.exec(line)?.[1])
    .filter((name) => name !== undefined);
  expect(shown.sort()).toEqual(declared.sort());
  expect(declared.length).toBeGreaterThan(50);
  const needed = [...tool("objdump", "-p", library).matchAll(/NEEDED +(\S+)/g)].map((match) => match[1]);
  expect(needed).toEqual(["libc.so.6"]);
  expect(/SONAME +(\S+)/.exec(tool("objdump", "-p", library))![1]).toBe("libaranya-edge.so.0");
  // No state of the library's own: nothing that can be written to but what the loader fills in.
  const writable = tool("nm", library)
    .split("\n")
    .filter((line) => / [bBdD] (?!__|_DYNAMIC|_GLOBAL|completed|data_start|_edata|_end)/.test(line));
  const relocated = /\b(fields|names|schema|ae_(method|effect|channel|error))_/;
  expect(writable.filter((line) => !relocated.test(line))).toEqual([]);
});

test("the telemetry example is under 80 lines", () => {
  const text = readFileSync(join(ROOT, "src/client-c/examples/telemetry.c"), "utf8");
  expect(text.trimEnd().split("\n").length).toBeLessThan(80);
});
