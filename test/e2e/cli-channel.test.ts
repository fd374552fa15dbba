/** Messages, lines, files and streams from one command to another. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ERROR_CODES } from "../../src/base/codes.ts";
import type { TeamId } from "../../src/client/index.ts";
import { eventually } from "../support/daemon-process.ts";
import { commandsOf } from "./cli-support.ts";
import type { Commands } from "./cli-support.ts";
import { bytes, Fleet, foundTeam, LABEL } from "./support.ts";
import type { Device } from "./support.ts";

const fleet = new Fleet();
afterAll(() => fleet.close());

let sensor: Device;
let gateway: Device;
let from: Commands;
let to: Commands;
let teamId: TeamId;
const file = (name: string): string => join(fleet.root, name);
const code = (error: keyof typeof ERROR_CODES): number => 80 + ERROR_CODES[error];

beforeAll(async () => {
  let owner: Device;
  [owner, sensor, gateway] = await fleet.started("owner", "sensor", "gateway");
  teamId = await foundTeam(owner, { users: [sensor, gateway] });
  [from, to] = [commandsOf(sensor.daemon.socketPath), commandsOf(gateway.daemon.socketPath)];
});

test("[AFC-1, AFC-5] a message from stdin arrives as it is, by common name, id and network name", async () => {
  const receiver = to.start(["channel", "recv", "--count", "3", "--raw"]);
  await receiver.said("waiting");
  for (const [peer, message] of [
    ["gateway", "no line end"],
    [gateway.id.slice(0, 12), "\u001b[2Jraw\n"],
    [gateway.address, "three"],
  ] as const) {
    const sent = await from.run(["channel", "send", peer, LABEL, "--json"], { stdin: message });
    expect(sent).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(sent.stdout)).toEqual({
      schema: "channel.sent/1",
      teamId,
      netIdentifier: gateway.address,
      label: LABEL,
      messages: 1,
      bytes: message.length,
    });
  }
  expect(await receiver.ended).toMatchObject({ code: 0, stdout: "no line end\u001b[2Jraw\nthree" });
  expect(await sensor.client.channels()).toEqual([]);
});

test("[AFC-1] lines are messages; JSON says from whom, and text that no terminal obeys", async () => {
  const receiver = to.start(["channel", "recv", "--count", "3", "--json"]);
  await receiver.said("waiting");
  const stdin = Buffer.concat([bytes("one\r\n\ntwo \u009b31m\n"), Uint8Array.of(0xff, 0xfe)]);
  expect(await from.run(["channel", "send", "gateway", LABEL, "--lines"], { stdin })).toMatchObject({
    code: 0,
  });
  const { code: exitCode, stdout } = await receiver.ended;
  expect(exitCode).toBe(0);
  expect(stdout).not.toContain("\u009b");
  const about = { schema: "message/1", teamId, from: sensor.address, label: LABEL };
  expect(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).toMatchObject([
    { ...about, text: "one" },
    { ...about, text: "two \u009b31m" },
    { ...about, data: "//4=" },
  ]);
});

test("nobody listens, nothing to send, nothing comes, nobody of that name: said, with codes of their own", async () => {
  // The clients of the test listen otherwise. An answer says that the last command's end was heard of.
  await gateway.client.channels();
  const refused = (args: string[], stdin = "x") => from.run(["channel", "send", ...args], { stdin });
  expect(await refused(["gateway", LABEL])).toMatchObject({ code: code("NoListener"), stdout: "" });
  expect((await refused(["gateway", LABEL])).stderr).toContain("channel recv");
  expect(await refused(["gateway", "no-label"])).toMatchObject({ code: code("UnknownLabel") });
  expect(await refused(["gateway", LABEL], "")).toMatchObject({ code: code("InvalidArgument") });
  expect(await refused(["owner", LABEL])).toMatchObject({ code: code("UnknownName") });
  expect(await refused(["nobody", LABEL])).toMatchObject({ code: code("UnknownDevice") });
  expect(await refused(["gateway", LABEL, "--file", file("none")])).toMatchObject({ code: 71 });
  expect(await refused(["gateway", LABEL], "x".repeat(2 ** 20 + 1))).toMatchObject({
    code: code("MessageTooLarge"),
  });
  expect(await to.run(["channel", "recv", "--idle", "50ms"])).toMatchObject({
    code: code("Timeout"),
    stdout: "",
  });
  expect(await to.run(["channel", "cat", "gateway"])).toMatchObject({ code: 64 });
  expect(await to.run(["channel", "open", "--listen", "gateway", LABEL])).toMatchObject({ code: 64 });
});

test("--wait waits for somebody who listens", async () => {
  const sender = from.start(["channel", "send", "gateway", LABEL, "--wait", "30s"], { stdin: "late" });
  const receiver = to.start(["channel", "recv", "--count", "1"]);
  expect(await receiver.ended).toMatchObject({ code: 0, stdout: "late\n" });
  expect(await sender.ended).toMatchObject({ code: 0 });
});

test("[AFC-1] channel open talks both ways, piped", async () => {
  const listening = to.start(["channel", "open", "--listen", "--count", "1"], { stdin: "the answer\n" });
  await listening.said("waiting");
  const asking = from.start(["channel", "open", "gateway", LABEL, "--count", "1"], {
    stdin: "the question\n",
  });
  expect(await asking.ended).toMatchObject({ code: 0, stdout: "the answer\n" });
  const { stdout } = await listening.ended;
  expect(stdout).toBe("the question\n");
});

test("[AFC-1] channel cat: a file of many messages is whole at the other end, and the sender knows", async () => {
  const content = randomBytes(3_000_001);
  writeFileSync(file("content"), content);
  const receiver = to.start(["channel", "cat", "--listen", "--output", file("copy"), "--json"]);
  await receiver.said("waiting");
  expect(existsSync(file("copy.part"))).toBe(true);
  const sent = await from.run(["channel", "cat", "gateway", LABEL, file("content"), "--json"]);
  const sha256 = createHash("sha256").update(content).digest("hex");
  expect(sent).toMatchObject({ code: 0, stdout: "" });
  expect(JSON.parse(sent.stderr)).toEqual({
    schema: "channel.cat/1",
    direction: "sent",
    peer: gateway.address,
    bytes: content.length,
    sha256,
  });
  expect(await receiver.ended).toMatchObject({ code: 0, stdout: "" });
  expect(readFileSync(file("copy")).equals(content)).toBe(true);
  expect(existsSync(file("copy.part"))).toBe(false);
});

test("channel cat streams from stdin to stdout, an empty stream as well", async () => {
  for (const stdin of ["", "streamed\n".repeat(20_000)]) {
    const receiver = to.start(["channel", "cat", "--listen"]);
    await receiver.said("waiting");
    expect(await from.run(["channel", "cat", "gateway", LABEL], { stdin })).toMatchObject({
      code: 0,
      stdout: "",
    });
    const { code: exitCode, stdout } = await receiver.ended;
    expect(exitCode).toBe(0);
    expect(stdout === stdin).toBe(true);
  }
});

test("channel cat: half a file is no file, at neither end", async () => {
  const receiver = to.start(["channel", "cat", "--listen", "--output", file("half")]);
  await receiver.said("waiting");
  const sender = from.start(["channel", "cat", "gateway", LABEL, "/dev/zero"]);
  await eventually(
    "half of it has arrived",
    () => Promise.resolve(statSync(file("half.part")).size),
    (size) => size > 0,
  );
  sender.child.kill("SIGKILL");
  const ended = await receiver.ended;
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain("not all of it arrived");
  expect([existsSync(file("half")), existsSync(file("half.part"))]).toEqual([false, false]);

  const stopped = to.start(["channel", "cat", "--listen", "--output", file("half")]);
  await stopped.said("waiting");
  const second = await to.run(["channel", "cat", "--listen", "--output", file("half")]);
  expect(second).toMatchObject({ code: 71, stdout: "" });
  expect(second.stderr).toContain("half.part is there");
  stopped.child.kill("SIGTERM");
  expect((await stopped.ended).code).toBe(143);
  expect(existsSync(file("half.part"))).toBe(false);

  const other = to.start(["channel", "cat", "--listen"]);
  await other.said("waiting");
  other.child.stdout.destroy();
  const unread = await from.run(["channel", "cat", "gateway", LABEL, "/dev/zero"]);
  expect(unread.code).not.toBe(0);
  expect((await other.ended).code).toBe(141);

  const stranger = to.start(["channel", "cat", "--listen"]);
  await stranger.said("waiting");
  await from.run(["channel", "send", "gateway", LABEL], { stdin: "no frame" });
  const { code: exitCode, stderr } = await stranger.ended;
  expect(exitCode).toBe(1);
  expect(stderr).toContain("no channel cat");
});
