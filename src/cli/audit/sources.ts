/** Audit files to be read, a device's own or copies of them: any files, by anybody. */
import { join } from "node:path";
import { readLine } from "../../audit/line.ts";
import { auditFileNames } from "../../audit/files.ts";
import { linesOf } from "../../audit/reading.ts";
import type { RawLine } from "../../audit/reading.ts";
import { DecodeError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import { NodeFiles } from "../../io/node-files.ts";
import { EXIT } from "../exit-codes.ts";
import { CliError } from "../failure.ts";
import { printable } from "../terminal.ts";

export interface AuditSource {
  readonly name: string;
  readonly bytes: number;
  lines(): Generator<RawLine, void, undefined>;
}

/** In the order of their lines: those named, else those of the work directory. */
export function auditSources(named: readonly string[], workDir: string): AuditSource[] {
  const paths = named.length > 0 ? named : pathsIn(join(workDir, "audit"));
  if (paths.length > LIMITS.auditFilesMax) {
    throw new CliError("LimitReached", `at most ${LIMITS.auditFilesMax} files at once`);
  }
  const sources = paths.map((path) => ({ source: open(path), first: Number.POSITIVE_INFINITY }));
  for (const entry of sources) entry.first = firstSeq(entry.source);
  return sources.sort((a, b) => (a.first === b.first ? 0 : a.first - b.first)).map(({ source }) => source);
}

function pathsIn(directory: string): string[] {
  const names = auditFileNames(attempt(directory, () => new NodeFiles().list(directory)));
  if (names.length > 0) return names.map((name) => join(directory, name));
  throw unreadable(directory, "there is no audit log in it");
}

function open(path: string): AuditSource {
  const files = new NodeFiles();
  const status = attempt(path, () => files.status(path));
  if (status?.type !== "file") {
    throw unreadable(path, status === undefined ? "it is not there" : "it is no regular file");
  }
  return {
    name: path,
    bytes: status.size,
    *lines() {
      const file = attempt(path, () => files.open(path, "read"));
      try {
        yield* linesOf(file);
      } finally {
        file.close();
      }
    },
  };
}

/** Of the first line that is one. */
function firstSeq(source: AuditSource): number {
  for (const { bytes } of source.lines()) {
    const line = readLine(bytes);
    if (!(line instanceof DecodeError)) return line.seq;
  }
  return Number.POSITIVE_INFINITY;
}

function attempt<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw unreadable(path, (error as Error).message);
  }
}

function unreadable(path: string, why: string): CliError {
  return new CliError(
    "Unreadable",
    `cannot read ${printable(path)}: ${why}`,
    "name the files, or the work directory by --work-dir; they belong to the daemon's user",
    EXIT.osFile,
  );
}
