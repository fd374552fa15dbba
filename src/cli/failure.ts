/** What goes wrong, told: what, why, and what to do next. */
import { CODE_MEANINGS } from "../base/code-meanings.ts";
import type { ErrorCode, ErrorFields } from "../base/codes.ts";
import { AranyaError } from "../base/errors.ts";
import { EXIT, exitCodeOfApi } from "./exit-codes.ts";
import { painter, printable, printableLines, toJson } from "./terminal.ts";

/** A refusal of the command line's own. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: string;
  readonly exitCode: number;
  /** What to do next. */
  readonly remedy: string | undefined;
  constructor(code: string, message: string, remedy?: string, exitCode: number = EXIT.usage) {
    super(message);
    this.code = code;
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}

const TEXT = (value: string | number | boolean | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

/** Where the fields of an error say more than its code. */
const REMEDIES: Partial<Readonly<Record<ErrorCode, (fields: ErrorFields) => string | undefined>>> = {
  InvalidArgument: ({ field }) =>
    TEXT(field) === undefined ? undefined : `correct ${String(field)}, and try again`,
  ConfigMismatch: ({ setting }) =>
    TEXT(setting) === undefined
      ? undefined
      : `another client set ${String(setting)} first: ask for the same, or restart the daemon`,
  LimitReached: ({ name }) =>
    TEXT(name) === undefined ? undefined : `remove what is not needed any more (${String(name)})`,
};

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly fields: ErrorFields;
  readonly remedy: string | undefined;
  readonly exitCode: number;
}

function failureOf(error: unknown): Failure {
  if (error instanceof AranyaError) {
    const { code, message, fields } = error;
    const own = REMEDIES[code]?.(fields) ?? CODE_MEANINGS[code].remedy;
    return { code, message, fields, remedy: TEXT(fields["remedy"]) ?? own, exitCode: exitCodeOfApi(code) };
  }
  if (error instanceof CliError) {
    const { code, message, remedy, exitCode } = error;
    return { code, message, fields: {}, remedy, exitCode };
  }
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (typeof code === "string" && syscall !== undefined) {
    const remedy = "check that it is there and that you may use it";
    return { code, message, fields: {}, remedy, exitCode: EXIT.osFile };
  }
  const text = error instanceof Error ? (error.stack ?? message) : String(error);
  const remedy = "this is a bug in aranya-edge; please report it";
  return { code: "Bug", message: text, fields: {}, remedy, exitCode: EXIT.software };
}

/** To stderr, as one JSON object where that was asked for; answers the exit code. */
export function reportFailure(error: unknown, json: boolean): number {
  const { code, message, fields, remedy, exitCode } = failureOf(error);
  if (json) {
    console.error(toJson({ schema: "error/1", code, message, fields, remedy, exitCode }));
    return exitCode;
  }
  const paint = painter(process.stderr);
  const text = code === "Bug" ? printableLines(message) : printable(message);
  console.error(`aranya-edge: ${paint("red", text)} (${code})`);
  if (remedy !== undefined && !message.includes(remedy)) console.error(`  → ${printable(remedy)}`);
  return exitCode;
}
