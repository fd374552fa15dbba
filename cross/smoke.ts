/** An executable is not made until it has run: it knows its version, looks at this machine, and a daemon answers. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { DaemonProcess } from "../test/support/daemon-process.ts";
import type { DaemonCommand } from "../test/support/daemon-process.ts";
import { run } from "./process.ts";

export interface Expected {
  readonly version: string;
  readonly commit: string;
  readonly node: string;
}

/** `command`: the executable with what starts it here. Resolves with what was seen, in words. */
export async function tryOut(command: DaemonCommand, expected: Expected): Promise<string> {
  const found = JSON.parse(run([...command, "version", "--json"])) as Expected;
  for (const key of ["version", "commit", "node"] as const) {
    if (found[key] !== expected[key]) throw new Error(`${key} is ${found[key]}, expected ${expected[key]}`);
  }
  const directory = mkdtempSync(join(tmpdir(), "aranya-edge-build-"));
  try {
    const examined = examine(command, directory);
    const daemon = new DaemonProcess(directory, { command });
    try {
      daemon.start();
      const client = await daemon.connect({}, 60_000);
      const id = await client.initDevice();
      const team = await client.createTeam();
      const { commandCount } = await client.team(team);
      if (commandCount !== 1) throw new Error(`a new team has ${commandCount} commands`);
      await client.close();
      const code = await daemon.stop();
      if (code !== 0 || daemon.stderr !== "") throw new Error(`stopped with ${code}: ${daemon.stderr}`);
      return `version, doctor (${examined}), daemon: device ${id.slice(0, 8)}… made a team, stopped`;
    } finally {
      await daemon.stop("SIGKILL");
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function examine(command: readonly string[], directory: string): string {
  const [program, ...before] = command as [string, ...string[]];
  const args = ["doctor", "--json", "--work-dir", directory, "--socket", join(directory, "socket")];
  const { status, stdout, stderr } = spawnSync(program, [...before, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`doctor: exit ${status} ${stdout}${stderr}`);
  const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string }[] };
  const warnings = checks.filter((check) => check.status === "warn").map((check) => check.name);
  return `${checks.length} checks${warnings.length === 0 ? "" : `, warns of ${warnings.join(", ")}`}`;
}
