/**
 * Memory that was needed for a while and is not any more goes back to the system when the process has nothing to do. Neither V8
 * nor the C library does that by itself: a heap stays as large as its garbage made it, and so does what malloc was given back.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { FfiModule } from "./ffi.ts";

/** How often it is looked whether the process is busy. */
const LOOK_MS = 5000;
/** Of one processor, since the last look. */
const BUSY_SHARE = 0.05;
const QUIET_SHARE = 0.02;
/** A collection stops everything. Where it takes longer than this, on a slow board or with a large heap, it was the last. */
const PAUSE_MS_MAX = 250;

type Collect = (how: object) => void;

export class MemoryReturn {
  readonly #trim: (() => void) | undefined;
  readonly #timer: NodeJS.Timeout;
  #collect: Collect | undefined;
  #collects = true;
  /** There may be something: starting was work. */
  #wasBusy = true;
  #cpuUs = cpuUs();
  #lookedAt = performance.now();

  /** Begins to look. Without `ffi` memory of the heap is all that can be given back. */
  constructor(ffi: FfiModule | undefined) {
    this.#trim = ffi === undefined ? undefined : trimOf(ffi);
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const [used, now] = [cpuUs(), performance.now()];
    const share = (used - this.#cpuUs) / 1000 / (now - this.#lookedAt);
    if (share > BUSY_SHARE) this.#wasBusy = true;
    if (this.#wasBusy && share < QUIET_SHARE) {
      this.#wasBusy = false;
      this.#giveBack();
    }
    [this.#cpuUs, this.#lookedAt] = [cpuUs(), performance.now()];
  }

  #giveBack(): void {
    if (this.#collects) {
      this.#collect ??= collectorOf();
      const startedAt = performance.now();
      this.#collect({ type: "major", execution: "sync", flavor: "last-resort" });
      this.#collects = performance.now() - startedAt <= PAUSE_MS_MAX;
    }
    this.#trim?.();
  }
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** V8 shows its collector to a context that is made after it was asked to. */
function collectorOf(): Collect {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as Collect;
  setFlagsFromString("--no-expose-gc");
  return collect;
}

/** malloc_trim(3) of glibc: all arenas, 2 ms. Undefined where the C library has no such thing. */
function trimOf(ffi: FfiModule): (() => void) | undefined {
  try {
    const { functions } = ffi.dlopen(null, { malloc_trim: { arguments: ["u64"], return: "i32" } });
    return () => void functions.malloc_trim(0n);
  } catch {
    return undefined;
  }
}
