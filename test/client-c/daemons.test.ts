/** C programs against real daemons: the five-device story, the examples, one end in C and the other in TypeScript. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TeamId } from "../../src/client/index.ts";
import { eventually } from "../support/daemon-process.ts";
import { Fleet, foundTeam, LABEL, openChannel, read } from "../e2e/support.ts";
import type { Device } from "../e2e/support.ts";
import { readText } from "../support/source-tree.ts";
import { compile, run, runFile, start } from "./toolchain.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

/** Daemons that nobody has initialised: a client in C does all. */
async function bare(name: string): Promise<Device> {
  const device = await fleet.device(name);
  device.daemon.start();
  const client = await device.daemon.connect();
  await client.close();
  return device;
}

test("[SYS-2, DOC-4] five devices in C, from nothing to an encrypted message", async () => {
  const devices = await Promise.all(["owner", "admin", "operator", "sensor", "gateway"].map(bare));
  const args = devices.flatMap((device) => [device.daemon.socketPath, device.address]);
  const { code, stdout, stderr } = await run("test/client-c/five-devices.c", args);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "five devices\n", stderr: "" });
});

test("[DOC-4] the quickstart's program, as it stands there, is of 40 lines and does what it says", async () => {
  const program = /```c\n(.*?)```/s.exec(readText("docs/c-quickstart.md"))![1]!;
  expect(program.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
  const devices = await Promise.all(["a", "b", "c"].map(bare));
  let text = program;
  for (const [i, device] of devices.entries()) {
    text = text
      .replace(`/tmp/${"abc"[i]!}.sock`, device.daemon.socketPath)
      .replace(`127.0.0.1:440${i + 1}`, device.address);
  }
  const source = join(fleet.root, "hello.c");
  writeFileSync(source, text);
  expect(await runFile(compile(source, join(fleet.root, "hello")), [])).toEqual({
    code: 0,
    signal: null,
    stdout: `hello from ${devices[1]!.address}\n`,
    stderr: "",
  });
});

let near: Device;
let far: Device;
let teamId: TeamId;
beforeAll(async () => {
  const [owner, ...users] = await fleet.started("founder", "near", "far");
  [near, far] = users;
  teamId = await foundTeam(owner, { users });
});

test("the telemetry example sends, and TypeScript receives", async () => {
  await far.client.pollData(0);
  const sending = run("src/client-c/examples/telemetry.c", [
    near.daemon.socketPath,
    teamId,
    far.address,
    LABEL,
    "2",
  ]);
  for (let i = 0; i < 2; i++) {
    const { text, remoteNetIdentifier } = await read(far.client);
    expect(JSON.parse(text)).toEqual({ load: expect.any(Number) as number });
    expect(remoteNetIdentifier).toBe(near.address);
  }
  expect(await sending).toMatchObject({ code: 0, stderr: "" });
});

test("the request example asks, and TypeScript answers", async () => {
  await far.client.pollData(0);
  const questions = ["one", "two", "three"];
  const asking = run("src/client-c/examples/request-reply.c", [
    near.daemon.socketPath,
    "ask",
    teamId,
    far.address,
    LABEL,
    ...questions,
  ]);
  for (const question of questions) {
    const { text, channelId } = await read(far.client);
    expect(text).toBe(question);
    // Who asked hangs up as soon as it has the last answer, which may be before its daemon has acknowledged it.
    await far.client.sendData(new TextEncoder().encode(`${text}!`), channelId, 15_000).catch(() => undefined);
  }
  expect(await asking).toMatchObject({ code: 0, stdout: "one!\ntwo!\nthree!\n", stderr: "" });
});

test("C asks C through two daemons; TypeScript asks C", async () => {
  // Incoming channels go to whoever registered first: the TypeScript client has to be gone.
  await far.client.close();
  const serving = start("src/client-c/examples/request-reply.c", [far.daemon.socketPath, "serve", "3"]);
  const served = once(serving, "close");
  const ask = (): Promise<Awaited<ReturnType<typeof run>>> =>
    run("src/client-c/examples/request-reply.c", [
      near.daemon.socketPath,
      "ask",
      teamId,
      far.address,
      LABEL,
      "one",
      "two",
    ]);
  const { stdout } = await eventually("the C server listens", ask, ({ code }) => code === 0);
  expect(stdout).toBe("ONE\nTWO\n");
  const channelId = await near.client.createChannel(teamId, far.address, LABEL);
  await near.client.sendData(new TextEncoder().encode("three"), channelId, 15_000);
  expect((await read(near.client)).text).toBe("THREE");
  expect(await served).toEqual([0, null]);
  await far.attach();
});

test("the telemetry example goes on when its daemon was killed", async () => {
  await far.client.pollData(0);
  const sending = run("src/client-c/examples/telemetry.c", [
    near.daemon.socketPath,
    teamId,
    far.address,
    LABEL,
    "4",
  ]);
  await read(far.client);
  await near.daemon.stop("SIGKILL");
  near.daemon.start();
  await near.attach(near.config);
  for (let i = 0; i < 3; i++) await read(far.client);
  expect((await sending).code).toBe(0);
  await openChannel(near, far, teamId);
});
