/** Where the log goes to a disk that is full. */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Client } from "../../src/client/index.ts";
import { eventually, SOURCE_DAEMON } from "../support/daemon-process.ts";

test("[SYS-8] a daemon whose log cannot be written goes on working, and stops cleanly", async () => {
  const directory = mkdtempSync(join(tmpdir(), "aranya-edge-full-"));
  const socketPath = join(directory, "socket");
  const full = openSync("/dev/full", "w");
  const [program, ...args] = SOURCE_DAEMON;
  args.push("daemon", "--work-dir", join(directory, "work"), "--socket", socketPath);
  const daemon = spawn(program, args, { stdio: ["ignore", "ignore", full] });
  closeSync(full);
  const exit = new Promise((done) => daemon.once("close", done));
  try {
    const client = (await eventually(
      "the daemon answers",
      () => Client.connect({ socketPath, config: { logLevel: "debug" } }).catch(() => undefined),
      (connected) => connected !== undefined,
    ))!;
    await client.initDevice();
    const teamId = await client.createTeam();
    // Each failure of a peer is a line.
    for (let port = 1; port <= 20; port++) {
      await expect(client.syncNow(`127.0.0.1:${port}`, teamId)).rejects.toMatchObject({
        code: "PeerUnreachable",
      });
      await client.addSyncPeer(`127.0.0.1:${port}`, teamId, 1000);
    }
    expect(await client.teams()).toEqual([teamId]);
    await client.close();
  } finally {
    daemon.kill("SIGTERM");
    expect(await exit).toBe(0);
    rmSync(directory, { recursive: true, force: true });
  }
});
