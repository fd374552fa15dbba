/**
 * One class per way of failing, each with a stable `code`. Callers match on codes, never on messages.
 *
 * | what happened                  | class            | who handles it            |
 * |--------------------------------|------------------|---------------------------|
 * | our invariant broke            | `BugError`       | nobody: stop              |
 * | a caller's request was refused | `AranyaError`    | the caller                |
 * | malformed bytes from outside   | `DecodeError`    | drop or close, count      |
 * | a named maximum was reached    | `LimitError`     | shed load                 |
 * | disk                           | `StoreError`     | the daemon                |
 * | socket                         | `TransportError` | the daemon: retry         |
 *
 * What fails authentication is a return value (undefined, false): it is frequent, and there is nothing to tell.
 */
import type { ErrorCode, ErrorFields } from "./codes.ts";

/** A field's worth of a public error: what the application, the C enum and the command line all see. */
export class AranyaError extends Error {
  override readonly name = "AranyaError";
  readonly code: ErrorCode;
  readonly fields: ErrorFields;
  constructor(code: ErrorCode, message: string, fields: ErrorFields = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.fields = fields;
  }
}

export class BugError extends Error {
  override readonly name = "BugError";
  readonly code = "Bug";
}

export class DecodeError extends Error {
  override readonly name = "DecodeError";
  /** Stable, kebab-case, says what was wrong: `truncated`, `trailing-bytes`, `bad-version` … */
  readonly code: string;
  /** Bytes from the start of the input. */
  readonly offset: number;
  constructor(code: string, offset = 0, detail?: string) {
    super(detail === undefined ? `${code} at byte ${offset}` : `${code} at byte ${offset}: ${detail}`);
    this.code = code;
    this.offset = offset;
  }
}

export class LimitError extends Error {
  override readonly name = "LimitError";
  readonly code = "limit";
  readonly limitName: string;
  readonly limit: number;
  constructor(limitName: string, limit: number) {
    super(`${limitName} is limited to ${limit}`);
    this.limitName = limitName;
    this.limit = limit;
  }
}

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
