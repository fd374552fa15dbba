/**
 * Who may import whom. `LAYERS` is the order of src/; a layer sees those before it, or less where `SEES` says so. A
 * violation reads "file:line what".
 */
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import ts from "typescript";
import { lineOf, nodesOf } from "./source-tree.ts";

const LAYERS = [
  "base",
  "codec",
  "crypto",
  "graph",
  "policy",
  "team",
  "sync",
  "dgram-reliability",
  "afc",
  "invite",
  "ipc",
  "store",
  "audit",
  "io",
  "daemon",
  "client",
  "measure",
  "cli",
] as const;

/** Layers that see less than what stands before them. */
const SEES: Readonly<Record<string, readonly string[]>> = {
  // Publishable by itself.
  "dgram-reliability": ["base"],
  // Takes keys as values and has never heard of a team.
  afc: ["base", "codec", "crypto", "dgram-reliability"],
  // Moves commands without knowing what they mean.
  sync: ["base", "codec", "crypto", "graph"],
  // What an application loads stays tiny and holds no keys.
  ipc: ["base", "codec"],
  client: ["base", "codec", "ipc"],
  // Lines, seals and files of the audit log: has never heard of a team, and sees the device's keys as values.
  audit: ["base", "codec", "crypto", "store"],
  // Looks at the product from outside, as an application does.
  measure: ["base", "client"],
  platform: ["base"],
};

const SEES_PLATFORM = ["daemon", "cli"];
const SEES_NODE = ["crypto", "io", "client", "measure", "cli", "platform"];

/** Each dependency of the package and the layers it serves. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "@noble/ciphers": ["crypto"],
  "@noble/curves": ["crypto"],
  "@noble/hashes": ["crypto"],
  "cbor-x": ["ipc"],
  commander: ["cli"],
  pino: ["daemon", "cli"],
  "systemd-notify": ["platform"],
};

/** `files`: path to contents, of everything under src/ and platform/. */
export function checkLayers(files: ReadonlyMap<string, string>): string[] {
  const violations: string[] = [];
  const imports = new Map<string, string[]>();
  for (const [path, source] of files) {
    const layer = layerOf(path);
    if (layer === undefined) {
      violations.push(`${path}:1 is in no layer`);
      continue;
    }
    const targets: string[] = [];
    for (const { specifier, line, dynamic } of importsOf(path, source)) {
      const at = `${path}:${line}`;
      // Single executables on Node 20.11 cannot import() anything; what is bundled esbuild makes a call of.
      if (dynamic && isBuiltin(specifier)) violations.push(`${at} imports ${specifier} at run time`);
      if (specifier.startsWith(".")) {
        const target = posix.join(posix.dirname(path), specifier);
        if (files.has(target)) targets.push(target);
        violations.push(...checkRelative(at, layer, target, files));
      } else if (!mayImportPackage(layer, specifier)) {
        violations.push(`${at} ${layer} may not import ${specifier}`);
      }
    }
    imports.set(path, targets);
  }
  return [...violations, ...cyclesIn(imports)];
}

/** `base` for src/base/…, `platform` for platform/…, undefined elsewhere. */
function layerOf(path: string): string | undefined {
  const parts = path.split("/");
  if (parts[0] === "platform") return "platform";
  const layer = LAYERS.find((name) => name === parts[1]);
  return parts[0] === "src" && parts.length > 2 ? layer : undefined;
}

function checkRelative(
  at: string,
  layer: string,
  target: string,
  files: ReadonlyMap<string, string>,
): string[] {
  if (!files.has(target)) return [`${at} imports ${target}, which is not there`];
  const to = layerOf(target);
  return to === undefined || maySee(layer, to) ? [] : [`${at} ${layer} may not see ${to}`];
}

function maySee(from: string, to: string): boolean {
  if (from === to) return true;
  if (to === "platform") return SEES_PLATFORM.includes(from);
  const seen = SEES[from] ?? LAYERS.slice(0, LAYERS.indexOf(from as (typeof LAYERS)[number]));
  return seen.includes(to);
}

function mayImportPackage(layer: string, specifier: string): boolean {
  if (specifier.startsWith("node:")) return SEES_NODE.includes(layer);
  const parts = specifier.split("/");
  const name = specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0]!;
  return Object.hasOwn(PACKAGES, name) && PACKAGES[name]!.includes(layer);
}

interface Import {
  readonly specifier: string;
  readonly line: number;
  /** `import()` or `require()`. */
  readonly dynamic: boolean;
}

/** Types count as well: a layer that needs another's types knows about it. */
function importsOf(path: string, source: string): Import[] {
  const found: Import[] = [];
  for (const node of nodesOf(path, source)) {
    const add = (text: ts.Node | undefined, dynamic = false): void => {
      if (text === undefined) return;
      const specifier = ts.isStringLiteralLike(text) ? text.text : text.getText();
      found.push({ specifier, line: lineOf(node), dynamic });
    };
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isExternalModuleReference(node)) add(node.expression);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    else if (ts.isCallExpression(node) && isRuntimeImport(node.expression)) add(node.arguments[0], true);
  }
  return found;
}

function isRuntimeImport(callee: ts.Expression): boolean {
  return (
    callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === "require")
  );
}

/** One line for each import that closes a ring. */
function cyclesIn(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    if (path.includes(file)) {
      found.push(`${file}:1 import cycle: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`);
      return;
    }
    if (done.has(file)) return;
    done.add(file);
    path.push(file);
    for (const target of imports.get(file) ?? []) visit(target);
    path.pop();
  };
  for (const file of imports.keys()) visit(file);
  return found;
}
