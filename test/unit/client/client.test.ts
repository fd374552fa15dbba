import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AranyaError } from "../../../src/base/errors.ts";
import type { ChannelId, TeamId } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { Client } from "../../../src/client/client.ts";
import * as surface from "../../../src/client/index.ts";
import type { Effect } from "../../../src/ipc/effect.ts";
import { METHODS } from "../../../src/ipc/methods.ts";
import { until } from "../../support/until.ts";
import { deferred, KEY_BUNDLE, never, refusal, testId, ToyDaemon } from "./toy-daemon.ts";

const TEAM = testId<TeamId>(2);
const CHANNEL = testId<ChannelId>(5);
const META = { channelId: CHANNEL, teamId: TEAM, remoteNetIdentifier: "bob.example", label: "telemetry" };

let daemon: ToyDaemon;
const clients: Client[] = [];

beforeEach(async () => {
  daemon = await new ToyDaemon().start();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await daemon.remove();
});

async function connect(o: Partial<Parameters<typeof Client.connect>[0]> = {}): Promise<Client> {
  const client = await Client.connect({ socketPath: daemon.socketPath, ...o });
  clients.push(client);
  return client;
}

function labelEffect(n: number): Effect {
  return { type: "labelCreated", teamId: TEAM, commandId: testId(8), author: testId(1), label: `label ${n}` };
}

