import { describe, expect, test } from "vitest";
import { concat } from "../../../src/base/bytes.ts";
import { AranyaError, BugError, DecodeError } from "../../../src/base/errors.ts";
import { idFromBytes } from "../../../src/base/ids.ts";
import type { ChannelId, TeamId } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { ClientSession } from "../../../src/ipc/client-session.ts";
import type { ClientOutput } from "../../../src/ipc/client-session.ts";
import type { Effect } from "../../../src/ipc/effect.ts";
import { ServerSession } from "../../../src/ipc/server-session.ts";
import type { ServerOutput } from "../../../src/ipc/server-session.ts";
import * as wire from "../../../src/ipc/wire.ts";
import { bitFlips, mutations, truncations } from "../../support/hostile-bytes.ts";
import {
  encodeCredit,
  encodeReceivedData,
  encodeSendData,
  encodeSendDataAnswers,
} from "../../support/ipc-frames.ts";
import { testId } from "../client/toy-daemon.ts";

const TEAM = testId<TeamId>(2);
const CHANNEL = testId<ChannelId>(5);
const META = { channelId: CHANNEL, teamId: TEAM, remoteNetIdentifier: "bob.example", label: "telemetry" };
const HELLO = { protocol: 1, config: {} };
const WINDOW = {
  bytes: LIMITS.ipcWindowBytesMax,
  messages: LIMITS.ipcWindowMessagesMax,
  effects: LIMITS.ipcWindowEffectsMax,
};

type Heard<T extends { type: string }> = Exclude<T, { type: "transmit" }>;

function drain<T extends { type: string }>(session: {
  poll(): T | undefined;
}): { heard: Heard<T>[]; bytes: Uint8Array } {
  const heard: Heard<T>[] = [];
  const chunks: Uint8Array[] = [];
  for (let o = session.poll(); o !== undefined; o = session.poll()) {
    if (o.type === "transmit") chunks.push((o as unknown as { bytes: Uint8Array }).bytes);
    else heard.push(o as Heard<T>);
  }
  return { heard, bytes: concat(...chunks) };
}

class Pair {
  readonly client = new ClientSession();
  readonly server = new ServerSession();

  /** Bytes to the server; what it heard. */
  up(): Heard<ServerOutput>[] {
    this.server.handle(drain(this.client).bytes);
    const { heard, bytes } = drain(this.server);
    this.#down.push(bytes);
    return heard;
  }

  readonly #down: Uint8Array[] = [];

