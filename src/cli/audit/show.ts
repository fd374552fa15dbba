/** `aranya-edge audit show`: lines that match, for people or for scripts. */
import { readLine } from "../../audit/line.ts";
import type { AuditLine } from "../../audit/line.ts";
import { DecodeError } from "../../base/errors.ts";
import { short } from "../resolve.ts";
import { printable } from "../terminal.ts";
import type { AuditSource } from "./sources.ts";

export interface AuditFilter {
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
  /** What the act begins with. */
  readonly act?: string | undefined;
  readonly team?: string | undefined;
  /** How the id of whoever did it, or of the device it was done to, begins. */
  readonly device?: string | undefined;
  /** Or `refused`: everything but done. */
  readonly outcome?: string | undefined;
}

export function matches(line: AuditLine, filter: AuditFilter): boolean {
  const { since, act, team, device, outcome } = filter;
  return (
    (since === undefined || line.at >= since) &&
    (act === undefined || line.act.startsWith(act)) &&
    (team === undefined || line.team?.startsWith(team) === true) &&
    (device === undefined ||
      line.who.startsWith(`device:${device}`) ||
      line.target?.startsWith(device) === true) &&
    (outcome === undefined ||
      line.outcome === outcome ||
      (outcome === "refused" && line.outcome !== "done" && line.outcome !== "cut"))
  );
}

/** How many lines were none. */
export function showLines(
  sources: readonly AuditSource[],
  filter: AuditFilter,
  show: (line: AuditLine) => void,
): number {
  let bad = 0;
  for (const source of sources) {
    for (const { bytes, isEnded } of source.lines()) {
      if (!isEnded) continue;
      const line = readLine(bytes);
      if (line instanceof DecodeError) bad++;
      else if (matches(line, filter)) show(line);
    }
  }
  return bad;
}

/** Columns of a fixed width: however many lines there are, none is waited for. */
export const SHOW_HEAD = row("SEQ", "TIME", "ACT", "OUTCOME", "WHO", "WHAT");

export function lineText(line: AuditLine): string {
  const { seq, at, act, outcome, who, team, target, detail = {} } = line;
  const date = new Date(at);
  const time = Number.isNaN(date.getTime()) ? String(at) : date.toISOString().slice(0, 19);
  const what = [
    ...(target === undefined ? [] : [`target=${short(target)}`]),
    ...(team === undefined ? [] : [`team=${short(team)}`]),
    ...Object.entries(detail).map(([name, value]) => `${name}=${shownValue(name, value)}`),
  ];
  const by = who.startsWith("device:") ? `device:${short(who.slice("device:".length))}` : who;
  return printable(row(String(seq), time, act, outcome, by, what.join(" ")));
}

function shownValue(name: string, value: string | number): string {
  const isLong = typeof value === "string" && (/Id$/.test(name) || name === "key" || name === "signature");
  return isLong ? short(value) : JSON.stringify(value);
}

function row(seq: string, time: string, act: string, outcome: string, who: string, what: string): string {
  return `${seq.padStart(6)}  ${time.padEnd(19)}  ${act.padEnd(25)}  ${outcome.padEnd(14)}  ${who.padEnd(30)}  ${what}`.trimEnd();
}
