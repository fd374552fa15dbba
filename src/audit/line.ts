/**
 * One line of the audit log: JSON in ASCII, of which there is one spelling for each content, and its place in the chain.
 *
 *     {"seq":7,"at":1764259200000,"up":1234,"who":"client:3 uid:1000 pid:412","act":"call.addDevice","team":"…",
 *      "target":"…","outcome":"done","detail":{"commonName":"sensor"},"prev":"<hash of line 6>"}
 *
 *     hash of a line = SHA-256(domain ‖ prev ‖ bytes of the line without its line end)
 *
 * A line holds the hash of the one before, so each of them says by itself what the next one has to say.
 */
import { fromLatin1, toHex, utf8 } from "../base/bytes.ts";
import { DecodeError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { SHA256_BYTES } from "../crypto/cipher-suite.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { DOMAIN } from "../crypto/domain.ts";

export type AuditDetail = Readonly<Record<string, string | number>>;

/** What happened. */
export interface AuditEntry {
  /** `daemon`, `client:3 uid:1000 pid:412`, `device:<id>`, `address:<IPv4>`. */
  readonly who: string;
  /** A topic and what was done: `call.addDevice`, `sync.serve`. */
  readonly act: string;
  readonly team?: string | undefined;
  /** The device, mostly, that it was done to. */
  readonly target?: string | undefined;
  /** `done`, or the code of what was refused. */
  readonly outcome: string;
  readonly detail?: AuditDetail | undefined;
}

export interface AuditTimes {
  /** Milliseconds since 1970 by the device's clock, which may be wrong. */
  readonly at: number;
  /** Milliseconds since the daemon started, by a clock that only goes forward. */
  readonly up: number;
}

export interface AuditLine extends AuditEntry, AuditTimes {
  /** From 1. */
  readonly seq: number;
  /** Hash of the line before, 64 hexadecimal digits; zeros in the first. */
  readonly prev: string;
}

/** Where a chain stands: after the line with this number. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: Uint8Array;
}

export const CHAIN_START: AuditHead = { seq: 0, hash: new Uint8Array(SHA256_BYTES) };

const ACT = /^[a-z]{1,16}\.[A-Za-z-]{1,40}$/;
const OUTCOME = /^[A-Za-z][A-Za-z0-9-]{0,39}$/;
const DETAIL_NAME = /^[a-z][A-Za-z]{0,23}$/;
const HASH = /^[0-9a-f]{64}$/;
const KEYS = ["seq", "at", "up", "who", "act", "team", "target", "outcome", "detail", "prev"];

/** Text that others chose, cut to what a line has room for. */
export function boundedText(text: string): string {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    bytes += code < 0x20 || code > 0x7e ? 6 : code === 0x22 || code === 0x5c ? 2 : 1;
    if (bytes > LIMITS.auditTextBytesMax) return `${text.slice(0, Math.max(0, i - 8))}...`;
  }
  return text;
}

/**
 * The entry, with every text of it short enough, and nothing in it that no line may have: one line that cannot be read again,
 * and the whole log would be taken for changed.
 */
export function boundedEntry(entry: AuditEntry): AuditEntry {
  const { who, act, team, target, outcome, detail = {} } = entry;
  const details = Object.entries(detail)
    .slice(0, LIMITS.auditDetailsMax)
    .map(([name, value]) => [name, boundedValue(value)] as const);
  return {
    who: boundedText(who),
    act,
    ...(team !== undefined && { team: boundedText(team) }),
    ...(target !== undefined && { target: boundedText(target) }),
    outcome: OUTCOME.test(outcome) ? outcome : "other",
    ...(details.length > 0 && { detail: Object.fromEntries(details) }),
  };
}

function boundedValue(value: string | number): string | number {
  if (typeof value === "string") return boundedText(value);
  const isCounted: boolean = isCount(value);
  return isCounted ? value : String(value);
}

/** Without a line end. */
export function encodeLine(line: AuditLine): Uint8Array {
  return utf8(lineText(line));
}

