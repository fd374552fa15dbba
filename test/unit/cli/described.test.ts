/** What is made from the tree of commands: help, manual pages, completions; and what documents its JSON. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { manPages } from "../../../cross/man-pages.ts";
import { runCommandLine } from "../../../src/cli/command-line.ts";
import { NO_CLI } from "../../../src/cli/command.ts";
import { configSettings } from "../../../src/cli/commands/config.ts";
import { SHELLS } from "../../../src/cli/commands/completion.ts";
import { exitCodeTable } from "../../../src/cli/exit-codes.ts";
import { makeProgram } from "../../../src/cli/program.ts";
import { nodesOf, treeOf } from "../../../src/cli/tree.ts";
import type { DaemonCommand } from "../../support/daemon-process.ts";
import { programUnderTest } from "../../support/executable.ts";

const root = mkdtempSync(join(tmpdir(), "aranya-edge-described-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const repository = join(import.meta.dirname, "../../..");
const program = makeProgram(NO_CLI);
const tree = treeOf(program);
const nodes = [...nodesOf(tree)];
const leaves = nodes.filter((node) => node.commands.length === 0);
const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };

/** A shell or a reader of manual pages that is installed here. */
const isInstalled = (name: string): boolean => spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;

test("each command has a summary, a description, help, and an example that is one of its own", () => {
  expect(leaves.length).toBeGreaterThan(35);
  for (const node of leaves) {
    const name = node.path.join(" ");
    expect([name, node.summary.length > 10, node.description.length > 10]).toEqual([name, true, true]);
    expect(node.options.map((option) => option.flag)).toContain("--help");
    if (node.text !== undefined) continue;
    const examples = node.notes?.examples ?? [];
    expect([name, examples.length > 0]).toEqual([name, true]);
    for (const example of examples) expect(example.startsWith(name)).toBe(true);
  }
});

test.each([
  ["team", "--help"],
  ["team", "-h"],
  ["help", "team"],
])("help is found by who tries %s %s", async (...args) => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    expect(await runCommandLine(args, NO_CLI.runDaemon)).toBe(0);
    expect(String(write.mock.calls[0]![0])).toMatch(/^Usage: aranya-edge team/);
  } finally {
    write.mockRestore();
  }
});

test("help fits 80 columns, and has an example, of groups as well", () => {
  for (const node of nodes) {
    const command = node.path.reduce((at, name) => at.commands.find((c) => c.name() === name)!, program);
    let text = node.text ?? "";
    command.configureOutput({
      writeOut: (part) => void (text += part),
      getOutHelpWidth: () => 80,
    });
    if (node.text === undefined) command.outputHelp();
    expect(text).toMatch(/\nExamples?:\n {2}aranya-edge /);
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
  }
});

test("each example uses options and choices that there are", () => {
  for (const node of leaves) {
    for (const example of node.notes?.examples ?? []) {
      const flags = example.replace(/ [|&>].*$/, "").match(/--[a-z-]+/g) ?? [];
      const known = node.options.map((option) => option.flag);
      expect([example, flags.filter((flag) => !known.includes(flag))]).toEqual([example, []]);
    }
  }
});

test("each command that answers has --json; secrets and messages are no arguments of any", () => {
  const silent = new Set(["daemon", "completion"]);
  for (const node of leaves.filter((leaf) => !silent.has(leaf.path[0]!))) {
    expect([node.path.join(" "), node.options.some((option) => option.flag === "--json")]).toEqual([
      node.path.join(" "),
      true,
    ]);
  }
  const taken = nodes.flatMap((node) => [
    ...node.arguments.map((a) => a.name),
    ...node.options.map((o) => o.flag),
  ]);
  for (const name of taken) expect(name).not.toMatch(/secret|password|key$|seed|message|text/);
});

test("a command made alone is the command in the whole tree", () => {
  for (const node of tree.commands) {
    const alone = treeOf(makeProgram(NO_CLI, node.path[0]));
    expect(alone.commands).toEqual([node]);
  }
  expect(makeProgram(NO_CLI, "constructor").commands).toHaveLength(tree.commands.length);
});

test("docs/man is what npm run man makes", () => {
  const pages = manPages(version);
  const directory = join(repository, "docs/man");
  expect(readdirSync(directory).sort()).toEqual([...pages.keys()].sort());
  for (const [file, text] of pages) expect(readFileSync(join(directory, file), "utf8") === text).toBe(true);
  const settings = pages.get("aranya-edge-config.1")!;
  for (const [path] of configSettings()) expect(settings).toContain(`\\fB${path}\\fR`);
  const main = pages.get("aranya-edge.1")!;
  for (const [code, meaning] of exitCodeTable()) {
    expect(main).toContain(`\\fB${code}\\fR\n${meaning.replaceAll("-", "\\-")}`);
  }
  for (const node of leaves)
    expect(pages.get(`aranya-edge-${node.path[0]!}.1`)).toContain(`aranya\\-edge ${node.path.join(" ")}`);
});

