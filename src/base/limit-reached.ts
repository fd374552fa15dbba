import type { ErrorFields } from "./codes.ts";
import { AranyaError } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { LimitName } from "./limits.ts";

/** What applications are told of a maximum: always which, and how much it is. */
export function limitReached(
  name: LimitName,
  message = `${name} is limited to ${LIMITS[name]}`,
  more: ErrorFields = {},
): AranyaError {
  return new AranyaError("LimitReached", message, { ...more, ...limitFields(name) });
}

export function limitFields(name: LimitName): { readonly name: LimitName; readonly limit: number } {
  return { name, limit: LIMITS[name] };
}
