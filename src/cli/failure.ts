/** What goes wrong, told: what, why, and what to do next. */
import { CODE_MEANINGS } from "../base/code-meanings.ts";
import { ERROR_CODES } from "../base/codes.ts";
import type { ErrorCode, ErrorFields } from "../base/codes.ts";
import { AranyaError } from "../base/errors.ts";
import { EXIT, exitCodeOfApi } from "./exit-codes.ts";
import { painter, printable, printableLines, toJson } from "./terminal.ts";

/** A refusal of the command line's own. One with a code of the API ends as the API's does. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: string;
  readonly exitCode: number;
  /** What to do next. */
  readonly remedy: string | undefined;
  constructor(code: string, message: string, remedy?: string, exitCode: number = exitCodeOf(code)) {
    super(message);
    this.code = code;
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}

function exitCodeOf(code: string): number {
  return Object.hasOwn(ERROR_CODES, code) ? exitCodeOfApi(code as ErrorCode) : EXIT.usage;
}

const TEXT = (value: string | number | boolean | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

/** What the command line calls what the API calls otherwise. */
const WORDS: Readonly<Record<string, string>> = { netIdentifier: "network name", commonName: "name" };

/** Why a daemon cannot listen, by what the kernel calls it. */
const LISTENING: readonly (readonly [errno: string, remedy: string])[] = [
  ["EADDRINUSE", "another program has that port, see which: ss -lntup; stop it, or choose another port"],
  ["EADDRNOTAVAIL", "this device has no such address now, see which: ip address; 0.0.0.0 takes all of them"],
  ["EACCES", "the user of the daemon may not have that port: choose one from 1024 on"],
];

const LABEL_REMEDY =
  "see who has it: aranya-edge label list; perhaps this device has to sync first: aranya-edge peer sync";

/** Where the fields of an error say more than its code. */
const REMEDIES: Partial<Readonly<Record<ErrorCode, (fields: ErrorFields) => string | undefined>>> = {
  InvalidArgument: ({ field, reason }) => {
    const name = TEXT(field);
    if (name === undefined) return undefined;
    const listening = LISTENING.find(([errno]) => TEXT(reason)?.endsWith(`: ${errno}`) === true);
    return listening?.[1] ?? `correct the ${WORDS[name] ?? name}, and try again`;
  },
  NotAuthorised: ({ rule }) => (TEXT(rule)?.includes("need the label") === true ? LABEL_REMEDY : undefined),
  PeerRefused: ({ reason }) =>
    TEXT(reason) === "this device itself answers there" ? "give the address of another device" : undefined,
  UnknownName: ({ netIdentifier, deviceId }) =>
    netIdentifier === undefined && deviceId !== undefined
      ? "an operator gives it one: aranya-edge net assign <device> <address>; then sync: aranya-edge peer sync"
      : undefined,
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
    const { code, fields } = error;
    const message = inOurWords(error.message, fields["field"]);
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

function inOurWords(message: string, field: ErrorFields[string] | undefined): string {
  const word = typeof field === "string" ? WORDS[field] : undefined;
  return word !== undefined && message.startsWith(`${field!}: `)
    ? `${word}${message.slice(String(field).length)}`
    : message;
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