  /** Bytes to the client; what it heard. */
  down(): Heard<ClientOutput>[] {
    this.#down.push(drain(this.server).bytes);
    this.client.handle(concat(...this.#down.splice(0)));
    return drain(this.client).heard;
  }

  open(): this {
    const id = this.client.call("hello", HELLO);
    expect(this.up()).toEqual([{ type: "call", id, method: "hello", params: HELLO }]);
    this.server.answer<"hello">(id, { protocol: 1, version: "test" });
    expect(this.down()).toMatchObject([{ type: "answer", outcome: { ok: true } }]);
    return this;
  }

  withCredit(): this {
    this.client.grant(WINDOW);
    expect(this.up()).toEqual([{ type: "credit" }]);
    return this;
  }
}

function request(...message: unknown[]): Uint8Array {
  return wire.encodeControlFrame(message);
}

/** What a server session without a client of ours answers to bytes. */
function answersOf(server: ServerSession, ...frames: Uint8Array[]): Heard<ClientOutput>[] | undefined {
  server.handle(concat(...frames));
  const { heard, bytes } = drain(server);
  if (heard.some((o) => o.type === "failure")) return undefined;
  const reader = new ClientSession();
  for (let i = 0; i < 20; i++) reader.call("teams", {});
  reader.handle(bytes);
  return drain(reader).heard;
}

function openServer(): ServerSession {
  return new Pair().open().server;
}

function refusedWith(code: string, field?: string): object {
  const fields = field === undefined ? {} : { fields: expect.objectContaining({ field }) as unknown };
  return {
    type: "answer",
    outcome: { ok: false, error: expect.objectContaining({ code, ...fields }) as unknown },
  };
}

function labelEffect(n: number): Effect {
  return { type: "labelCreated", teamId: TEAM, commandId: testId(8), author: testId(1), label: `label ${n}` };
}

describe("hello", () => {
  test("everything before it is refused", () => {
    const server = new ServerSession();
    expect(answersOf(server, request(1, "teams", {}))).toMatchObject([refusedWith("ProtocolMismatch")]);
    server.handle(encodeCredit(WINDOW));
    expect(drain(server).heard).toMatchObject([{ type: "failure", error: { code: "before-hello" } }]);
  });

  test("another version is ProtocolMismatch with both, whatever else it says", () => {
    const server = new ServerSession();
    const answers = answersOf(server, request(1, "hello", { protocol: 2, novelty: [1, 2] }));
    expect(answers).toMatchObject([
      { outcome: { ok: false, error: { code: "ProtocolMismatch", fields: { daemon: 1, client: 2 } } } },
    ]);
    expect(server.isOpen).toBe(false);
  });

  test("refused by the daemon it may be tried again; answered it comes once", () => {
    const pair = new Pair();
    const first = pair.client.call("hello", HELLO);
    pair.up();
    const second = pair.client.call("hello", HELLO);
    pair.up();
    expect(pair.down()).toMatchObject([{ id: second, ...refusedWith("ProtocolMismatch") }]);
    pair.server.fail(first, new AranyaError("ConfigMismatch", "no", { setting: "logLevel" }));
    expect(pair.down()).toMatchObject([{ id: first, ...refusedWith("ConfigMismatch") }]);
    expect(pair.server.isOpen).toBe(false);
    pair.open();
    expect(answersOf(pair.server, request(9, "hello", HELLO))).toMatchObject([
      refusedWith("ProtocolMismatch"),
    ]);
    expect(pair.server.isOpen).toBe(true);
  });
});

describe("[SYS-8] a call that makes no sense is refused and changes nothing", () => {
  test.each<[string, unknown, unknown, string]>([
    ["an unknown method", "shutdown", {}, "method"],
    ["a name objects have", "constructor", {}, "method"],
    ["one that travels otherwise", "sendData", {}, "method"],
    ["a missing parameter", "addTeam", {}, "teamId"],
    ["one too many", "teams", { teamId: TEAM }, "teamId"],
    ["one of the wrong type", "addTeam", { teamId: 5 }, "teamId"],
    ["parameters that are a list", "teams", [], "value"],
    ["no parameters", "teams", null, "value"],
  ])("%s", (_, method, params, field) => {
    const server = openServer();
    expect(answersOf(server, request(3, method, params))).toMatchObject([
      refusedWith("InvalidArgument", field),
    ]);
    expect(server.inFlight).toBe(0);
    expect(server.isOpen).toBe(true);
  });

  test.each<[string, Uint8Array, string]>([
    ["an unknown frame type", Uint8Array.of(0, 0, 0, 1, 77), "unknown-frame-type"],
    [
      "a frame only the daemon sends",
      encodeSendDataAnswers({ first: 1, count: 1, acknowledged: true }),
      "unknown-frame-type",
    ],
    ["not a list", request().fill(0, 5), "bad-request"],
    ["two elements", request(1, "teams"), "bad-request"],
    ["an id of zero", request(0, "teams", {}), "bad-id"],
    ["an id too large", request(2 ** 32, "teams", {}), "bad-id"],
    ["a fraction for an id", request(1.5, "teams", {}), "bad-id"],
    ["text for an id", request("1", "teams", {}), "bad-id"],
    ["a method that is no text", request(1, 7, {}), "bad-method"],
    ["a request too long", request(1, "x".repeat(LIMITS.ipcRequestBytesMax), {}), "request-too-long"],
    ["an id in use", concat(request(5, "getDeviceId", {}), request(5, "teams", {})), "id-in-use"],
    [
      "too much credit",
      concat(encodeCredit(WINDOW), encodeCredit({ bytes: 1, messages: 0, effects: 0 })),
      "too-much-credit",
    ],
    [
      "a time-out no timer counts",
      encodeSendData({ id: 1, channelId: CHANNEL, timeoutMs: 2 ** 31, bytes: new Uint8Array(0) }),
      "bad-timeout",
    ],
  ])("bytes that make no sense end the session for good: %s", (_, bytes, code) => {
    const server = openServer();
    server.handle(bytes);
    expect(drain(server).heard).toMatchObject([{ type: "failure", error: { name: "DecodeError", code } }]);
    expect(server.inFlight).toBe(0);
    server.handle(request(1, "teams", {}));
    server.effect(labelEffect(1));
    server.answer<"teams">(5, []);
    expect(server.deliver(META, new Uint8Array(1))).toBe(false);
    expect(server.poll()).toBeUndefined();
  });
});

describe("bounds", () => {
  test("calls beyond the maximum are LimitReached, and there is room again after an answer", () => {
    const pair = new Pair().open();
    const ids = Array.from({ length: LIMITS.ipcRequestsInFlightMax }, () => pair.client.call("teams", {}));
    expect(pair.up()).toHaveLength(ids.length);
    const over = pair.client.call("teams", {});
    expect(pair.up()).toEqual([]);
    expect(pair.down()).toMatchObject([{ id: over, ...refusedWith("LimitReached") }]);
    pair.server.answer<"teams">(ids[0]!, []);
    pair.down();
    pair.client.call("teams", {});
    expect(pair.up()).toHaveLength(1);
  });

  test("messages in flight are bounded in number and in bytes", () => {
    const pair = new Pair().open();
    const long = new Uint8Array(LIMITS.ipcMessageBytesMax);
    const fit = LIMITS.ipcSendBytesInFlightMax / long.length;
    const ids = Array.from({ length: fit }, () => pair.client.sendData(CHANNEL, long, 10));
    expect(pair.up()).toHaveLength(fit);
    const over = pair.client.sendData(CHANNEL, Uint8Array.of(1), 10);
    pair.up();
    expect(pair.down()).toMatchObject([{ id: over, ...refusedWith("LimitReached") }]);
    for (const id of ids) pair.server.answerSend(id, true);
    expect(pair.down()).toEqual([{ type: "sent", first: ids[0], count: fit, acknowledged: true }]);
    for (let i = 0; i < LIMITS.ipcSendsInFlightMax; i++) pair.client.sendData(CHANNEL, new Uint8Array(0), 10);
    expect(pair.up()).toHaveLength(LIMITS.ipcSendsInFlightMax);
    pair.client.sendData(CHANNEL, new Uint8Array(0), 10);
    expect(pair.up()).toEqual([]);
    expect(pair.down()).toMatchObject([refusedWith("LimitReached")]);
  });

  test("answers nobody reads become LimitReached, and requests nobody reads the answers of end the session", () => {
    const server = openServer();
    const labels = Array.from({ length: LIMITS.labelsPerTeamMax }, (_, i) => `${i}`.padEnd(64, "x"));
    const total = LIMITS.ipcRequestsInFlightMax;
    for (let id = 1; id <= total; id++) server.handle(request(id, "labels", { teamId: TEAM }));
    // Only the calls are taken, nothing is read.
    for (let id = 1; id <= total; id++) server.poll();
    for (let id = 1; id <= total; id++) server.answer<"labels">(id, labels);
    const reader = new ClientSession();
    for (let id = 1; id <= total; id++) reader.call("labels", { teamId: TEAM });
    const { bytes } = drain(server);
    expect(bytes.length).toBeLessThan(LIMITS.ipcOutboundQueueBytesMax + total * 1024);
    reader.handle(bytes);
    const codes = drain(reader).heard.map(
      (o) => o.type === "answer" && (o.outcome.ok || o.outcome.error.code),
    );
    expect(codes).toHaveLength(total);
    expect(new Set(codes)).toEqual(new Set([true, "LimitReached"]));

    const nonsense = concat(...Array.from({ length: 2000 }, () => request(7, "x".repeat(900), {})));
    let failure: ServerOutput | undefined;
    for (let i = 0; i < 100 && failure === undefined; i++) {
      server.handle(nonsense);
      const output = server.poll();
      if (output?.type === "failure") failure = output;
    }
    expect(failure).toMatchObject({ error: { limitName: "ipcOutboundQueueBytesMax" } });
  });

  test("what the host says has to fit the table: anything else is its bug", () => {
    const pair = new Pair().open().withCredit();
    const id = pair.client.call("team", { teamId: TEAM });
    pair.up();
    expect(() => pair.server.answer<"team">(id, { teamId: TEAM } as never)).toThrow(BugError);
    expect(() => pair.server.answer<"team">(999, {} as never)).toThrow(BugError);
    expect(() => pair.server.answerSend(id, true)).toThrow(BugError);
    expect(() => pair.server.deliver({ ...META, label: "" }, new Uint8Array(0))).toThrow(BugError);
    expect(() => pair.server.deliver(META, new Uint8Array(LIMITS.ipcMessageBytesMax + 1))).toThrow(BugError);
    pair.client.call("subscribeEffects", {});
    pair.up();
    expect(() => pair.server.effect({ type: "teamClosed" } as never)).toThrow(BugError);
  });
});

describe("messages sent", () => {
  test("are answered together as far as they follow each other and end alike", () => {
    const pair = new Pair().open();
    const ids = Array.from({ length: 9 }, (_, i) => pair.client.sendData(CHANNEL, Uint8Array.of(i), 10));
    expect(pair.up()).toHaveLength(9);
    const [first] = ids as [number];
    for (const i of [0, 1, 2, 4, 5, 6, 7, 3]) pair.server.answerSend(first + i, i !== 5);
    pair.server.fail(first + 8, new AranyaError("ChannelClosed", "gone"));
    const heard = pair.down();
    expect(heard.filter((o) => o.type === "sent")).toEqual(
      [
        [0, 3, true],
        [4, 1, true],
        [5, 1, false],
        [6, 2, true],
        [3, 1, true],
      ].map(([at, count, acknowledged]) => ({
        type: "sent",
        first: first + (at as number),
        count,
        acknowledged,
      })),
    );
    expect(heard.filter((o) => o.type !== "sent")).toMatchObject([
      { id: first + 8, ...refusedWith("ChannelClosed") },
    ]);
    expect([pair.client.inFlight, pair.server.inFlight]).toEqual([0, 0]);
  });

  test("are copies at the daemon", () => {
    const pair = new Pair().open();
    pair.client.sendData(CHANNEL, Uint8Array.of(1, 2), 10);
    const { bytes } = drain(pair.client);
    pair.server.handle(bytes);
    bytes.fill(0);
    expect(drain(pair.server).heard).toMatchObject([{ type: "sendData", bytes: Uint8Array.of(1, 2) }]);
  });
});

describe("received messages", () => {
  test("flow by credit alone, in messages and in bytes", () => {
    const pair = new Pair().open();
    expect(pair.server.deliver(META, Uint8Array.of(1))).toBe(false);
    pair.client.grant({ bytes: 3, messages: 2, effects: 0 });
    pair.up();
    expect(pair.server.deliver(META, Uint8Array.of(1, 2, 3, 4))).toBe(false);
    expect(pair.server.deliver(META, Uint8Array.of(1, 2))).toBe(true);
    expect(pair.server.deliver(META, Uint8Array.of(1, 2))).toBe(false);
    expect(pair.server.deliver(META, Uint8Array.of(3))).toBe(true);
    expect(pair.server.deliver(META, new Uint8Array(0))).toBe(false);
    expect(pair.down()).toEqual([
      { type: "data", channel: META, bytes: Uint8Array.of(1, 2) },
      { type: "data", channel: META, bytes: Uint8Array.of(3) },
    ]);
  });

  test("of a channel are announced once, and again after it has gone", () => {
    const pair = new Pair().open().withCredit();
    for (let round = 0; round < 2; round++) {
      pair.server.deliver(META, Uint8Array.of(1));
      pair.server.channelGone(CHANNEL);
      pair.server.channelGone(CHANNEL);
    }
    expect(pair.down()).toHaveLength(2);
  });

  test("are copies", () => {
    const pair = new Pair().open().withCredit();
    pair.server.deliver(META, Uint8Array.of(1, 2));
    const bytes = drain(pair.server).bytes;
    pair.client.handle(bytes);
    bytes.fill(0);
    expect(drain(pair.client).heard).toMatchObject([{ bytes: Uint8Array.of(1, 2) }]);
  });
});

describe("[CLI-9] effects", () => {
  test("flow only to whoever subscribed, wait for credit, and go on when it comes", () => {
    const pair = new Pair().open();
    pair.server.effect(labelEffect(0));
    pair.client.call("subscribeEffects", {});
    pair.up();
    for (let i = 1; i <= 5; i++) pair.server.effect(labelEffect(i));
    expect(pair.down()).toMatchObject([{ type: "answer" }]);
    pair.client.grant({ bytes: 0, messages: 0, effects: 3 });
    expect(pair.up()).toEqual([]);
    expect(pair.down()).toEqual([1, 2, 3].map((i) => ({ type: "effect", effect: labelEffect(i) })));
    pair.client.grant({ bytes: 0, messages: 0, effects: 3 });
    pair.up();
    pair.server.effect(labelEffect(6));
    pair.server.effect(labelEffect(7));
    expect(pair.down()).toEqual([4, 5, 6].map((i) => ({ type: "effect", effect: labelEffect(i) })));
    pair.client.call("unsubscribeEffects", {});
    pair.client.grant({ bytes: 0, messages: 0, effects: 3 });
    pair.up();
    expect(pair.down()).toMatchObject([{ type: "answer" }]);
  });
});

describe("the client believes nothing", () => {
  function clientWith(...methods: ("teams" | "team" | "sendData")[]): ClientSession {
    const { client } = new Pair().open();
    for (const method of methods) {
      if (method === "sendData") client.sendData(CHANNEL, Uint8Array.of(1), 10);
      else if (method === "team") client.call("team", { teamId: TEAM });
      else client.call("teams", {});
    }
    drain(client);
    return client;
  }

  test.each<[string, unknown]>([
    ["a result that is something else", true],
    ["an id that is none", ["x"]],
    ["too many", Array.from({ length: LIMITS.teamsMax + 1 }, () => TEAM)],
    ["null", null],
  ])("%s ends that call with ProtocolMismatch and nothing else", (_, result) => {
    const client = clientWith("teams", "teams");
    client.handle(request(2, null, result));
    expect(drain(client).heard).toMatchObject([{ id: 2, ...refusedWith("ProtocolMismatch") }]);
    client.handle(request(3, null, [TEAM]));
    expect(drain(client).heard).toMatchObject([{ id: 3, outcome: { ok: true, result: [TEAM] } }]);
    expect(client.inFlight).toBe(0);
  });

  test.each<[string, Uint8Array, string]>([
    ["an answer nobody asked for", request(77, null, true), "unknown-id"],
    ["an answer and an error", request(2, [20, "x", {}], true), "bad-answer"],
    ["an error that is none", request(2, "Timeout", null), "bad-error"],
    ["a number for a message's answer", request(4, null, true), "wrong-answer"],
    [
      "a message's answer for a call",
      encodeSendDataAnswers({ first: 2, count: 1, acknowledged: true }),
      "wrong-answer",
    ],
    ["a part of what is no list", wire.encodeAnswerPart(3, [1]), "wrong-answer"],
    ["an empty part", wire.encodeAnswerPart(2, []), "bad-part"],
    ["a part that does not fit", wire.encodeAnswerPart(2, [5]), "bad-part"],
    [
      "parts without end",
      concat(wire.encodeAnswerPart(2, Array(LIMITS.teamsMax).fill(TEAM)), wire.encodeAnswerPart(2, [TEAM])),
      "bad-part",
    ],
    [
      "an answer for more messages than there are",
      encodeSendDataAnswers({ first: 4, count: 2, acknowledged: true }),
      "unknown-id",
    ],
    ["an unknown topic", request(0, "weather", {}), "unknown-topic"],
    ["an effect nobody gave credit for", request(0, "effect", labelEffect(1)), "beyond-credit"],
    ["an unknown effect", request(0, "effect", { type: "sunrise" }), "bad-event"],
    ["data of an unknown channel", encodeReceivedData(CHANNEL, Uint8Array.of(1)), "unknown-channel"],
    [
      "data nobody gave credit for",
      concat(request(0, "channel", META), encodeReceivedData(CHANNEL, Uint8Array.of(1))),
      "beyond-credit",
    ],
    [
      "a channel announced twice",
      concat(request(0, "channel", META), request(0, "channel", META)),
      "channel-announced-twice",
    ],
    ["a frame only clients send", encodeCredit(WINDOW), "unknown-frame-type"],
  ])("%s ends the session", (_, bytes, code) => {
    const client = clientWith("teams", "team", "sendData");
    client.handle(bytes);
    expect(drain(client).heard).toMatchObject([{ type: "failure", error: { name: "DecodeError", code } }]);
    expect(client.inFlight).toBe(0);
    client.handle(request(2, null, [TEAM]));
    expect(client.poll()).toBeUndefined();
  });

  test("channels announced without end end the session", () => {
    const client = clientWith();
    const announce = (i: number): Uint8Array => {
      const channelId = idFromBytes<ChannelId>(concat(Uint8Array.of(i >> 8, i & 255), new Uint8Array(30)));
      return request(0, "channel", { ...META, channelId });
    };
    for (let i = 0; i < LIMITS.channelsMax; i++) client.handle(announce(i));
    expect(client.poll()).toBeUndefined();
    client.handle(announce(LIMITS.channelsMax));
    expect(drain(client).heard).toMatchObject([{ type: "failure", error: { code: "too-many-channels" } }]);
  });

  test("an abandoned request keeps its place until it is answered, and says so then", () => {
    const client = clientWith("teams");
    client.abandon(2);
    expect(client.inFlight).toBe(1);
    client.handle(request(2, null, [TEAM]));
    expect(drain(client).heard).toMatchObject([{ id: 2, abandoned: true, outcome: { ok: true } }]);
    expect(client.inFlight).toBe(0);
  });
});

describe("hostile streams", () => {
  const upstream = concat(
    request(1, "addTeam", { teamId: TEAM }),
    request(2, "subscribeEffects", {}),
    encodeCredit({ bytes: 100, messages: 10, effects: 10 }),
    encodeSendData({ id: 3, channelId: CHANNEL, timeoutMs: 1000, bytes: Uint8Array.of(1, 2, 3) }),
    request(4, "assignRole", { teamId: TEAM, deviceId: testId(3), role: "user" }),
  );
  const downstream = concat(
    request(2, null, [TEAM]),
    request(0, "channel", META),
    encodeReceivedData(CHANNEL, Uint8Array.of(1, 2, 3)),
    wire.encodeAnswerPart(4, ["a", "b"]),
    request(0, "effect", labelEffect(1)),
    request(3, [20, "x", { timeoutMs: 5 }], null),
    request(4, null, ["c"]),
    encodeSendDataAnswers({ first: 5, count: 1, acknowledged: true }),
  );

  function* hostile(sample: Uint8Array): Generator<Uint8Array> {
    yield* truncations(sample);
    yield* bitFlips(sample);
    yield* mutations(sample, { seed: 77, count: 10_000 });
  }

  /** After a failure nothing is left; without one the session goes on. */
  function checkOver(
    session: { readonly inFlight: number; poll(): unknown },
    heard: { type: string }[],
  ): boolean {
    const failures = heard.filter((o) => o.type === "failure") as unknown as { error: unknown }[];
    expect(failures.length).toBeLessThanOrEqual(1);
    if (failures.length === 0) return false;
    expect(failures[0]!.error).toBeInstanceOf(DecodeError);
    expect(heard.at(-1)!.type).toBe("failure");
    expect(session.inFlight).toBe(0);
    expect(session.poll()).toBeUndefined();
    return true;
  }

  test("never make the daemon's session throw, or call what does not fit the table", () => {
    const credit = encodeCredit({ bytes: 0, messages: 0, effects: 0 });
    let failed = 0;
    for (const bytes of hostile(upstream)) {
      const server = new ServerSession();
      server.handle(request(9, "hello", HELLO));
      server.poll();
      server.answer<"hello">(9, { protocol: 1, version: "x" });
      server.handle(bytes);
      const { heard } = drain(server);
      for (const output of heard) {
        if (output.type === "call") {
          expect(["addTeam", "assignRole", "removeTeam"]).toContain(output.method);
          server.fail(output.id, new AranyaError("UnknownTeam", "no"));
        }
      }
      if (checkOver(server, heard)) failed++;
      else server.handle(credit);
    }
    expect(failed).toBeGreaterThan(1000);
  });

  test("never make the client's session throw", () => {
    let failed = 0;
    for (const bytes of hostile(downstream)) {
      const { client } = new Pair();
      client.call("hello", HELLO);
      client.call("teams", {});
      client.call("team", { teamId: TEAM });
      client.call("labels", { teamId: TEAM });
      client.sendData(CHANNEL, Uint8Array.of(1), 10);
      client.grant({ bytes: 3, messages: 1, effects: 1 });
      drain(client);
      client.handle(bytes);
      if (checkOver(client, drain(client).heard)) failed++;
    }
    expect(failed).toBeGreaterThan(1000);
  });

  test("the samples themselves pass", () => {
    const { server } = new Pair().open();
    server.handle(upstream);
    expect(drain(server).heard.map((o) => o.type)).toEqual(["call", "credit", "sendData", "call"]);
    const { client } = new Pair().open();
    client.call("teams", {});
    client.call("team", { teamId: TEAM });
    client.call("labels", { teamId: TEAM });
    client.sendData(CHANNEL, Uint8Array.of(1), 10);
    client.grant(WINDOW);
    drain(client);
    client.handle(downstream);
    expect(drain(client).heard.map((o) => (o.type === "answer" ? o.outcome : o.type))).toMatchObject([
      { ok: true, result: [TEAM] },
      "data",
      "effect",
      { ok: false, error: { code: "Timeout" } },
      { ok: true, result: ["a", "b", "c"] },
      "sent",
    ]);
    expect(client.inFlight).toBe(0);
  });
});
