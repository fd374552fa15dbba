import { BugError } from "./errors.ts";

/** Kept on in production: a broken invariant stops the session or the daemon instead of spreading. */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new BugError(invariant);
}

/** Marks a branch the types say cannot be reached. */
export function unreachable(value: never, context: string): never {
  throw new BugError(`${context}: unreachable value ${JSON.stringify(value)}`);
}
