/** Errors on the socket, [ code number, message, fields ], and the errors that both ends raise. */
import { ERROR_CODES, errorCodeFromNumber } from "../base/codes.ts";
import type { ErrorFields } from "../base/codes.ts";
import { AranyaError, DecodeError, LimitError, StoreError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

const TEXT_CHARS_MAX = 1024;
const FIELDS_MAX = 16;
const FIELD_NAME = /^[a-z][a-zA-Z0-9]{0,63}$/;

export function encodeError(error: AranyaError): readonly unknown[] {
  const fields: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(error.fields).slice(0, FIELDS_MAX)) {
    if (FIELD_NAME.test(name)) fields[name] = typeof value === "string" ? clip(value) : value;
  }
  return [ERROR_CODES[error.code], clip(error.message), fields];
}

/** Throws `DecodeError` for anything `encodeError` does not make, unknown codes included. */
export function decodeError(value: unknown): AranyaError {
  if (!Array.isArray(value) || value.length !== 3) throw new DecodeError("bad-error");
  const [number, message, fields] = value as readonly unknown[];
  const code = typeof number === "number" ? errorCodeFromNumber(number) : undefined;
  if (code === undefined) throw new DecodeError("unknown-error-code");
  if (typeof message !== "string" || message.length > TEXT_CHARS_MAX)
    throw new DecodeError("bad-error-message");
  if (typeof fields !== "object" || fields === null || Array.isArray(fields) || ArrayBuffer.isView(fields)) {
    throw new DecodeError("bad-error-fields");
  }
  const entries = Object.entries(fields as Record<string, unknown>);
  if (entries.length > FIELDS_MAX || !entries.every(isField)) throw new DecodeError("bad-error-fields");
  return new AranyaError(code, message, Object.fromEntries(entries) as ErrorFields);
}

/** The public error to tell the caller; undefined where the error is a bug. */
export function asRefusal(error: unknown): AranyaError | undefined {
  if (error instanceof AranyaError) return error;
  if (error instanceof LimitError) {
    const { limitName: name, limit } = error;
    return new AranyaError("LimitReached", error.message, { name, limit });
  }
  if (error instanceof StoreError)
    return new AranyaError("StorageFailed", error.message, { reason: error.code });
  return undefined;
}

export function messageTooLarge(): AranyaError {
  const limit = LIMITS.ipcMessageBytesMax;
  return new AranyaError("MessageTooLarge", `a message has at most ${limit} bytes`, { limit });
}

function isField([name, value]: readonly [string, unknown]): boolean {
  if (!FIELD_NAME.test(name)) return false;
  return (
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value)) ||
    (typeof value === "string" && value.length <= TEXT_CHARS_MAX)
  );
}

/** Makes text bounded and well-formed: what a handler quotes may be neither. */
function clip(text: string): string {
  return text.slice(0, TEXT_CHARS_MAX).replace(/\p{Surrogate}/gu, "\ufffd");
}