test("manual pages render without a complaint, in the readers that are here", () => {
  const directory = join(repository, "docs/man");
  const files = readdirSync(directory).map((file) => join(directory, file));
  if (isInstalled("mandoc")) {
    for (const file of files) {
      const { stdout } = spawnSync("mandoc", ["-T", "lint", "-W", "warning", file], { encoding: "utf8" });
      expect(stdout.split("\n").filter((line) => line !== "" && !line.includes("missing date"))).toEqual([]);
    }
  }
  if (isInstalled("man")) {
    for (const file of files) {
      const options = {
        encoding: "utf8",
        env: { ...process.env, MANWIDTH: "80", LC_ALL: "C.UTF-8" },
      } as const;
      const { status, stdout, stderr } = spawnSync("man", ["--warnings", "-l", file], options);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toContain("SYNOPSIS");
    }
  }
});

const executable = programUnderTest();
const scripts = Object.fromEntries(
  Object.entries(SHELLS).map(([shell, make]) => {
    const file = join(root, `completion.${shell}`);
    writeFileSync(file, executable === undefined ? make(tree) : printed(executable, shell));
    return [shell, file];
  }),
) as Record<"bash" | "zsh" | "fish", string>;

function printed([file, ...before]: DaemonCommand, shell: string): string {
  return execFileSync(file, [...before, "completion", shell], { encoding: "utf8" });
}

/** What bash offers for the last word. */
function offered(...words: string[]): string[] {
  const script = `source ${scripts.bash}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _aranya_edge 2> /dev/null; echo "\${COMPREPLY[*]}"`;
  const args = ["--norc", "-c", script, "bash", "aranya-edge", ...words];
  return execFileSync("bash", args, { encoding: "utf8", cwd: root }).trim().split(" ").sort();
}

test("bash completes commands, options and what they take", () => {
  expect(offered("")).toEqual(tree.commands.map((node) => node.path[0]).sort());
  expect(offered("te")).toEqual(["team"]);
  for (const group of tree.commands.filter((node) => node.commands.length > 0)) {
    expect(offered(group.path[0]!, "")).toEqual(group.commands.map((node) => node.path[1]).sort());
  }
  for (const node of leaves) {
    expect(offered(...node.path, "--")).toEqual([...new Set(node.options.map((o) => o.flag))].sort());
  }
  expect(offered("role", "assign", "--team", "role", "sensor", "")).toEqual([
    "admin",
    "operator",
    "owner",
    "user",
  ]);
  expect(offered("device", "bundle", "--format", "")).toEqual(["cbor", "text"]);
  expect(offered("device", "add", "completion.b")).toEqual(["completion.bash"]);
  expect(offered("device", "bundle", "--output", "completion.f")).toEqual(["completion.fish"]);
  expect(offered("nonsense", "")).not.toContain("create");
});

test("completions load in zsh and fish, where they are here", () => {
  if (isInstalled("zsh")) {
    const script = `autoload -Uz compinit; compinit -u -D; source ${scripts.zsh}; echo $_comps[aranya-edge]`;
    const { stdout, stderr } = spawnSync("zsh", ["-fc", script], { encoding: "utf8" });
    expect({ stdout, stderr }).toEqual({ stdout: "_aranya_edge\n", stderr: "" });
  }
  if (isInstalled("fish")) {
    const script = `source ${scripts.fish}; complete -C 'aranya-edge role assign --team x sensor '`;
    const { stdout, stderr } = spawnSync("fish", ["--no-config", "-c", script], { encoding: "utf8" });
    expect({ stdout: stdout.trim().split("\n").sort(), stderr }).toEqual({
      stdout: ["admin", "operator", "owner", "user"],
      stderr: "",
    });
  }
});

test("docs/cli-json.md has every shape that the source has, and no other", () => {
  const found = new Set<string>();
  const shape = /"([a-z]+(?:\.[a-z]+)?\/\d+)"/g;
  for (const file of readdirSync(join(repository, "src/cli"), { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts")) continue;
    const source = readFileSync(join(repository, "src/cli", file), "utf8");
    for (const match of source.matchAll(shape)) found.add(match[1]!);
  }
  const document = readFileSync(join(repository, "docs/cli-json.md"), "utf8");
  const documented = [...document.matchAll(/^\| `([a-z.]+\/\d+)` \|/gm)].map((match) => match[1]!);
  expect(documented.sort()).toEqual([...found].sort());
});
