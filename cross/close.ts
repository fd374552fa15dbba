/**
 * Shuts what Node leaves open to whoever sets its environment and would load code from there. The names are C strings in
 * the binary; with a NUL in front such a string is the empty name, which no environment has. Renaming would leave them
 * open under the new name.
 *
 *   NODE_OPTIONS       --require FILE, --import FILE. On 26 execArgvExtension "none" does it too.
 *   OPENSSL_CONF       a configuration that loads providers and engines, which are native code; _MODULES and _ENGINES say
 *                      where from.
 *   NODE_EXTRA_CA_CERTS  costs 70 ms of start, and no certificate authority means anything to us.
 */
export const CLOSED_VARIABLES = [
  "NODE_OPTIONS",
  "OPENSSL_CONF",
  "OPENSSL_MODULES",
  "OPENSSL_ENGINES",
  "NODE_EXTRA_CA_CERTS",
] as const;

/** Changes `image`. Throws if a name is not in it: then this Node does it another way, and is to be looked at. */
export function closeEnvironment(image: Buffer): void {
  for (const name of CLOSED_VARIABLES) {
    const whole = Buffer.from(`\0${name}\0`, "latin1");
    let found = 0;
    for (let at = image.indexOf(whole); at !== -1; at = image.indexOf(whole, at + whole.length - 1)) {
      image[at + 1] = 0;
      found++;
    }
    if (found === 0) throw new Error(`${name} is not in this Node as it was expected to be`);
  }
}