function lineText({ seq, at, up, who, act, team, target, outcome, detail, prev }: AuditLine): string {
  const parts = [`"seq":${seq}`, `"at":${at}`, `"up":${up}`, `"who":${quoted(who)}`, `"act":${quoted(act)}`];
  if (team !== undefined) parts.push(`"team":${quoted(team)}`);
  if (target !== undefined) parts.push(`"target":${quoted(target)}`);
  parts.push(`"outcome":${quoted(outcome)}`);
  if (detail !== undefined) {
    const names = Object.keys(detail).sort();
    parts.push(`"detail":{${names.map((name) => `"${name}":${valueText(detail[name]!)}`).join()}}`);
  }
  parts.push(`"prev":"${prev}"`);
  return `{${parts.join()}}`;
}

function valueText(value: string | number): string {
  return typeof value === "string" ? quoted(value) : String(value);
}

/** All but printable ASCII is escaped: a terminal obeys none of it. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The shortest there can be, with names and numbers of one character each. */
const LINE_BYTES_MIN = encodeLine(
  lineAfter(CHAIN_START, { who: "a", act: "a.a", outcome: "a" }, { at: 0, up: 0 }),
).length;
/** One for all of them: a megabyte may hold a million, and errors of their own would take half a minute to make. */
const TOO_SHORT = new DecodeError("too-short");

/** The line, or why it is none, which throws nothing: for files that anybody may have filled with anything. */
export function readLine(bytes: Uint8Array): AuditLine | DecodeError {
  if (bytes.length < LINE_BYTES_MIN) return TOO_SHORT;
  try {
    return decodeLine(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

/**
 * Without a line end. Throws `DecodeError`: `too-long`, `not-ascii`, `not-json`, `bad-field` with its name, `not-canonical`.
 */
export function decodeLine(bytes: Uint8Array): AuditLine {
  if (bytes.length > LIMITS.auditLineBytesMax) throw new DecodeError("too-long", LIMITS.auditLineBytesMax);
  // Not character by character: the daemon reads a whole file of these at its start.
  const text = fromLatin1(bytes);
  const badAt = text.search(/[^ -~]/);
  if (badAt !== -1) throw new DecodeError("not-ascii", badAt);
  const line = checkedLine(parsed(text));
  if (lineText(line) !== text) throw new DecodeError("not-canonical");
  return line;
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DecodeError("not-json");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new DecodeError("not-json");
  return value as Record<string, unknown>;
}

function checkedLine(value: Readonly<Record<string, unknown>>): AuditLine {
  for (const name of Object.keys(value)) if (!KEYS.includes(name)) throw badField(name.slice(0, 16));
  const { seq, at, up, who, act, team, target, outcome, detail, prev } = value;
  if (!isCount(seq) || seq === 0) throw badField("seq");
  if (!isCount(at)) throw badField("at");
  if (!isCount(up)) throw badField("up");
  if (!isText(who)) throw badField("who");
  if (typeof act !== "string" || !ACT.test(act)) throw badField("act");
  if (team !== undefined && !isText(team)) throw badField("team");
  if (target !== undefined && !isText(target)) throw badField("target");
  if (typeof outcome !== "string" || !OUTCOME.test(outcome)) throw badField("outcome");
  if (detail !== undefined && !isDetail(detail)) throw badField("detail");
  if (typeof prev !== "string" || !HASH.test(prev)) throw badField("prev");
  return { seq, at, up, who, act, team, target, outcome, detail, prev };
}

function badField(name: string): DecodeError {
  return new DecodeError("bad-field", 0, JSON.stringify(name));
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Hashes and signatures fit as well. */
function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= LIMITS.auditTextBytesMax;
}

function isDetail(value: unknown): value is AuditDetail {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length > 0 &&
    entries.length <= LIMITS.auditDetailsMax &&
    entries.every(([name, v]) => DETAIL_NAME.test(name) && (v === "" || isCount(v) || isText(v)))
  );
}

/** The line that comes after a head. */
export function lineAfter(head: AuditHead, entry: AuditEntry, { at, up }: AuditTimes): AuditLine {
  return { seq: head.seq + 1, at, up, ...entry, prev: toHex(head.hash) };
}

/** `bytes` is the line as it stands in the file, `prev` what it says the hash before is. */
export function hashOfLine(suite: CipherSuite, prev: Uint8Array, bytes: Uint8Array): Uint8Array {
  return suite.sha256(DOMAIN.auditLine, prev, bytes);
}
