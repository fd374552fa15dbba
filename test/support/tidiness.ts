/**
 * What a tired reader misses. Each check takes path and contents and answers with violations, "file:line what"; the
 * words it looks for are put together here so that this file passes its own checks.
 */
import { posix } from "node:path";
import ts from "typescript";
import { lineOf, nodesOf } from "./source-tree.ts";

const UNFINISHED = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"].join("|")})\\b`);
/** Where somebody's checkout or home stands, and where packages come from: true on one machine only. */
const MACHINE = new RegExp(
  `(^|[^\\w./])/(${["work", "root", "Users"].join("|")})/|/home/[a-z]|\\bregistry\\.[a-z]`,
);
const NAME = /^\.?[a-z0-9]+(-[a-z0-9]+)*(@?\.[a-z0-9]+)*$/;
/** Names that others chose; the C header is named as its functions are. */
const GIVEN_NAMES =
  /^(README|LICENSE|NOTICE|CHANGELOG|CONTRIBUTING|SECURITY|Doxyfile|CMakeLists|aranya_edge)(\.\w+)?$/;

export const SOURCE_LINES_MAX = 450;

export function checkMarks(path: string, text: string): string[] {
  return linesMatching(path, text, UNFINISHED, "unfinished");
}

export function checkMachine(path: string, text: string): string[] {
  return linesMatching(path, text, MACHINE, "knows one machine");
}

function linesMatching(path: string, text: string, pattern: RegExp, what: string): string[] {
  return text
    .split("\n")
    .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1} ${what}: ${line.trim()}`] : []));
}

export function checkName(path: string): string[] {
  // Vectors keep the names of their sources.
  if (path.startsWith("test/vectors/")) return [];
  return path.split("/").every((part) => NAME.test(part) || GIVEN_NAMES.test(part))
    ? []
    : [`${path}:1 is not kebab-case`];
}

export function checkLength(path: string, text: string): string[] {
  const lines = text.trimEnd().split("\n").length;
  return lines > SOURCE_LINES_MAX ? [`${path}:1 has ${lines} lines`] : [];
}

/** `test.only` hides every other test, `test.skip` itself; `skipIf` is the same on some machine. */
export function checkNarrowedTests(path: string, source: string): string[] {
  const narrowing = new Set(["only", "skip", "todo", "skipIf", "runIf", "fails"]);
  const found: string[] = [];
  for (const node of nodesOf(path, source)) {
    if (!ts.isPropertyAccessExpression(node) || !narrowing.has(node.name.text)) continue;
    if (/^(test|it|describe|suite)\b/.test(node.expression.getText())) {
      found.push(`${path}:${lineOf(node)} ${node.expression.getText()}.${node.name.text}`);
    }
  }
  return found;
}

const CLOCKS_AND_CHANCE = new Set([
  "Date",
  "performance",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "process",
  "Promise",
  "fetch",
  "globalThis",
]);

/** A protocol core is a pure machine: no clock, no chance, no waiting. Those come in as arguments. */
export function checkCore(path: string, source: string): string[] {
  const found: string[] = [];
  for (const node of nodesOf(path, source)) {
    const what = impurity(node);
    if (what !== undefined) found.push(`${path}:${lineOf(node)} ${what}`);
  }
  return found;
}

function impurity(node: ts.Node): string | undefined {
  if (ts.isAwaitExpression(node) || node.kind === ts.SyntaxKind.AsyncKeyword) return "waits";
  if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) return "waits";
  if (ts.isPropertyAccessExpression(node) && node.getText() === "Math.random") return "Math.random";
  if (ts.isIdentifier(node) && CLOCKS_AND_CHANCE.has(node.text) && !isMemberName(node)) return node.text;
  return undefined;
}

/** `frame.process`, `{ process: 1 }`, `process(): void` in a class are names of members, `Promise<void>` is a type. */
function isMemberName(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isTypeReferenceNode(parent)) return true;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  return (
    (ts.isPropertyAssignment(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent)) &&
    parent.name === node
  );
}

/** Maxima nobody asks about are promises nobody keeps. `limits.x` is `LIMITS` handed in, so that a test can lower it. */
export function checkLimitsUsed(names: readonly string[], sources: Iterable<string>): string[] {
  const used = new Set<string>();
  for (const source of sources) for (const match of source.matchAll(/\blimits\.(\w+)/gi)) used.add(match[1]!);
  return names.filter((name) => !used.has(name)).map((name) => `LIMITS.${name} is used nowhere in src/`);
}

/** `documents`: every Markdown file. `exists`: whether a path from the root is a file or folder of the repository. */
export function checkLinks(
  documents: ReadonlyMap<string, string>,
  exists: (path: string) => boolean,
): string[] {
  const found: string[] = [];
  for (const [path, text] of documents) {
    const prose = text
      .replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, ""))
      .replace(/`[^`\n]*`/g, "");
    for (const [i, line] of prose.split("\n").entries()) {
      for (const match of line.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g)) {
        const problem = linkProblem(path, match[1]!, documents, exists);
        if (problem !== undefined) found.push(`${path}:${i + 1} ${problem}`);
      }
    }
  }
  return found;
}

function linkProblem(
  from: string,
  link: string,
  documents: ReadonlyMap<string, string>,
  exists: (path: string) => boolean,
): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [file, anchor] = link.split("#") as [string, string?];
  const target = file === "" ? from : posix.join(posix.dirname(from), file).replace(/\/$/, "");
  if (!exists(target)) return `links to ${link}, which is not there`;
  const document = documents.get(target);
  if (anchor === undefined || document === undefined || anchorsOf(document).has(anchor)) return undefined;
  return `links to ${link}, but ${target} has no such heading`;
}

/** As forges make them: lower case, punctuation dropped, blanks to hyphens. */
function anchorsOf(document: string): Set<string> {
  const headings = [...document.matchAll(/^#{1,6} +(.+?) *$/gm)].map((match) => match[1]!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
