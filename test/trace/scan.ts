/**
 * Finds the requirement ids in test titles. The files are parsed, so an id in a comment, in a fixture or in a test that
 * is skipped proves nothing.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

export interface Citation {
  readonly id: string;
  /** From the repository's root, with forward slashes. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly title: string;
}

const TEST_FUNCTIONS = new Set(["test", "it", "describe"]);
const NOT_RUN = new Set(["skip", "todo"]);
const IDS = /\[([A-Z]{2,}-\d+(?:, *[A-Z]{2,}-\d+)*)\]/g;

/** Scripts that are no vitest suites name rows in the first argument of any call: `step("[SYS-2] …")`. */
function isScript(file: string): boolean {
  return /^test\/(demo|e2e|system)\//.test(file) && !file.endsWith(".test.ts");
}

/** What counts as a place for proofs. */
export function isProofFile(file: string): boolean {
  return file.startsWith("test/") && (file.endsWith(".test.ts") || (isScript(file) && file.endsWith(".ts")));
}

export function scanSource(file: string, source: string): Citation[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest);
  const anyCall = isScript(file);
  const found: Citation[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.arguments.length > 0) {
      const runs = isTestCall(node.expression);
      const title = titleOf(node.arguments[0]!);
      // A title without a body is a test that never runs.
      if (title !== undefined && (anyCall || (runs && node.arguments.length > 1))) {
        const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
        for (const id of idsIn(title)) found.push({ id, file, line, title });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

export function scanTests(root: string): Citation[] {
  const names = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" });
  const files = names.map((name) => `test/${name.replaceAll("\\", "/")}`).filter(isProofFile);
  return files.sort().flatMap((file) => scanSource(file, readFileSync(join(root, file), "utf8")));
}

/** `test(…)`, `test.each(…)(…)`, `describe.concurrent(…)`: whatever chain starts at a test function and runs. */
function isTestCall(callee: ts.Expression): boolean {
  if (ts.isIdentifier(callee)) return TEST_FUNCTIONS.has(callee.text);
  if (ts.isPropertyAccessExpression(callee))
    return !NOT_RUN.has(callee.name.text) && isTestCall(callee.expression);
  if (ts.isCallExpression(callee)) return isTestCall(callee.expression);
  return false;
}

function titleOf(argument: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(argument)) return argument.text;
  if (ts.isTemplateExpression(argument)) {
    return argument.head.text + argument.templateSpans.map((span) => `…${span.literal.text}`).join("");
  }
  if (ts.isBinaryExpression(argument)) return titleOf(argument.left);
  return undefined;
}

function idsIn(title: string): string[] {
  return [...title.matchAll(IDS)].flatMap((match) => match[1]!.split(/, */));
}