describe("the public surface", () => {
  test("[SYS-2] the client has every public method of the table, and connect and close, and no others", () => {
    const methods = Object.getOwnPropertyNames(Client.prototype).filter((name) => name !== "constructor");
    const table = Object.entries(METHODS).filter(([, m]) => !("internal" in m));
    expect(methods.sort()).toEqual([...table.map(([name]) => name), "close"].sort());
    expect(Object.keys(surface).sort()).toEqual(
      [
        "AranyaError",
        "Client",
        "ERROR_CODES",
        "ROLES",
        "deserializeId",
        "deserializeKeyBundle",
        "serializeId",
        "serializeKeyBundle",
      ].sort(),
    );
  });

  test("[SYS-7] every call crosses a Unix socket with its parameters, and its result comes back", async () => {
    const c = await connect();
    const device = testId<never>(3);
    const calls: [name: string, params: unknown, call: () => Promise<unknown>, result: unknown][] = [
      ["initDevice", {}, () => c.initDevice(), testId(1)],
      ["getDeviceId", {}, () => c.getDeviceId(), testId(1)],
      ["getKeyBundle", {}, () => c.getKeyBundle(), KEY_BUNDLE],
      ["addTeam", { teamId: TEAM }, () => c.addTeam(TEAM), true],
      ["removeTeam", { teamId: TEAM }, () => c.removeTeam(TEAM), true],
      [
        "addSyncPeer",
        { address: "hub.example", teamId: TEAM, rateMs: 1000, expectedDeviceId: device },
        () => c.addSyncPeer("hub.example", TEAM, 1000, { expectedDeviceId: device }),
        true,
      ],
      [
        "removeSyncPeer",
        { address: "hub.example", teamId: TEAM },
        () => c.removeSyncPeer("hub.example", TEAM),
        true,
      ],
      [
        "syncNow",
        { address: "10.0.0.1:99", teamId: TEAM, timeoutMs: 5000 },
        () => c.syncNow("10.0.0.1:99", TEAM, { timeoutMs: 5000 }),
        { received: 3, accepted: 2, recalled: 1, heads: [testId(9)] },
      ],
      ["createTeam", {}, () => c.createTeam(), TEAM],
      ["closeTeam", { teamId: TEAM }, () => c.closeTeam(TEAM), true],
      [
        "addDevice",
        { teamId: TEAM, keyBundle: KEY_BUNDLE, commonName: "Bjørn" },
        () => c.addDevice(TEAM, KEY_BUNDLE, "Bjørn"),
        device,
      ],
      ["removeDevice", { teamId: TEAM, deviceId: device }, () => c.removeDevice(TEAM, device), true],
      [
        "assignRole",
        { teamId: TEAM, deviceId: device, role: "operator" },
        () => c.assignRole(TEAM, device, "operator"),
        true,
      ],
      [
        "revokeRole",
        { teamId: TEAM, deviceId: device, role: "user" },
        () => c.revokeRole(TEAM, device, "user"),
        true,
      ],
      [
        "assignNetworkName",
        { teamId: TEAM, deviceId: device, netIdentifier: "bob.example:7" },
        () => c.assignNetworkName(TEAM, device, "bob.example:7"),
        true,
      ],
      [
        "revokeNetworkName",
        { teamId: TEAM, deviceId: device, netIdentifier: "bob.example" },
        () => c.revokeNetworkName(TEAM, device, "bob.example"),
        true,
      ],
      ["createLabel", { teamId: TEAM, label: "x" }, () => c.createLabel(TEAM, "x"), true],
      ["deleteLabel", { teamId: TEAM, label: "x" }, () => c.deleteLabel(TEAM, "x"), true],
      [
        "assignLabel",
        { teamId: TEAM, deviceId: device, label: "x" },
        () => c.assignLabel(TEAM, device, "x"),
        false,
      ],
      [
        "revokeLabel",
        { teamId: TEAM, deviceId: device, label: "x" },
        () => c.revokeLabel(TEAM, device, "x"),
        true,
      ],
      [
        "createChannel",
        { teamId: TEAM, netIdentifier: "bob.example", label: "x", delivery: "unreliable", timeoutMs: 30_000 },
        () => c.createChannel(TEAM, "bob.example", "x", { delivery: "unreliable" }),
        CHANNEL,
      ],
      ["deleteChannel", { teamId: TEAM, channelId: CHANNEL }, () => c.deleteChannel(TEAM, CHANNEL), true],
      ["status", {}, () => c.status(), daemon.handlers.status({}, daemon.connection)],
      ["metrics", {}, () => c.metrics(), "# EOF\n"],
      ["teams", {}, () => c.teams(), [TEAM]],
      [
        "team",
        { teamId: TEAM },
        () => c.team(TEAM),
        daemon.handlers.team({ teamId: TEAM }, daemon.connection),
      ],
      [
        "devices",
        { teamId: TEAM },
        () => c.devices(TEAM),
        daemon.handlers.devices({ teamId: TEAM }, daemon.connection),
      ],
      ["labels", { teamId: TEAM }, () => c.labels(TEAM), ["telemetry"]],
      ["syncPeers", {}, () => c.syncPeers(), daemon.handlers.syncPeers({}, daemon.connection)],
      ["channels", {}, () => c.channels(), daemon.handlers.channels({}, daemon.connection)],
    ];
    for (const [method, params, call, result] of calls) {
      expect(await call(), method).toEqual(result);
      expect(daemon.calls.at(-1), method).toEqual({ method, params });
    }
    const answered = new Set(calls.map(([name]) => name));
    const called = Object.entries(METHODS).filter(([, m]) => m.via === "call" && !("internal" in m));
    expect(called.map(([name]) => name).filter((name) => !answered.has(name))).toEqual([]);
  });

  test("metrics of the greatest length there may be arrive whole, and not one byte more", async () => {
    const text = "x".repeat(LIMITS.metricsTextBytesMax);
    daemon.answer({ metrics: () => ({ text }) });
    const client = await connect();
    expect(await client.metrics()).toBe(text);
    daemon.answer({ metrics: () => ({ text: `${text}x` }) });
    expect(await client.metrics().catch((e: unknown) => e)).toBeInstanceOf(AranyaError);
    expect(daemon.bugs).toHaveLength(1);
  });

  test("[SYS-8] a refusal arrives with its code, message and fields", async () => {
    daemon.answer({
      closeTeam: () => {
        throw new AranyaError("NotAuthorised", "only an owner closes a team", {
          operation: "closeTeam",
          role: "user",
        });
      },
    });
    const client = await connect();
    const error: unknown = await client.closeTeam(TEAM).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AranyaError);
    expect(error).toMatchObject({
      code: "NotAuthorised",
      message: "only an owner closes a team",
      fields: { operation: "closeTeam", role: "user" },
    });
  });

  test("parameters that make no sense are refused here, and nothing is sent", async () => {
    const client = await connect();
    const before = daemon.calls.length;
    const cases: [() => Promise<unknown>, string][] = [
      [() => client.addTeam("not an id" as TeamId), "teamId"],
      [() => client.createLabel(TEAM, ""), "label"],
      [() => client.createLabel(TEAM, "é".repeat(33)), "label"],
      [() => client.assignRole(TEAM, testId(3), "root" as "owner"), "role"],
      [() => client.addSyncPeer("hub example", TEAM, 1000), "address"],
      [() => client.addSyncPeer("hub.example", TEAM, 1), "rateMs"],
      [
        () => client.addDevice(TEAM, { ...KEY_BUNDLE, signingKey: new Uint8Array(31) }, "Bob"),
        "keyBundle.signingKey",
      ],
      [() => client.teams({ timeoutMs: -1 }), "timeoutMs"],
      [() => client.teams({ timeoutMs: Number.NaN }), "timeoutMs"],
      [() => client.pollData(0.5), "timeoutMs"],
      [() => client.sendData(new Uint8Array(1), "x" as ChannelId, 1), "channelId"],
      [() => client.sendData("text" as unknown as Uint8Array, CHANNEL, 1), "bytes"],
    ];
    for (const [call, field] of cases) {
      expect(await refusal(call())).toMatchObject({ code: "InvalidArgument", fields: { field } });
    }
    expect(daemon.calls.length).toBe(before);
  });

  test("[CLI-8] a list longer than a frame arrives whole and in order", async () => {
    const devices = Array.from({ length: LIMITS.devicesPerTeamMax }, (_, i) => ({
      deviceId: testId<never>(i % 256),
      commonName: `device ${i}`,
      role: "user" as const,
      netIdentifier: `${"n".repeat(60)}.example`,
      labels: ["a".repeat(64), "b".repeat(64), "c".repeat(64), "d".repeat(64)],
      keyBundle: KEY_BUNDLE,
    }));
    daemon.answer({ devices: () => devices });
    const client = await connect();
    expect(await client.devices(TEAM)).toEqual(devices);
  });
});

