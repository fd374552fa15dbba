import { readFileSync } from "node:fs";

/** Whether the processor has instructions for AES: without them AES-GCM is slow and leaks its key by timing. */
export function hasAesInstructions(): boolean {
  try {
    // x86 calls the line "flags", ARM "Features".
    return /^(flags|Features)\s*:.*\baes\b/m.test(readFileSync("/proc/cpuinfo", "latin1"));
  } catch {
    return false;
  }
}
