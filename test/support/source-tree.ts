/** The repository's own files, for the tests that judge how it is written. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

export const ROOT = join(import.meta.dirname, "../..");

const NOT_OURS = new Set(["node_modules", "dist", "build", "coverage", ".git"]);
/** By path: what npm run docs makes. */
const GENERATED = new Set(["docs/site"]);

/** Every file below `folder`, as paths from the root with forward slashes, sorted; empty where it does not exist. */
export function listFiles(folder = ""): string[] {
  const found: string[] = [];
  const visit = (path: string): void => {
    for (const entry of readdirSync(join(ROOT, path), { withFileTypes: true })) {
      if (NOT_OURS.has(entry.name)) continue;
      const child = path === "" ? entry.name : `${path}/${entry.name}`;
      if (GENERATED.has(child)) continue;
      if (entry.isDirectory()) visit(child);
      else if (entry.isFile()) found.push(child);
    }
  };
  visit(folder);
  return found.sort();
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** Path to contents. */
export function readAll(paths: readonly string[]): Map<string, string> {
  return new Map(paths.map((path) => [path, readText(path)]));
}

/** Every node of the file, outermost first, with parents set. */
export function* nodesOf(path: string, source: string): Generator<ts.Node> {
  const open: ts.Node[] = [ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true)];
  while (open.length > 0) {
    const node = open.pop()!;
    yield node;
    const children: ts.Node[] = [];
    ts.forEachChild(node, (child) => void children.push(child));
    open.push(...children.reverse());
  }
}

export function lineOf(node: ts.Node): number {
  const file = node.getSourceFile();
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}
