/**
 * Reads OpenMetrics 1.0 text and takes nothing the specification does not: written apart from what makes it, so that both can
 * be wrong only in different ways. Of the kinds of metrics it knows those we have.
 */
export interface Family {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly unit: string | undefined;
  readonly help: string | undefined;
  readonly samples: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly value: number;
  }[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const NUMBER = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|NaN|[+-]Inf)$/;

/** Throws where anything is wrong. */
export function readOpenMetrics(text: string): Family[] {
  if (!text.endsWith("\n# EOF\n") && text !== "# EOF\n") throw new Error("it does not end with # EOF");
  const lines = text.slice(0, -"# EOF\n".length).split("\n");
  if (lines.pop() !== "") throw new Error("the last line has no end");
  const families = new Map<string, Reading>();
  let current: Reading | undefined;
  for (const line of lines) {
    if (line === "" || line !== line.trim()) throw new Error(`blanks: ${JSON.stringify(line)}`);
    if (line.startsWith("#")) current = readMetadata(line, families, current);
    else readSample(line, current);
  }
  for (const family of families.values()) {
    if (family.samples.length === 0) throw new Error(`${family.name} has no sample`);
    if (family.help === undefined) throw new Error(`${family.name} has no help`);
  }
  return [...families.values()].map(({ series: _, ...family }) => family);
}

interface Reading extends Family {
  /** Labels of each sample so far. */
  readonly series: Set<string>;
}

function readMetadata(line: string, families: Map<string, Reading>, current: Reading | undefined): Reading {
  const [, keyword, name, rest] = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/.exec(line) ?? [];
  if (keyword === undefined) throw new Error(`no metadata: ${line}`);
  if (keyword === "TYPE") {
    if (!NAME.test(name!)) throw new Error(`name: ${name!}`);
    if (families.has(name!)) throw new Error(`${name!} comes twice`);
    if (rest !== "gauge" && rest !== "counter") throw new Error(`type: ${rest!}`);
    for (const other of families.keys()) {
      if (other === `${name!}_total` || name === `${other}_total`)
        throw new Error(`${name!} and ${other} clash`);
    }
    const empty = { unit: undefined, help: undefined, samples: [], series: new Set<string>() };
    const family: Reading = { name: name!, type: rest, ...empty };
    families.set(name!, family);
    return family;
  }
  if (current?.name !== name) throw new Error(`out of its family: ${line}`);
  if (current!.samples.length > 0) throw new Error(`metadata after samples: ${line}`);
  if (keyword === "UNIT" && !name!.endsWith(`_${rest!}`)) throw new Error(`unit: ${line}`);
  const key = keyword.toLowerCase() as "unit" | "help";
  if (current![key] !== undefined) throw new Error(`twice: ${line}`);
  const family: Reading = { ...current!, [key]: unescape(rest!) };
  families.set(name!, family);
  return family;
}

function readSample(line: string, family: Reading | undefined): void {
  const name = /^[^{ ]+/.exec(line)?.[0] ?? "";
  if (family === undefined || name !== family.name + (family.type === "counter" ? "_total" : "")) {
    throw new Error(`a sample of no family: ${line}`);
  }
  let at = name.length;
  const labels: Record<string, string> = {};
  if (line[at] === "{") {
    at++;
    for (;;) {
      const equals = line.indexOf('="', at);
      const label = line.slice(at, equals);
      if (equals < 0 || !LABEL_NAME.test(label)) throw new Error(`label: ${line}`);
      if (Object.hasOwn(labels, label)) throw new Error(`label twice: ${line}`);
      let end = equals + 2;
      while (line[end] !== '"') {
        if (end >= line.length) throw new Error(`label without end: ${line}`);
        end += line[end] === "\\" ? 2 : 1;
      }
      labels[label] = unescape(line.slice(equals + 2, end));
      at = end + 2;
      if (line[end + 1] === "}") break;
      if (line[end + 1] !== ",") throw new Error(`after a label: ${line}`);
    }
  }
  if (line[at] !== " " || !NUMBER.test(line.slice(at + 1))) throw new Error(`value: ${line}`);
  const value = Number(line.slice(at + 1).replace("Inf", "Infinity"));
  if (family.type === "counter" && !(value >= 0 && value < Infinity)) throw new Error(`counter: ${line}`);
  const key = JSON.stringify(Object.entries(labels).sort());
  if (family.series.has(key)) throw new Error(`a series twice: ${line}`);
  family.series.add(key);
  family.samples.push({ name, labels, value });
}

function unescape(text: string): string {
  return text.replace(/\\(.)/gs, (all, character: string) => {
    if (character === "n") return "\n";
    if (character === "\\" || character === '"') return character;
    throw new Error(`escape: ${all}`);
  });
}

/** The value of one series; throws where there is none, or more than one. Labels not given may be anything. */
export function valueOf(
  families: readonly Family[],
  sample: string,
  labels: Record<string, string> = {},
): number {
  const found = families
    .flatMap((family) => family.samples)
    .filter((s) => s.name === `aranya_edge_${sample}`)
    .filter((s) => Object.entries(labels).every(([label, value]) => s.labels[label] === value));
  if (found.length !== 1) throw new Error(`${found.length} series of ${sample} ${JSON.stringify(labels)}`);
  return found[0]!.value;
}
