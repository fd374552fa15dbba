/** The daemon's own OpenMetrics text as data. What it cannot be is an error, not skipped. */
import { CliError } from "./failure.ts";

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly unit?: string;
  readonly help: string;
  readonly samples: Sample[];
}

export interface Sample {
  /** Of the family, and `_total` for a counter. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** A number, or `+Inf`, `-Inf`, `NaN`, which JSON has not. */
  readonly value: number | string;
}

const NAME = "[a-zA-Z_][a-zA-Z0-9_]*";
const LABEL = `${NAME}="(?:[^"\\\\]|\\\\.)*"`;
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (\\S+)$`, "u");
const EACH_LABEL = new RegExp(`(${NAME})="((?:[^"\\\\]|\\\\.)*)"`, "gu");

export function parseMetrics(text: string): Family[] {
  const families: Family[] = [];
  for (const line of text.split("\n")) {
    const family = families.at(-1);
    const [, keyword, name, rest = ""] = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/u.exec(line) ?? [];
    if (keyword === "TYPE") {
      families.push({ name: name!, type: rest, help: "", samples: [] });
    } else if (keyword !== undefined && family?.name === name) {
      families[families.length - 1] = { ...family!, [keyword.toLowerCase()]: unescaped(rest) };
    } else if (line !== "" && line !== "# EOF") {
      const sample = SAMPLE.exec(line);
      if (sample === null || family === undefined) {
        throw new CliError("BadMetrics", "the daemon's metrics make no sense", "is it of the same release?");
      }
      const [, sampleName, labels = "", value] = sample;
      family.samples.push({ name: sampleName!, labels: labelsOf(labels), value: valueOf(value!) });
    }
  }
  return families;
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(EACH_LABEL)) labels[name!] = unescaped(value!);
  return labels;
}

function valueOf(text: string): number | string {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gsu, (_, character: string) => (character === "n" ? "\n" : character));
}