describe("connecting", () => {
  test("[SYS-3] settings are passed when connecting", async () => {
    await connect({ config: { sync: { listen: "0.0.0.0:4321" }, graphStore: "memory" } });
    expect(daemon.config).toEqual({ sync: { listen: "0.0.0.0:4321" }, graphStore: "memory" });
  });

  test("[SYS-4] a second client that wants another value gets an error that names it, and nothing changes", async () => {
    await connect({ config: { afc: { listen: "0.0.0.0" }, logLevel: "info" } });
    const second = Client.connect({
      socketPath: daemon.socketPath,
      config: { logLevel: "debug", graphStore: "memory" },
    });
    expect(await refusal(second)).toEqual({
      code: "ConfigMismatch",
      fields: { setting: "logLevel", current: "info", wanted: "debug" },
    });
    expect(daemon.config).toEqual({ afc: { listen: "0.0.0.0" }, logLevel: "info" });
    await until(() => daemon.connections.size === 1);
  });

  test("no daemon is DaemonUnavailable with a path and what to do", async () => {
    const missing = `${daemon.directory}/missing`;
    const { code, fields } = await refusal(Client.connect({ socketPath: missing }));
    expect(code).toBe("DaemonUnavailable");
    expect(fields).toMatchObject({ path: missing, reason: "ENOENT" });
    expect(fields["remedy"]).toMatch(/start the daemon/);
  });

  test("a path Node would cut is refused", async () => {
    const socketPath = `/${"x".repeat(LIMITS.socketPathBytesMax)}`;
    expect(await refusal(Client.connect({ socketPath }))).toMatchObject({
      code: "InvalidArgument",
      fields: { field: "socketPath" },
    });
  });

  test("a daemon that does not answer is a Timeout", async () => {
    daemon.answer({ hello: () => never() });
    expect(await refusal(connect({ timeoutMs: 20 }))).toMatchObject({ code: "Timeout" });
    await until(() => daemon.connections.size === 0);
  });
});

