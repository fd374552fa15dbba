import { ERROR_CODES } from "../base/codes.ts";
import type { ErrorCode } from "../base/codes.ts";

/** Of every command. From 64 to 78 they are those of sysexits(3). */
export const EXIT = {
  ok: 0,
  failed: 1,
  /** Asked whether to go on, somebody said no. */
  declined: 2,
  usage: 64,
  unavailable: 69,
  software: 70,
  osFile: 71,
  config: 78,
} as const;

/** What the API refuses ends with this and the number of its error code. */
const API_BASE = 80;

/** One exit code for each error code of the API, for good: numbers of error codes are never reused. */
export function exitCodeOfApi(code: ErrorCode): number {
  return code === "DaemonUnavailable" ? EXIT.unavailable : API_BASE + ERROR_CODES[code];
}

/** Exit codes and what they mean, for help, manual and documentation. */
export function exitCodeTable(): (readonly [code: number, meaning: string])[] {
  const api = (Object.keys(ERROR_CODES) as ErrorCode[]).map((code) => [exitCodeOfApi(code), code] as const);
  const own = [
    [EXIT.ok, "done, or so already"],
    [
      EXIT.failed,
      "failed; doctor: something is wrong; audit verify: lines were changed; channel cat: not all of it arrived",
    ],
    [EXIT.declined, "asked whether to go on, somebody said no"],
    [EXIT.usage, "bad usage"],
    [EXIT.software, "a bug in aranya-edge"],
    [EXIT.osFile, "a file, directory or socket cannot be used"],
    [EXIT.config, "bad configuration"],
  ] as const;
  return [...own, ...api].sort(([a], [b]) => a - b);
}
