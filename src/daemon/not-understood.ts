import { DecodeError } from "../base/errors.ts";

const CODES: ReadonlySet<string> = new Set(["unknown-kind", "future-version"]);

/** Of a command a newer daemon would perhaps understand: never skipped, and neither is what builds on it. */
export function isNotUnderstood(error: unknown): error is DecodeError {
  return error instanceof DecodeError && CODES.has(error.code);
}