describe("[SYS-8] no call hangs for ever", () => {
  test("a call over its time rejects with Timeout, and its late answer is dropped", async () => {
    const answer = deferred<boolean>();
    daemon.answer({ addTeam: () => answer.promise });
    const client = await connect();
    expect(await refusal(client.addTeam(TEAM, { timeoutMs: 10 }))).toEqual({
      code: "Timeout",
      fields: { method: "addTeam", timeoutMs: 10 },
    });
    answer.resolve(true);
    expect(await client.teams()).toEqual([TEAM]);
  });

  test("the default is connect's", async () => {
    daemon.answer({ addTeam: () => never() });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const client = await connect({ timeoutMs: 25 });
      const call = refusal(client.addTeam(TEAM));
      vi.advanceTimersByTime(25);
      expect(await call).toMatchObject({ code: "Timeout", fields: { timeoutMs: 25 } });
    } finally {
      vi.useRealTimers();
    }
  });

  test("an aborted call rejects with the signal's reason", async () => {
    daemon.answer({ addTeam: () => never() });
    const client = await connect();
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const call = client.addTeam(TEAM, { signal: controller.signal });
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await expect(client.addTeam(TEAM, { signal: controller.signal })).rejects.toBe(reason);
  });

  test("a channel that opens after its call timed out is closed again", async () => {
    const answer = deferred<ChannelId>();
    daemon.answer({ createChannel: () => answer.promise });
    const client = await connect();
    const call = client.createChannel(TEAM, "bob.example", "x", { timeoutMs: 10 });
    expect(await refusal(call)).toMatchObject({ code: "Timeout" });
    answer.resolve(CHANNEL);
    await until(() => daemon.calls.at(-1)?.method === "deleteChannel");
    expect(daemon.calls.at(-1)?.params).toEqual({ teamId: TEAM, channelId: CHANNEL });
  });

  test("a daemon that goes away ends every pending and later call with DaemonUnavailable", async () => {
    daemon.answer({ addTeam: () => never() });
    daemon.sendData = () => never();
    const client = await connect();
    const effects = client.effects();
    expect(await client.pollData(0)).toBe(false);
    const pending = [
      client.addTeam(TEAM),
      client.sendData(new Uint8Array(9), CHANNEL, 60_000),
      client.pollData(60_000),
      effects.next(),
    ];
    await until(() => daemon.calls.some((c) => c.method === "addTeam"));
    const codes = Promise.all(pending.map((call) => refusal(call)));
    await daemon.stop();
    expect((await codes).map((e) => e.code)).toEqual(Array(4).fill("DaemonUnavailable"));
    const later = [
      () => client.teams(),
      () => client.pollData(10),
      () => client.sendData(new Uint8Array(1), CHANNEL, 10),
    ];
    for (const call of later) {
      expect(await refusal(call())).toMatchObject({
        code: "DaemonUnavailable",
        fields: { path: daemon.socketPath },
      });
    }
    expect(await effects.next()).toEqual({ done: true, value: undefined });
    await client.close();
  });

  test("closing ends pending calls, and effects without an error", async () => {
    daemon.answer({ addTeam: () => never() });
    const client = await connect();
    const call = refusal(client.addTeam(TEAM));
    const next = client.effects().next();
    await client.close();
    expect(await call).toMatchObject({ code: "DaemonUnavailable" });
    expect(await next).toEqual({ done: true, value: undefined });
    await client.close();
    await until(() => daemon.connections.size === 0);
  });

  test("a handler's bug closes the connection instead of leaving its caller", async () => {
    daemon.answer({
      addTeam: () => {
        throw new TypeError("oops");
      },
      team: () => ({ wrong: "result" }) as never,
    });
    const first = await connect();
    expect(await refusal(first.addTeam(TEAM))).toMatchObject({ code: "DaemonUnavailable" });
    const second = await connect();
    expect(await refusal(second.team(TEAM))).toMatchObject({ code: "DaemonUnavailable" });
    expect(daemon.bugs.map((error) => (error as Error).name)).toEqual(["TypeError", "BugError"]);
  });

  test("more calls than the daemon takes at once wait their turn", async () => {
    let running = 0;
    let most = 0;
    daemon.answer({
      addTeam: async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return true;
      },
    });
    const client = await connect();
    const calls = Array.from({ length: 3 * LIMITS.ipcRequestsInFlightMax }, () => client.addTeam(TEAM));
    expect(await Promise.all(calls)).toEqual(calls.map(() => true));
    expect(most).toBeLessThanOrEqual(LIMITS.ipcRequestsInFlightMax);
    expect(most).toBeGreaterThan(1);
  });

  test("what the daemon sends that makes no sense is ProtocolMismatch", async () => {
    daemon.answer({ addTeam: () => never() });
    const client = await connect();
    const call = refusal(client.addTeam(TEAM));
    await until(() => daemon.calls.at(-1)?.method === "addTeam");
    daemon.sockets[0]!.write(Uint8Array.of(0, 0, 0, 2, 99, 0));
    expect(await call).toMatchObject({ code: "ProtocolMismatch", fields: { reason: "unknown-frame-type" } });
    expect(await refusal(client.teams())).toMatchObject({ code: "ProtocolMismatch" });
  });
});

