/** The configuration file, if there is one, and the addresses the daemon would listen on. */
import { ConfigFileError, readConfigFile } from "../../daemon/config-file.ts";
import type { Check } from "./check.ts";
import { fail, ok } from "./check.ts";

export interface ListenAddresses {
  /** TCP, host:port. */
  readonly sync: string;
  /** UDP, host:port. */
  readonly afc: string;
  /** TCP, where it is configured. */
  readonly metrics?: string | undefined;
}

/** Any port, where nothing says which. */
const ANY: ListenAddresses = { sync: "0.0.0.0:0", afc: "0.0.0.0:0" };

export function checkConfig(path: string | undefined): { checks: Check[]; listen: ListenAddresses } {
  if (path === undefined) return { checks: [], listen: ANY };
  try {
    const { sync, afc, metrics } = readConfigFile(path);
    return {
      checks: [ok("config", path)],
      listen: { sync: sync?.listen ?? ANY.sync, afc: afc?.listen ?? ANY.afc, metrics: metrics?.listen },
    };
  } catch (error) {
    if (!(error instanceof ConfigFileError)) throw error;
    return {
      checks: [fail("config", error.message, "correct it; the daemon does not start with it")],
      listen: ANY,
    };
  }
}
