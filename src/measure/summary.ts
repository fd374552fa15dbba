/** A report for a terminal: the figures that matter with their verdicts, then all of them. */
import { wrapped } from "../base/wrap.ts";
import { instant, plain } from "./format.ts";
import type { Report, Verdict } from "./report.ts";
import { byId, KEY_FIGURES, memoryStates, ofTopic, show, stateLabel, TOPICS } from "./topics.ts";

const COLOURS: Readonly<Record<Verdict, string>> = { good: "32", fair: "33", poor: "31" };
/** With five kinds of 12 columns and the indent: 80. */
const STATE_COLUMNS = 18;
const KINDS = ["anonymous", "pss", "rss", "peak", "cgroup"] as const;

export function summary(found: Report, hasColours = false): string {
  // Colours are ours; whatever else is in the texts is not for the terminal.
  const report = plainTexts(found);
  const paint = (text: string, code: string): string =>
    hasColours ? `\u001b[${code}m${text}\u001b[0m` : text;
  const title = (text: string): string => `\n${paint(text, "1")}\n`;
  const { machine, product, figures } = report;
  const map = byId(report);
  const lines: string[] = [
    wrapped(
      `aranya-edge ${product.version} (Node ${product.node}) on ${machine.host}, ${machine.arch}, ${machine.cpu}, ${machine.cores} cores`,
    ),
    wrapped(
      `${machine.system}, ${machine.kernel}; measured in ${machine.fileSystem} on ${machine.device}; ${instant(report.startedAt)}, ${Math.round(report.seconds)} s`,
    ),
    title("At a glance").trimEnd(),
    ...KEY_FIGURES.flatMap(([id, label]) => {
      const figure = map.get(id);
      if (figure === undefined) return [];
      const { verdict, rule } = figure;
      const word = verdict === undefined ? "    " : paint(verdict, COLOURS[verdict]);
      return [
        `  ${label.padEnd(26)}${show(figure).padStart(10)}  ${word}${rule === undefined ? "" : `  ${inLines(rule, 46)}`}`.trimEnd(),
      ];
    }),
  ];
  const states = memoryStates(figures);
  if (states.length > 0) {
    const kinds = KINDS.filter((kind) => states.some((state) => map.has(`memory/${state}/${kind}`)));
    lines.push(
      title("Memory of a daemon").trimEnd(),
      `  ${"".padEnd(STATE_COLUMNS)}${kinds.map((kind) => kind.padStart(12)).join("")}`,
      ...states.map((state) => {
        const cells = kinds.map((kind) => {
          const figure = map.get(`memory/${state}/${kind}`);
          return (figure === undefined ? "" : show(figure)).padStart(12);
        });
        return `  ${stateLabel(state).padEnd(STATE_COLUMNS)}${cells.join("")}`;
      }),
    );
  }
  for (const topic of TOPICS) {
    const rest = ofTopic(topic, figures).filter(({ id }) => !/^memory\/[^/]+\//.test(id));
    if (rest.length === 0) continue;
    lines.push(
      title(topic.title).trimEnd(),
      ...rest.map((f) => {
        const floor = f.floor === undefined ? "" : `  (floor ${show({ ...f, value: f.floor })})`;
        const what = `${f.what}${floor}${f.note === undefined ? "" : `; ${f.note}`}`;
        return `  ${show(f).padStart(12)}  ${inLines(what, 16)}`;
      }),
    );
  }
  if (report.skipped.length > 0) {
    lines.push(
      title("Not measured").trimEnd(),
      ...report.skipped.map(({ what, reason }) => `  ${inLines(`${what}: ${reason}`, 4, 2)}`),
    );
  }
  if (report.notes.length > 0) {
    lines.push(title("To know").trimEnd(), ...report.notes.map((note) => `  ${inLines(note, 4, 2)}`));
  }
  return `${lines.join("\n")}\n`;
}

/** A number stays with its unit. */
function inLines(text: string, indent: number, used = indent): string {
  const whole = text.replace(/(\d) (?=(?:[kMGT]?i?B|[mµ]?s|%|×|\/s)(?![a-z]))/g, "$1\u00a0");
  return wrapped(whole, indent, used).replaceAll("\u00a0", " ");
}

function plainTexts(report: Report): Report {
  const reviver = (_: string, value: unknown): unknown => (typeof value === "string" ? plain(value) : value);
  return JSON.parse(JSON.stringify(report), reviver) as Report;
}
