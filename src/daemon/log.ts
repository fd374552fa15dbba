/** The daemon's log: JSON lines on stderr, for journald or whoever started it. Never a secret, never a message's content. */
import { pino } from "pino";
import { LIMITS } from "../base/limits.ts";

export type LogLevel = "error" | "warn" | "info" | "debug";

export interface Logger {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
  /** Written at every level and without a limit, because it is kept nowhere else. */
  record(fields: object, message: string): void;
  setLevel(level: LogLevel): void;
}

/** Writes synchronously, so that nothing logged is lost when the daemon is killed. */
export function stderrLogger(level: LogLevel = "info"): Logger {
  const stderr = pino.destination({ dest: 2, sync: true, maxLength: LIMITS.logBytesWaitingMax });
  // The disk behind stderr is full, or its reader is gone: lines are lost, and the daemon goes on.
  stderr.on("error", () => undefined);
  const options = { base: null, formatters: { level: (label: string) => ({ level: label }) } };
  const log = pino({ level, ...options }, stderr);
  const always = pino({ level: "info", ...options }, stderr);
  return {
    error: (fields, message) => log.error(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    info: (fields, message) => log.info(fields, message),
    debug: (fields, message) => log.debug(fields, message),
    record: (fields, message) => always.info(fields, message),
    setLevel: (next) => {
      log.level = next;
    },
  };
}
