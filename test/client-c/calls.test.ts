/** The C client against a real server session: every value as it was said, lists in parts, effects, calls that run late. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { AranyaError } from "../../src/base/errors.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { until } from "../support/until.ts";
import { testId as id, ToyDaemon, deferred, KEY_BUNDLE } from "../unit/client/toy-daemon.ts";
import type { ChannelId, DeviceId, TeamId } from "../../src/client/index.ts";
import { drive } from "./driver.ts";
import { IS_NATIVE, TARGET_NAME } from "./toolchain.ts";

let daemon: ToyDaemon;
beforeEach(async () => {
  daemon = await new ToyDaemon().start();
});
afterEach(async () => {
  await daemon.remove();
  expect(daemon.bugs).toEqual([]);
  expect(daemon.failures, "the C client spoke the protocol").toEqual([]);
});

const channel = {
  channelId: id<ChannelId>(5),
  teamId: id<TeamId>(2),
  remoteNetIdentifier: "bob.example",
  label: "telemetry",
};

test("[SYS-2, DOC-4] what is asked and answered crosses whole", async () => {
  const lines = await drive(
    daemon.socketPath,
    "connect:5000",
    "init",
    "bundle",
    "add-team",
    "assign-label",
    "add-peer",
    "sync",
    "team",
    "status",
    "metrics",
    "teams",
    "labels",
    "devices",
    "peers",
    "channels",
    "open",
  );
  expect(lines).toEqual([
    "connect OK",
    `init OK deviceId=${id(1)}`,
    "bundle OK text=-----BEGIN ARANYA KEY BUNDLE----- OK",
    "add-team OK changed=1",
    "assign-label OK changed=0",
    "add-peer OK",
    `sync OK received=3 accepted=2 recalled=1 head=${id(9)}`,
    `team OK policyId=toy closed=0 commandCount=5000000000 asideCount=12 stateDigest=${"ab".repeat(32)} unheard=${id(4)}`,
    "status OK version=toy udp=1 cipher=2 of 1",
    "metrics OK bytes=6",
    "teams OK visited=1 bytes=2",
    "labels OK visited=1 bytes=9",
    "devices OK visited=1 bytes=16",
    "peers address=hub.example rateMs=1000 code=PeerUnreachable reason=refused at=1 behind=-1 OK visited=1 bytes=0",
    "channels peer=bob.example label=telemetry delivery=1 state=2 direction=1 OK visited=1 bytes=0",
    "open OK",
  ]);
  const params = new Map(daemon.calls.map((call) => [call.method, call.params]));
  expect(params.get("addDevice")).toEqual({ teamId: id(2), keyBundle: KEY_BUNDLE, commonName: "Bob" });
  expect(params.get("addSyncPeer")).toEqual({
    address: "hub.example",
    teamId: id(2),
    rateMs: 1000,
    expectedDeviceId: id(3),
  });
  expect(params.get("syncNow")).toEqual({ address: "hub.example:99", teamId: id(2), timeoutMs: 5000 });
  expect(params.get("createChannel")).toEqual({
    teamId: id(2),
    netIdentifier: "bob.example",
    label: "telemetry",
    timeoutMs: 5000,
  });
});

test("errors keep their fields; what cannot be right is refused before it is sent", async () => {
  daemon.answer({
    team: () => {
      throw new AranyaError("NotAuthorised", "no", {
        operation: "team",
        role: "sync",
        rule: "a b",
        odd: -1.5,
        yes: true,
      });
    },
  });
  const lines = await drive(daemon.socketPath, "connect:5000", "team", "assign-role:0", "assign-role:6");
  expect(lines.slice(1)).toEqual([
    "team NotAuthorised operation=team role=sync rule=a b odd=-1.5 yes=true",
    "assign-role InvalidArgument field=role reason=is missing",
    "assign-role InvalidArgument field=role reason=is none of those there are",
  ]);
  expect(daemon.calls.some((call) => call.method === "assignRole")).toBe(false);
});

test("a list of thousands comes in parts", async () => {
  const devices = Array.from({ length: 4000 }, (_, i) => ({
    deviceId: id<DeviceId>(3),
    commonName: "x".repeat(1 + (i % 64)),
    role: "user" as const,
    labels: ["a", "bb", "ccc"],
    keyBundle: KEY_BUNDLE,
  }));
  daemon.answer({
    devices: () => devices,
    labels: () => Array.from({ length: 1000 }, () => "\u00e9".repeat(32)),
  });
  const bytes = devices.reduce((sum, d) => sum + d.commonName.length + 6 + 4, 0);
  const lines = await drive(daemon.socketPath, "connect:20000", "heap", "devices", "labels", "team", "heap");
  expect(lines[2]).toBe(`devices OK visited=4000 bytes=${bytes}`);
  expect(lines[3]).toBe("labels OK visited=1000 bytes=64000");
});

test("a NUL within a text does not end it early", async () => {
  daemon.answer({ labels: () => ["a\0b", "telemetry\0"] });
  expect((await drive(daemon.socketPath, "connect:5000", "labels"))[1]).toBe("labels OK visited=2 bytes=13");
});

test("the daemon says where another client asked for other settings", async () => {
  daemon.answer({
    hello: () => {
      throw new AranyaError("ConfigMismatch", "no", {
        setting: "logLevel",
        current: "info",
        wanted: "debug",
      });
    },
  });
  expect(await drive(daemon.socketPath, "connect:5000", "team")).toEqual([
    "connect ConfigMismatch setting=logLevel current=info wanted=debug",
    "team DaemonUnavailable remedy=connect again reason=there is no connection",
  ]);
});

test("messages are read in order, one too long for the buffer is kept, and credit comes back", async () => {
  daemon.answer({
    listen: (_, connection) => {
      const big = new Uint8Array(1024 * 1024).fill(7);
      for (const bytes of [Uint8Array.of(1, 2, 3), new Uint8Array(0), big]) {
        expect(connection.deliver(channel, bytes)).toBe(true);
      }
      connection.channelGone(channel.channelId);
      return true;
    },
  });
  const lines = await drive(
    daemon.socketPath,
    "connect:5000",
    "poll:0",
    "poll:5000",
    "read:2",
    "read:3",
    "poll:0",
    "team",
    "read:0",
    "poll:5000",
    "read:1000000",
    "read:1048576",
    "read:10",
    "poll:0",
    "send:100",
    "send:1048577",
  );
  const said = `from=bob.example label=telemetry channelId=${id(5)}`;
  expect(lines[1]).toMatch(/^poll (OK|Timeout)/);
  expect(lines[2]).toBe("poll OK");
  expect(lines[3]).toBe("read BufferTooSmall needed=3");
  expect(lines[4]).toBe(`read OK length=3 sum=${(1 * 31 + 2) * 31 + 3} ${said}`);
  expect(lines[5]).toBe("poll OK");
  expect(lines[6], "an answer behind an unread megabyte").toMatch(/^team OK/);
  expect(lines[7]).toBe(`read OK length=0 sum=0 ${said}`);
  expect(lines[9]).toBe("read BufferTooSmall needed=1048576");
  expect(lines[10]).toMatch(/^read OK length=1048576/);
  expect(lines[11]).toBe("read NoData");
  expect(lines[12]).toBe("poll Timeout method=pollData timeoutMs=0");
  expect(lines[13]).toBe("send OK");
  expect(lines[14]).toBe("send MessageTooLarge limit=1048576");
});

test("effects in order; one too many ends the stream, which can be begun again", async () => {
  const total = 5000;
  daemon.answer({
    addTeam: (_, connection) => {
      for (let i = 0; i < total; i++) {
        connection.effect({
          type: "labelCreated",
          teamId: id(2),
          commandId: id(9),
          author: id(3),
          label: `l${i}`,
        });
      }
      return true;
    },
  });
  const lines = await drive(
    daemon.socketPath,
    "connect:5000",
    "effect:0",
    "subscribe",
    "effect:0",
    "add-team",
    ...Array.from({ length: 100 }, () => "effect:5000"),
    "subscribe",
    "effect:0",
  );
  expect(lines[1]).toBe("effect NoData");
  expect(lines[3]).toBe("effect Timeout method=effects timeoutMs=0");
  // 64 had credit, 4096 waited, and then the rest was lost with them.
  expect(lines.slice(5, 5 + 64)).toEqual(
    Array.from({ length: 64 }, (_, i) => `effect OK type=6 label=l${i}`),
  );
  expect(lines[5 + 64]).toMatch(/^effect OK type=18 count=\d+$/);
  expect(lines[5 + 65]).toBe("effect NoData");
  expect(lines.at(-2)).toBe("subscribe OK");
});

test("a channel that opens after its caller gave up is closed again", async () => {
  const opening = deferred<ChannelId>();
  let deleted = false;
  daemon.answer({
    createChannel: () => opening.promise,
    deleteChannel: () => (deleted = true),
    team: () => {
      opening.resolve(id(5));
      throw new AranyaError("UnknownTeam", "no", {});
    },
  });
  const lines = await drive(
    daemon.socketPath,
    "connect:5000",
    "open:50",
    "team:5000",
    "add-team",
    "process:0",
    "add-team",
  );
  expect(lines[1]).toBe("open Timeout method=createChannel timeoutMs=50");
  expect(lines[2]).toBe("team UnknownTeam");
  await until(() => deleted);
});

test("calls and messages that were started: told once, also when time is up or the client is closed", async () => {
  daemon.answer({ createChannel: () => new Promise(() => undefined) });
  daemon.sendData = () => new Promise<boolean>(() => undefined);
  const lines = await drive(
    daemon.socketPath,
    "connect:5000",
    "start-open:100",
    "start-send:64",
    "start-send:100000",
    "process:3",
    "start-send:64",
    "close",
  );
  expect(lines[4]).toBe("process OK done=3 ok=0 last=Timeout");
  expect(lines[6]).toBe("close OK done=4 last=DaemonUnavailable");
});

test("more calls than there is room for: a limit where they are started, a time-out where they wait", async () => {
  daemon.answer({ createChannel: () => new Promise(() => undefined) });
  const starts = Array.from({ length: 17 }, () => "start-open:5000");
  const lines = await drive(daemon.socketPath, "connect:5000", ...starts, "team:50");
  expect(lines.filter((line) => line === "start-open OK").length).toBe(16);
  expect(lines.at(-2)).toBe("start-open LimitReached limit=16 name=calls");
  expect(lines.at(-1)).toBe("team Timeout method=team timeoutMs=50");
});

test("nothing in place of a client, an argument or a result", async () => {
  expect((await drive(daemon.socketPath, "connect:5000", "nothing"))[1]).toBe("nothing OK");
});

test("clients in several threads do not know of each other", async () => {
  expect(await drive(daemon.socketPath, "threads")).toEqual(["threads OK"]);
});

test("many messages both ways at a constant heap", async () => {
  const count = IS_NATIVE ? 100_000 : 5_000;
  daemon.answer({
    listen: (_, connection) => {
      let left = count;
      const feed = (): void => {
        while (left > 0 && connection.deliver(channel, new Uint8Array(64))) left--;
        if (left > 0) setTimeout(feed, 1);
      };
      feed();
      return true;
    },
  });
  const lines = await drive(
    daemon.socketPath,
    "connect:20000",
    "poll:20000",
    `read-many:100`,
    "send-many:1000",
    "heap",
    `send-many:${count}`,
    `read-many:${count - 100}`,
    "heap",
  );
  expect(lines[6]).toBe(`read-many OK bytes=${64 * (count - 100)}`);
  expect(lines[5]).toBe(`send-many OK done=${count + 1000} ok=${count + 1000}`);
  const heap = lines
    .filter((line) => line.startsWith("heap"))
    .map((line) => Number(/bytes=(\d+)/.exec(line)![1]));
  // The first was taken with messages unread, the last with none.
  expect(heap[1]).toBeLessThanOrEqual(heap[0]!);
});

test("heap after connect is under 32 kB", async () => {
  const lines = await drive(daemon.socketPath, "heap", "connect:5000", "heap");
  const [before, after] = lines
    .filter((line) => line.startsWith("heap"))
    .map((line) => Number(/bytes=(\d+)/.exec(line)![1])) as [number, number];
  // The sanitizers and valgrind have heaps of their own, which mallinfo does not count.
  if (TARGET_NAME !== "native" && TARGET_NAME !== "valgrind") expect(after).toBeGreaterThan(before);
  expect(after - before).toBeLessThan(32 * 1024);
});

test("metrics of the greatest length there may be cross whole", async () => {
  daemon.answer({ metrics: () => ({ text: "x".repeat(LIMITS.metricsTextBytesMax) }) });
  expect(await drive(daemon.socketPath, "connect:5000", "metrics")).toEqual([
    "connect OK",
    `metrics OK bytes=${LIMITS.metricsTextBytesMax}`,
  ]);
});
