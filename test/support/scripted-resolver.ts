/**
 * Loaded into a daemon before its own code: names under `.test` resolve to what a file says, anew each time; everything else
 * by the system as ever. The file is JSON, a name to `{ addresses }`, or to `{ hangs: true }`; a name not in it does not exist.
 */
import dns from "node:dns";
import { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

export const HOSTS_FILE_VARIABLE = "ARANYA_EDGE_TEST_HOSTS";

export type Hosts = Readonly<Record<string, { addresses?: readonly string[]; hangs?: boolean }>>;

type Callback = (error: Error | null, addresses: { address: string; family: 4 }[]) => void;

const file = process.env[HOSTS_FILE_VARIABLE];
if (file !== undefined) {
  const system = dns.lookup as (...args: unknown[]) => void;
  const lookup = (host: string, options: unknown, callback: Callback): void => {
    if (!host.endsWith(".test")) {
      system(host, options, callback);
      return;
    }
    const entry = (JSON.parse(readFileSync(file, "utf8")) as Hosts)[host];
    if (entry?.hangs === true) return;
    const addresses = entry?.addresses?.map((address) => ({ address, family: 4 as const }));
    process.nextTick(() => {
      if (addresses === undefined) callback(new Error(`getaddrinfo ENOTFOUND ${host}`), []);
      else callback(null, addresses);
    });
  };
  Object.assign(dns, { lookup });
  syncBuiltinESMExports();
}
