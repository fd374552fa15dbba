/** Variables by which others get a say in this process. */
import type { Check } from "./check.ts";
import { ok, warn } from "./check.ts";

/** Whatever of these is set was meant for somebody else, or by somebody who should not. */
const SUSPICIOUS =
  /^(?:NODE_\w+|OPENSSL_\w+|SSL_CERT_\w+|LD_(?:PRELOAD|AUDIT|LIBRARY_PATH)|GLIBC_TUNABLES|UV_\w+|ARANYA_EDGE_PLATFORM)$/;

export function checkEnvironment(environment: NodeJS.ProcessEnv): Check[] {
  const set = Object.keys(environment)
    .filter((name) => SUSPICIOUS.test(name))
    .sort();
  if (set.length === 0) return [ok("environment", "nothing that changes how Node behaves")];
  // Names only: what is in them may be a secret.
  return [
    warn(
      "environment",
      `set: ${set.join(", ")}`,
      `unset them; in the unit: UnsetEnvironment=${set.join(" ")}`,
    ),
  ];
}
