/** What a page says one sees, against what was seen. */

const BASE58 = "[1-9A-HJ-NP-Za-km-z]";
/** What differs each time: in the page it is an example, and stands for its kind. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  // Any part of a line.
  [/^…/, ".+?"],
  // SHA-256, a state's digest.
  [/^\b[0-9a-f]{64}\b/, "[0-9a-f]{64}"],
  // Ids, in full and as tables shorten them.
  [new RegExp(`^\\b${BASE58}{43,44}\\b`), `${BASE58}{40,44}`],
  [new RegExp(`^\\b(?=${BASE58}*[0-9])(?=${BASE58}*[A-Z])${BASE58}{8}\\b`), `${BASE58}{8}`],
  // Times: of day, since 1970, since then.
  [/^\b\d\d:\d\d:\d\d\b/, "\\d\\d:\\d\\d:\\d\\d"],
  [/^\b1[6-9]\d{11}\b/, "1\\d{12}"],
  [/^(\d+ (?:s|min) ago|just now)\b/, "(?:\\d+ (?:s|min) ago|just now)"],
  // Columns are as wide as what is in them.
  [/^[ \t]+/, "[ \\t]+"],
];

/** A line of the page as a pattern for a line of output. */
function patternOf(line: string): RegExp {
  let pattern = "";
  let rest = line.trimEnd();
  // An id begins a word.
  let isWithinWord = false;
  while (rest !== "") {
    const { length, any } = (isWithinWord ? undefined : varyingAt(rest)) ?? literalAt(rest);
    pattern += any;
    isWithinWord = /\w\w/.test(rest.slice(length - 1, length + 1));
    rest = rest.slice(length);
  }
  return new RegExp(`^${pattern}$`);
}

interface Piece {
  readonly length: number;
  /** What stands for it in the pattern. */
  readonly any: string;
}

function varyingAt(text: string): Piece | undefined {
  for (const [kind, any] of VARYING) {
    const length = kind.exec(text)?.[0].length;
    if (length !== undefined) return { length, any };
  }
  return undefined;
}

function literalAt(text: string): Piece {
  return { length: 1, any: text[0]!.replace(/[.*+?^${}()|[\]\\/]/, "\\$&") };
}

/** Undefined where it is what the page says; else the first line that is not. A line of `…` alone is any lines, or none. */
export function differenceOf(expected: string, actual: string): string | undefined {
  const wanted = linesOf(expected);
  const seen = linesOf(actual);
  let reached = 0;
  const fits = (i: number, j: number): boolean => {
    reached = Math.max(reached, i);
    if (i === wanted.length) return j === seen.length;
    if (wanted[i]!.trim() === "…") {
      for (let k = j; k <= seen.length; k++) if (fits(i + 1, k)) return true;
      return false;
    }
    return j < seen.length && patternOf(wanted[i]!).test(seen[j]!.trimEnd()) && fits(i + 1, j + 1);
  };
  if (fits(0, 0)) return undefined;
  const line = wanted[reached];
  return line === undefined ? "there is more than the page says" : `not as the page says: ${line}`;
}

/** The page shows a refusal: `aranya-edge: … (NotAuthorised)`. */
export function isRefusal(expected: string): boolean {
  return linesOf(expected).some((line) => /^aranya-edge: .*\([A-Z]\w+\)$/.test(line));
}

function linesOf(text: string): string[] {
  return text.replace(/\n+$/, "").split("\n");
}
