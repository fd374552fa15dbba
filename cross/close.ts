/**
 * Shuts what Node leaves open to whoever sets its environment. The names are C strings in the binary; with a NUL in front
 * such a string is the empty name, which no environment has. Another name would be open under that name.
 *
 * Names that Node's JavaScript asks for are not in reach of this. Of those only NODE_V8_COVERAGE does more than talk: it
 * writes files, and the bundle's first lines stop it (bundle.ts).
 */
import { compareVersions } from "../src/cli/doctor/libraries.ts";

interface Closed {
  readonly name: string;
  /** The Node that has it first, of those we build with. */
  readonly since: string;
}

export const CLOSED_VARIABLES: readonly Closed[] = [
  // --require FILE, --import FILE, --inspect. On 26 execArgvExtension "none" does it too.
  { name: "NODE_OPTIONS", since: "20" },
  // A configuration that loads providers and engines, which are native code, and where from.
  { name: "OPENSSL_CONF", since: "20" },
  { name: "OPENSSL_MODULES", since: "20" },
  { name: "OPENSSL_ENGINES", since: "20" },
  // Compiled code, read from there instead of compiling our own, and written there.
  { name: "NODE_COMPILE_CACHE", since: "22" },
  // An executable with this set does not start.
  { name: "NODE_REPL_EXTERNAL_MODULE", since: "22" },
  // 70 ms of start, and no certificate authority means anything to us.
  { name: "NODE_EXTRA_CA_CERTS", since: "20" },
];

/** Changes `image`. Throws if a name is not in it: then this Node does it another way, and is to be looked at. */
export function closeEnvironment(image: Buffer, nodeVersion: string): void {
  for (const { name, since } of CLOSED_VARIABLES) {
    if (compareVersions(nodeVersion, since) < 0) continue;
    const whole = Buffer.from(`\0${name}\0`, "latin1");
    let found = 0;
    for (let at = image.indexOf(whole); at !== -1; at = image.indexOf(whole, at + whole.length - 1)) {
      image[at + 1] = 0;
      found++;
    }
    if (found === 0) throw new Error(`Node ${nodeVersion} does not have ${name} as it was expected to`);
  }
}
