/** What may be written to a terminal, and how it looks there. */
import type { WriteStream } from "node:tty";

/**
 * Text that others chose, safe to show: control and format characters (escape sequences, line ends, right-to-left overrides,
 * what has no width) and halves of surrogate pairs are spelled out as \u{…}.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, spell);
}

/** The same of text with lines: line feeds and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, spell);
}

function spell(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

/** JSON in one line, with what a terminal would obey spelled out: it may be read there too. */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\u009f]|[\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}

const SGR = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;
type Style = keyof typeof SGR;
export type Paint = (style: Style, text: string) => string;

/** Colours where the stream is a terminal that knows them and nobody asked for none (https://no-color.org). */
export function painter(
  stream: Pick<WriteStream, "isTTY">,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Paint {
  const { NO_COLOR: none, TERM: terminal } = env;
  const isColoured = stream.isTTY && (none === undefined || none === "") && terminal !== "dumb";
  return isColoured ? (style, text) => `\x1b[${SGR[style]}m${text}\x1b[0m` : (_, text) => text;
}

/** Columns as wide as their widest cell, two blanks apart; the last one is not filled up. Cells are made printable. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => width(row[column]!))));
  return cells
    .map((row) =>
      row
        .map((cell, i) => cell + " ".repeat(widths[i]! - width(cell)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** `whole` where its lines fit the terminal, or it is none; else `cut`. */
export function fitting(
  whole: string,
  cut: () => string,
  stream: Pick<WriteStream, "isTTY" | "columns"> = process.stdout,
): string {
  const fits = !stream.isTTY || whole.split("\n").every((line) => width(line) <= stream.columns);
  return fits ? whole : cut();
}

/** In characters, each taken to be one column wide. */
function width(text: string): number {
  return Array.from(text).length;
}

/** "1 team", "2 teams". */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

/** How long ago, in the largest unit that fits. A clock that was set back says "just now". */
export function ago(thenMs: number, nowMs: number): string {
  return nowMs - thenMs < 1000 ? "just now" : `${span(nowMs - thenMs)} ago`;
}

/** How long, in the largest unit that fits. */
export function span(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

export function size(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
