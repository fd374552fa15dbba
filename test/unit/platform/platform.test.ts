import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { loadFfi } from "../../../platform/ffi.ts";
import { evpAeads } from "../../../platform/evp-aead.ts";
import type { FfiModule } from "../../../platform/ffi.ts";
import { PLAIN_PLATFORM, probePlatform, summaryOf } from "../../../platform/platform.ts";
import { segmentSockets } from "../../../platform/udp-segments.ts";

afterEach(() => vi.restoreAllMocks());

test("the Node that is shipped has every part, and says so", () => {
  expect(summaryOf(probePlatform({}))).toEqual({ udp: "segments", aead: "evp" });
});

test("told to be plain it is", () => {
  expect(probePlatform({ ARANYA_EDGE_PLATFORM: "plain" })).toEqual(PLAIN_PLATFORM);
  expect(summaryOf(PLAIN_PLATFORM)).toEqual({ udp: "dgram", aead: "plain" });
});

test("a Node without node:ffi, or one that does not know how to ask, is plain", () => {
  const host = process as unknown as { getBuiltinModule?: unknown };
  vi.spyOn(host as { getBuiltinModule: () => unknown }, "getBuiltinModule").mockReturnValue(undefined);
  expect(probePlatform({})).toEqual(PLAIN_PLATFORM);
  vi.restoreAllMocks();
  const { getBuiltinModule } = host;
  host.getBuiltinModule = undefined;
  try {
    expect(probePlatform({})).toEqual(PLAIN_PLATFORM);
  } finally {
    host.getBuiltinModule = getBuiltinModule;
  }
});

/** node:ffi with one function that is another. */
function withFunction(name: string, replacement: (...args: bigint[]) => unknown): FfiModule {
  const ffi = loadFfi()!;
  const dlopen = (path: string | null, signatures: Record<string, never>): unknown => {
    const { functions } = ffi.dlopen(path, signatures);
    return { functions: name in signatures ? { ...functions, [name]: replacement } : functions };
  };
  return { ...ffi, dlopen } as unknown as FfiModule;
}

test("EVP that computes something else, opens forgeries, or fails is not taken", () => {
  expect(evpAeads(loadFfi()!)).toBeDefined();
  expect(evpAeads(withFunction("EVP_CipherUpdate", () => 1))).toBeUndefined();
  expect(evpAeads(withFunction("EVP_CipherFinal_ex", () => 1))).toBeUndefined();
  expect(evpAeads(withFunction("EVP_CipherInit_ex", () => 0))).toBeUndefined();
  expect(evpAeads(withFunction("EVP_CIPHER_fetch", () => 0n))).toBeUndefined();
});

test("a kernel that cannot cut or merge, or gives no socket, leaves node:dgram", () => {
  expect(segmentSockets(loadFfi()!)).toBeDefined();
  expect(segmentSockets(withFunction("setsockopt", () => -1))).toBeUndefined();
  expect(segmentSockets(withFunction("socket", () => -1))).toBeUndefined();
});

test("a device that refuses to cut is asked seldom after a while", () => {
  const socket = segmentSockets(withFunction("sendmsg", () => -1n))!({ host: "127.0.0.1", port: 0 }, 0)!;
  const to = { host: "127.0.0.1", port: 9 };
  for (let i = 0; i < 8; i++) {
    expect(socket.segmentsMax).toBeGreaterThan(1);
    expect(socket.send(200, 100, to)).toBe(false);
  }
  // A full link looks the same: so it is asked again, after twice as long each time.
  for (const sends of [1024, 2048]) {
    for (let i = 0; i < sends; i++) {
      expect(socket.segmentsMax).toBe(1);
      socket.send(100, 100, to);
    }
    expect(socket.segmentsMax).toBeGreaterThan(1);
    for (let i = 0; i < 8; i++) socket.send(200, 100, to);
  }
  expect(socket.segmentsMax).toBe(1);
  socket.close();
});

test("of the warnings of this process only that of node:ffi is not shown", () => {
  const module = JSON.stringify(join(import.meta.dirname, "../../../platform/platform.ts"));
  const script = `import { probePlatform } from ${module}; probePlatform({}); process.emitWarning("another");`;
  const command = [...["--input-type=module", "--eval"], `${script} console.log("done");`];
  const out = execFileSync("sh", ["-c", `exec "$0" "$@" 2>&1`, process.execPath, ...command], {
    encoding: "utf8",
  });
  expect(out).toContain("done");
  expect(out).toContain("another");
  expect(out).not.toMatch(/FFI/);
});

test("[AFC-12] who says it is at port 0 does not have the device taken for one that cannot cut", () => {
  const socket = segmentSockets(loadFfi()!)!({ host: "127.0.0.1", port: 0 }, 0)!;
  const { segmentsMax } = socket;
  expect(segmentsMax).toBeGreaterThan(1);
  for (let i = 0; i < 100; i++) expect(socket.send(200, 100, { host: "127.0.0.1", port: 0 })).toBe(false);
  expect(socket.segmentsMax).toBe(segmentsMax);
  socket.close();
});
