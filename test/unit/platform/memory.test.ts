import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FfiModule } from "../../../platform/ffi.ts";
import { MemoryReturn } from "../../../platform/memory.ts";

const LOOK_MS = 5000;

let cpuUs = 0;
let trims = 0;
const ffi = {
  dlopen: () => ({ functions: { malloc_trim: () => ++trims } }),
} as unknown as FfiModule;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  vi.spyOn(process, "cpuUsage").mockImplementation(() => ({ user: cpuUs, system: 0 }));
  [cpuUs, trims] = [0, 0];
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Until the next look, so much of one processor. */
function use(share: number): void {
  cpuUs += share * LOOK_MS * 1000;
  vi.advanceTimersByTime(LOOK_MS);
}

test("memory goes back once when the process has become idle, after its start too", () => {
  const memory = new MemoryReturn(ffi);
  use(0.3);
  expect(trims).toBe(0);
  use(0.001);
  expect(trims).toBe(1);
  for (let i = 0; i < 100; i++) use(0.015);
  expect(trims).toBe(1);
  use(0.06);
  use(0.03); // less, and not idle
  expect(trims).toBe(1);
  use(0.01);
  expect(trims).toBe(2);
  memory.stop();
  use(0.9);
  use(0);
  expect(trims).toBe(2);
});

test("a C library without malloc_trim, and a Node without ffi, are no trouble", () => {
  const without = {
    dlopen: () => {
      throw new Error("undefined symbol: malloc_trim");
    },
  } as unknown as FfiModule;
  for (const memory of [new MemoryReturn(without), new MemoryReturn(undefined)]) {
    use(0.5);
    use(0);
    memory.stop();
  }
  expect(trims).toBe(0);
});
