/**
 * Gives memory that is not needed any more back to the system when the process has become idle. Neither V8 nor the C library
 * does that by itself: V8's heap stays as large as its garbage made it, and malloc keeps what was freed.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { FfiModule } from "./ffi.ts";

/** How often to look whether the process is busy. */
const LOOK_MS = 5000;
/** CPU time since the last look, as a share of one processor: above the first it is busy, below the second idle. */
const BUSY_SHARE = 0.05;
const QUIET_SHARE = 0.02;
/** A collection stops the process. One that takes longer than this, on a slow board or with a large heap, is the last. */
const PAUSE_MS_MAX = 250;

type Collect = (how: object) => void;

export class MemoryReturn {
  readonly #trim: (() => void) | undefined;
  readonly #timer: NodeJS.Timeout;
  #collect: Collect | undefined;
  #collects = true;
  /** True at first: starting was work, so there may be memory to give back. */
  #wasBusy = true;
  #cpuUs = cpuUs();
  #lookedAt = performance.now();

  /** Starts looking. Without `ffi` only memory of V8's heap can be given back. */
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

/** V8 shows `gc` only in contexts made while this flag is set. */
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
