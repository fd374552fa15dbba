import { randomFillSync } from "node:crypto";
import type { Entropy } from "../base/time.ts";

/** The system's random generator. */
export const systemEntropy: Entropy = {
  bytes: (length) => randomFillSync(new Uint8Array(length)),
};