describe("data", () => {
  test("sendData is true, false or an error", async () => {
    const seen: unknown[] = [];
    daemon.sendData = ({ channelId, timeoutMs, bytes }) => {
      seen.push({ channelId, bytes });
      expect(timeoutMs).toBeLessThanOrEqual(5000);
      if (bytes.length === 0)
        throw new AranyaError("ChannelClosed", "it was closed", { reason: "label revoked" });
      return bytes[0] === 1;
    };
    const client = await connect();
    expect(await client.sendData(Uint8Array.of(1, 2), CHANNEL, 5000)).toBe(true);
    expect(await client.sendData(Uint8Array.of(0), CHANNEL, 5000)).toBe(false);
    expect(await refusal(client.sendData(new Uint8Array(0), CHANNEL, 5000))).toEqual({
      code: "ChannelClosed",
      fields: { reason: "label revoked" },
    });
    expect(seen[0]).toEqual({ channelId: CHANNEL, bytes: Uint8Array.of(1, 2) });
    const tooLong = client.sendData(new Uint8Array(LIMITS.ipcMessageBytesMax + 1), CHANNEL, 5000);
    expect(await refusal(tooLong)).toEqual({
      code: "MessageTooLarge",
      fields: { limit: LIMITS.ipcMessageBytesMax },
    });
  });

  test("sendData is false when its time is over, whatever the daemon does", async () => {
    daemon.sendData = () => never();
    const client = await connect();
    expect(await client.sendData(Uint8Array.of(1), CHANNEL, 10)).toBe(false);
  });

  test("many long messages at once go out within the bound on bytes in flight", async () => {
    let inFlight = 0;
    let most = 0;
    daemon.sendData = async ({ bytes }) => {
      inFlight += bytes.length;
      most = Math.max(most, inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight -= bytes.length;
      return true;
    };
    const client = await connect();
    const message = new Uint8Array(LIMITS.ipcMessageBytesMax);
    const sent = await Promise.all(
      Array.from({ length: 12 }, () => client.sendData(message, CHANNEL, 60_000)),
    );
    expect(sent).toEqual(Array(12).fill(true));
    expect(most).toBeLessThanOrEqual(LIMITS.ipcSendBytesInFlightMax);
  });

  test("[AFC-3] pollData registers once, is false at its time-out and true when a message is there", async () => {
    const client = await connect();
    expect(await client.pollData(0)).toBe(false);
    expect(await client.pollData(5)).toBe(false);
    expect(daemon.calls.filter((c) => c.method === "listen")).toHaveLength(1);
    const poll = client.pollData(60_000);
    daemon.connection.deliver(META, Uint8Array.of(7));
    expect(await poll).toBe(true);
    expect(await client.pollData(0)).toBe(true);
    const controller = new AbortController();
    client.readData(new Uint8Array(1));
    const aborted = client.pollData(60_000, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
  });

  test("[AFC-4] readData hands out one message a call; a buffer too small keeps it and says the size", async () => {
    const client = await connect();
    expect(() => client.readData(new Uint8Array(9))).toThrow(expect.objectContaining({ code: "NoData" }));
    await until(() => daemon.connection.deliver(META, Uint8Array.of(1, 2, 3)));
    daemon.connection.deliver(META, new Uint8Array(0));
    await client.pollData(60_000);
    for (let i = 0; i < 2; i++) {
      expect(() => client.readData(new Uint8Array(2))).toThrow(
        expect.objectContaining({ code: "BufferTooSmall", fields: { needed: 3 } }),
      );
    }
    const buffer = new Uint8Array(5);
    expect(client.readData(buffer)).toEqual({ length: 3, ...META });
    expect(buffer).toEqual(Uint8Array.of(1, 2, 3, 0, 0));
    await client.pollData(60_000);
    expect(client.readData(buffer)).toEqual({ length: 0, ...META });
  });

  test("a reader that stops takes a window of messages and no more, and gets the rest when it reads again", async () => {
    const client = await connect();
    const total = 2 * LIMITS.ipcWindowMessagesMax + 100;
    await until(() => daemon.creditCalls > 0);
    let sent = 0;
    const send = (): void => {
      while (sent < total && daemon.connection.deliver(META, Uint8Array.of(sent & 255))) sent++;
    };
    send();
    expect(sent).toBe(LIMITS.ipcWindowMessagesMax);
    expect(await client.teams()).toEqual([TEAM]); // calls go on meanwhile
    expect(sent).toBe(LIMITS.ipcWindowMessagesMax);
    const buffer = new Uint8Array(1);
    for (let i = 0; i < total; i++) {
      while (!(await client.pollData(5))) send();
      client.readData(buffer);
      expect(buffer[0]).toBe(i & 255);
    }
    expect(sent).toBe(total);
  });

  test("the longest messages one after the other do not get stuck", async () => {
    const client = await connect();
    await until(() => daemon.creditCalls > 0);
    const message = new Uint8Array(LIMITS.ipcMessageBytesMax).fill(5);
    const buffer = new Uint8Array(LIMITS.ipcMessageBytesMax);
    for (let i = 0; i < 6; i++) {
      await until(() => daemon.connection.deliver(META, message));
      await client.pollData(60_000);
      expect(client.readData(buffer).length).toBe(message.length);
    }
  });
});

describe("[CLI-9] effects", () => {
  test("flow from the call on, to every stream, until the reader leaves", async () => {
    const client = await connect();
    const first = client.effects();
    const second = client.effects();
    await client.teams(); // the subscription went before
    daemon.connection.effect(labelEffect(1));
    daemon.connection.effect(labelEffect(2));
    const seen: Effect[] = [];
    for await (const effect of first) {
      seen.push(effect);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([labelEffect(1), labelEffect(2)]);
    expect((await second.next()).value).toEqual(labelEffect(1));
    await second.return!();
    expect(await second.next()).toEqual({ done: true, value: undefined });
    await client.teams();
    daemon.connection.effect(labelEffect(3)); // nobody subscribed
    const third = client.effects();
    await client.teams();
    daemon.connection.effect(labelEffect(4));
    expect((await third.next()).value).toEqual(labelEffect(4));
  });

  test("a stream reads on past many windows, also with a second one that is slower", async () => {
    const client = await connect();
    const fast = client.effects();
    const slow = client.effects();
    await client.teams();
    const total = 5 * LIMITS.ipcWindowEffectsMax;
    for (let i = 0; i < total; i++) daemon.connection.effect(labelEffect(i));
    for (let i = 0; i < total; i++) {
      const [a, b] = [fast.next(), slow.next()];
      expect((await a).value).toEqual(labelEffect(i));
      expect((await b).value).toEqual(labelEffect(i));
    }
  });

  test("a reader too slow learns how much it lost, the stream ends, and a new one starts", async () => {
    const client = await connect();
    const stream = client.effects();
    await client.teams();
    const kept = LIMITS.ipcWindowEffectsMax;
    for (let i = 0; i <= kept + LIMITS.effectsQueuedMax; i++) daemon.connection.effect(labelEffect(i));
    daemon.connection.effect(labelEffect(-1)); // after the end
    const seen: Effect[] = [];
    for await (const effect of stream) seen.push(effect);
    expect(seen.length).toBe(kept + 1);
    expect(seen.at(-1)).toEqual({ type: "effectsLost", count: LIMITS.effectsQueuedMax + 1 });
    const again = client.effects();
    await client.teams();
    daemon.connection.effect(labelEffect(7));
    expect((await again.next()).value).toEqual(labelEffect(7));
  });
});
