/** `--config FILE`: what a first client would ask for, for devices without one; and the sync peers they keep. */
import { AranyaError, StoreError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { readTextFile } from "../io/text-file.ts";
import { parseDaemonConfig } from "../ipc/config.ts";
import type { DaemonConfigFile } from "../ipc/config.ts";

/** Says which file, which setting, and what it may be. */
export class ConfigFileError extends Error {
  override readonly name = "ConfigFileError";
  readonly code = "bad-config";
  /** What it asks for is sound, and not to be had now: an address that another program has, or that is not up yet. */
  readonly mayPass: boolean;
  constructor(message: string, options: ErrorOptions & { mayPass?: boolean }) {
    super(message, options);
    this.mayPass = options.mayPass ?? false;
  }
}

/** What to do about a file that cannot be read. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: "; make it, {} is enough",
  EACCES: "; let the user of the daemon read it, such as by chgrp aranya-edge and chmod 640",
};

/** Throws `ConfigFileError`. */
export function readConfigFile(path: string): DaemonConfigFile {
  try {
    return parseDaemonConfig(JSON.parse(readTextFile(path, LIMITS.configBytesMax)));
  } catch (cause) {
    if (cause instanceof StoreError) {
      const { code = "" } = (cause.cause ?? {}) as NodeJS.ErrnoException;
      throw new ConfigFileError(`${cause.message}${REMEDIES[code] ?? ""}`, { cause });
    }
    if (cause instanceof SyntaxError)
      throw new ConfigFileError(`${path} is not JSON: ${cause.message}`, { cause });
    if (cause instanceof AranyaError) throw new ConfigFileError(`${path}: ${cause.message}`, { cause });
    throw cause;
  }
}
