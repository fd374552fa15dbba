/** What README has a newcomer type, from nothing to an encrypted message between two daemons, as a shell runs it. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { freePort } from "../support/daemon-process.ts";
import { COMMAND } from "./support.ts";

const root = mkdtempSync(join(tmpdir(), "aranya-edge-newcomer-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("[CLI-1, INV-1, IDAM-1, AFC-1] twelve commands from nothing to an encrypted message between two daemons", async () => {
  const [hub, sensor, gateway] = [await freePort(), await freePort(), await freePort()];
  const block = /```sh\n(aranya-edge daemon [\s\S]*?)\n```/.exec(readFileSync("README.md", "utf8"))![1]!;
  const commands = block
    .replaceAll("127.0.0.1:4001", `127.0.0.1:${hub}`)
    .replaceAll("127.0.0.1:4002", `127.0.0.1:${sensor}`)
    .replaceAll("127.0.0.1:4003", `127.0.0.1:${gateway}`)
    .split("\n");
  expect(commands).toHaveLength(12);
  // A newcomer takes a moment between two commands; a script has to wait for the sockets.
  const program = `#!/bin/sh\nexec ${COMMAND.map((word) => `"${word}"`).join(" ")} "$@"\n`;
  writeFileSync(join(root, "aranya-edge"), program, { mode: 0o755 });
  const script = [
    "set -e",
    "trap 'kill $(jobs -p)' EXIT",
    ...commands.slice(0, 3).map((command) => command.replace(/&$/, "2>>daemons.log &")),
    "for s in hub sensor gateway; do while [ ! -S $s.sock ]; do sleep 0.05; done; done",
    ...commands.slice(3),
    "wait $receiver",
  ].join("\n");
  const env = { ...process.env, PATH: `${root}:${process.env["PATH"] ?? ""}` };
  const shell = spawn("bash", ["-c", script], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  shell.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  shell.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((done) => shell.once("close", done));
  expect({ code, said: code === 0 ? "" : said }).toEqual({ code: 0, said: "" });
  expect(said).toContain(`acknowledged by 127.0.0.1:${gateway}`);
  expect(readFileSync(join(root, "received"), "utf8")).toBe("21.5 degrees\n");
});
