/**
 * `aranya-edge measure`: what the product costs on this device and what the device gives it, by the executable itself.
 *
 *   options ─► rig ─► sections ──► figures ──► report ──► JSON, terminal, HTML
 *   --compare: reports of several devices ─────────────► terminal, HTML
 *
 * Everything it touches is in one directory of its own; the daemons it measures are its own as well.
 */
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { LIMITS } from "../base/limits.ts";
import { compareHtml, compareText } from "./compare.ts";
import { help } from "./help.ts";
import { reportHtml } from "./html.ts";
import { measure, SpaceError } from "./measure.ts";
import { MeasureUsageError, parseOptions } from "./options.ts";
import type { CompareOptions, MeasureOptions } from "./options.ts";
import type { Release } from "./machine.ts";
import { parseReport, ReportError, toJson } from "./report.ts";
import type { Report } from "./report.ts";
import { SECTIONS } from "./sections.ts";
import { summary } from "./summary.ts";

/** sysexits(3) where it has one. */
const MEASURE_EXIT = {
  done: 0,
  incomplete: 1,
  usage: 64,
  badReport: 65,
  failed: 70,
  osFile: 71,
  noSpace: 75,
} as const;

/** Resolves with the exit code. */
export async function measureCommand(args: readonly string[], release: Release): Promise<number> {
  let options: MeasureOptions | CompareOptions | undefined;
  try {
    options = parseOptions(args, SECTIONS);
  } catch (error) {
    if (!(error instanceof MeasureUsageError)) throw error;
    return complain(MEASURE_EXIT.usage, `${error.message}\nTry: aranya-edge measure --help`);
  }
  if (options === undefined) {
    console.log(help());
    return MEASURE_EXIT.done;
  }
  // Whoever reads may go away; what was measured for nobody is still cleaned up.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => process.exit(141));
  return options.kind === "compare" ? compare(options) : await run(options, release);
}

async function run(options: MeasureOptions, release: Release): Promise<number> {
  // Before a quarter of an hour is spent on a page that cannot be written.
  if (options.html !== undefined) {
    const problem = tryToWrite(options.html);
    if (problem !== undefined) return complain(MEASURE_EXIT.osFile, problem);
  }
  let report: Report;
  try {
    report = await measure(options, release);
  } catch (error) {
    if (error instanceof SpaceError) return complain(MEASURE_EXIT.noSpace, error.message);
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof RangeError) return complain(MEASURE_EXIT.usage, message);
    const isSystem = typeof code === "string" && /^E[A-Z0-9]+$/.test(code);
    return complain(isSystem ? MEASURE_EXIT.osFile : MEASURE_EXIT.failed, message);
  }
  process.stdout.write(options.json ? toJson(report) : summary(report, process.stdout.isTTY));
  if (options.html !== undefined) writeFileSync(options.html, reportHtml(report));
  return report.skipped.length === 0 ? MEASURE_EXIT.done : MEASURE_EXIT.incomplete;
}

function compare({ files, html }: CompareOptions): number {
  if (files.length > LIMITS.measureReportsMax) {
    return complain(MEASURE_EXIT.usage, `--compare takes up to ${LIMITS.measureReportsMax} reports`);
  }
  const reports: Report[] = [];
  for (const file of files) {
    try {
      reports.push(parseReport(readBounded(file)));
    } catch (error) {
      if (error instanceof ReportError) return complain(MEASURE_EXIT.badReport, `${file} ${error.message}`);
      return complain(MEASURE_EXIT.osFile, (error as Error).message);
    }
  }
  process.stdout.write(compareText(reports, files));
  if (html !== undefined) {
    try {
      writeFileSync(html, compareHtml(reports, files));
    } catch (error) {
      return complain(MEASURE_EXIT.osFile, (error as Error).message);
    }
  }
  return MEASURE_EXIT.done;
}

/** A pipe or a device could go on for ever. */
function readBounded(path: string): string {
  const bytes = Buffer.alloc(LIMITS.measureReportBytesMax + 1);
  const file = openSync(path, "r");
  try {
    let length = 0;
    for (;;) {
      const more = readSync(file, bytes, length, bytes.length - length, null);
      length += more;
      if (length > LIMITS.measureReportBytesMax) throw new ReportError("is too large to be one");
      if (more === 0) return bytes.toString("utf8", 0, length);
    }
  } finally {
    closeSync(file);
  }
}

function tryToWrite(path: string): string | undefined {
  try {
    closeSync(openSync(path, "a"));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function complain(code: number, text: string): number {
  process.stderr.write(`aranya-edge measure: ${text}\n`);
  return code;
}
