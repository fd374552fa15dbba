import type { Logger } from "../../src/daemon/log.ts";

const nothing = (): void => undefined;

export const SILENT_LOG: Logger = {
  error: nothing,
  warn: nothing,
  info: nothing,
  debug: nothing,
  record: nothing,
  setLevel: nothing,
};
