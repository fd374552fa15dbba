/** TypeScript of the pages, checked against the client's source as strictly as the source itself. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { blocksOf } from "./page.ts";
import { installClient } from "./surroundings.ts";

/** `pages`: name and Markdown. `root`: a directory of one's own. What is wrong, with page and line. */
export function typeErrors(pages: ReadonlyMap<string, string>, root: string): string[] {
  installClient(root);
  const origin = new Map<string, { page: string; line: number }>();
  for (const [page, markdown] of pages) {
    const directory = join(root, "pages", page);
    for (const { language, line, text } of blocksOf(markdown)) {
      if (language !== "ts") continue;
      mkdirSync(directory, { recursive: true });
      const file = join(directory, `line-${line}.ts`);
      writeFileSync(file, text);
      origin.set(file, { page, line });
    }
  }
  const { config } = ts.readConfigFile("tsconfig.json", (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, process.cwd());
  const program = ts.createProgram([...origin.keys()], {
    ...options,
    noEmit: true,
    typeRoots: [resolve("node_modules/@types")],
  });
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
    const { file, start } = diagnostic;
    const from = file === undefined ? undefined : origin.get(resolve(file.fileName));
    if (file === undefined || from === undefined) return `${file?.fileName ?? ""}: ${message}`;
    const { line } = file.getLineAndCharacterOfPosition(start ?? 0);
    return `${from.page}:${from.line + 1 + line}: ${message}`;
  });
}
