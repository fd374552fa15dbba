/** Each way in which a page can be wrong, planted: whoever follows it has to stumble. */
import { afterAll, describe, expect, test } from "vitest";
import { commandErrors } from "./lib/commands.ts";
import { differenceOf, isRefusal } from "./lib/output.ts";
import { blocksOf, reasonOf } from "./lib/page.ts";
import { Reader } from "./lib/reader.ts";
import { hasCompiler } from "./lib/surroundings.ts";
import { typeErrors } from "./lib/types.ts";

const reader = new Reader();
afterAll(() => reader.close());

const block = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\`\n\n`;
const sh = (...lines: string[]): string => block("sh", lines.join("\n"));
const console_ = (...lines: string[]): string => block("console", lines.join("\n"));
const START = sh(
  "aranya-edge daemon --work-dir /var/lib/aranya-edge --socket /run/aranya-edge/socket --listen 127.0.0.1:4001 2> log &",
);

/** Without a compiler what needs one is left out. */
const BAD_C: readonly [string, string, string][] = hasCompiler()
  ? [
      [
        "C that does not compile",
        "`a.c`:\n\n" + block("c", "int main(void) { return x; }") + sh("cc a.c -o a"),
        "cc a.c -o a",
      ],
    ]
  : [];

describe.concurrent("a page", () => {
  test("that is right is followed to its end, with a daemon", async () => {
    const page =
      START +
      sh("team=$(aranya-edge team create --init --label telemetry)", "aranya-edge label list") +
      console_("LABEL      DEVICES", "telemetry  -") +
      sh("aranya-edge label create telemetry") +
      console_("aranya-edge: … (LabelExists)", "…") +
      sh("kill %1; wait", "rm log") +
      block("json", '{ "sync": { "listen": "127.0.0.1:4001" } }');
    const { remains } = await reader.follow(page);
    expect(remains).toEqual(["file example-" + String(page.split("\n").indexOf("```json") + 1) + ".json"]);
  });

  test.each<[string, string, string]>([
    ["a command that fails", sh("true", "aranya-edge version --jsn", "true"), "version --jsn, exit code 64"],
    ["a command that is not there", sh("aranya-edge frobnicate"), "aranya-edge frobnicate, exit code 64"],
    ["wrong output", sh("echo 1 team") + console_("2 teams"), "not as the page says: 2 teams"],
    ["output it does not show", sh("echo 1; echo 2") + console_("1"), "more than the page says"],
    [
      "a refusal that does not come",
      sh("true") + console_("aranya-edge: no (NotAuthorised)"),
      "was not refused",
    ],
    ["a configuration that is none", block("json", '{ "sync": { "port": 1 } }'), "is no configuration"],
    [
      "TypeScript that ends badly",
      block(
        "ts",
        'import { Client } from "aranya-edge/client";\nawait Client.connect({ socketPath: "/run/aranya-edge/socket" });',
      ),
      "exit code 1",
    ],
    ["a file nobody uses", "`a.ts`:\n\n" + block("ts", "export {};"), "a.ts is used by nothing"],
    [
      "a wait for what was seen before",
      sh("echo up > log &") + sh("echo up > log &", "until grep -qs up log; do sleep 0.2; done"),
      "log was written before",
    ],
    ["a daemon asked too soon", START.replace("&\n", "&\naranya-edge status\n"), "has just been started"],
    ...BAD_C,
    ["a block in a language nobody follows", block("perl", "1"), "a block of perl"],
  ])("with %s is wrong", async (_what, page, complaint) => {
    await expect(reader.follow(page)).rejects.toThrow(complaint);
  });

  test("that leaves a process and a file behind is told so", async () => {
    const { remains } = await reader.follow(sh("sleep 60 &", "touch left"));
    expect(remains).toEqual([expect.stringMatching(/^process \d+$/), "file left"]);
  });
});

test("TypeScript with a wrong type is found, with page and line", () => {
  const page = `\n${block("ts", 'import { Client } from "aranya-edge/client";\nconst id: number = Client.name;\nexport { id };')}`;
  const errors = typeErrors(new Map([["a.md", page]]), reader.directory());
  expect(errors).toEqual(["a.md:4: Type 'string' is not assignable to type 'number'."]);
});

test("a block is left out for a reason, and the reason has to hold", () => {
  const left = (info: string, text: string): string | undefined =>
    reasonOf(blocksOf(block(`sh ${info}`, text))[0]!);
  expect(left("on-device: systemd", "systemctl status aranya-edge")).toBe("systemd");
  expect(() => left("on-device: systemd", "aranya-edge status")).toThrow("nothing in it needs");
  expect(() => left("on-device: tired", "aranya-edge status")).toThrow("is no reason");
  expect(() => left("later", "aranya-edge status")).toThrow("is no reason");
});

test("commands that are not there are found in text and in blocks that are not run", () => {
  expect(commandErrors("Say `aranya-edge team creat`.")).toEqual(["line 1: no such command: team creat"]);
  expect(commandErrors(block("sh on-device: root", "sudo true && aranya-edge doctor --fix"))).toEqual([
    "line 2: no option --fix: doctor --fix",
  ]);
  expect(commandErrors("`aranya-edge team create --init --label x | cat`, `aranya-edge`")).toEqual([]);
});

test("examples stand for their kind, and for nothing else", () => {
  const id = "4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi";
  const other = "8qbHbw2BbbTHBW1sbeqakYXVKRQM8Ne7pLK7m6CVfeR";
  expect(differenceOf(`on team ${id}`, `on team ${other}`)).toBeUndefined();
  expect(differenceOf(`on team ${id}`, "on team x")).toBeDefined();
  expect(differenceOf("team 4vJ9JU1b, synced 3 s ago", "team 8qbHbw2B,  synced just now")).toBeUndefined();
  expect(differenceOf("team telemetry", "team 8qbHbw2B")).toBeDefined();
  expect(differenceOf("12:00:01 x", "23:59:59 x")).toBeUndefined();
  expect(differenceOf("a\n…\nz", "a\nb\nc\nz")).toBeUndefined();
  expect(differenceOf("a\n…\nz", "a\nb\nc")).toBeDefined();
  expect(differenceOf("a … c", "a bb c")).toBeUndefined();
  expect(differenceOf("a.c", "abc")).toBeDefined();
  expect(isRefusal("aranya-edge: not allowed (NotAuthorised)")).toBe(true);
  expect(isRefusal("aranya-edge: waiting for messages")).toBe(false);
});
