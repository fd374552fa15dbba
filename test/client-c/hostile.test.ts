/**
 * The C client against a daemon that lies, stalls, dies in the middle, answers out of order or speaks another version: a
 * status in time, and under the sanitizers no leak and no byte read past the end. The driver exits only by itself.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ERROR_CODES } from "../../src/base/codes.ts";
import type { ChannelId } from "../../src/client/index.ts";
import { encodeAnswerPart, encodeControlFrame } from "../../src/ipc/wire.ts";
import { encodeReceivedData, encodeSendDataAnswers } from "../support/ipc-frames.ts";
import { mutations } from "../support/hostile-bytes.ts";
import { until } from "../support/until.ts";
import { testId as id } from "../unit/client/toy-daemon.ts";
import { drive, driveWatched } from "./driver.ts";
import { frameOf, Liar } from "./liar.ts";
import type { Answer } from "./liar.ts";
import { IS_NATIVE } from "./toolchain.ts";

let liar: Liar;
beforeEach(async () => {
  liar = await new Liar().start();
});
afterEach(() => liar.stop());

const CHANNEL = {
  channelId: id<ChannelId>(5),
  teamId: id(2),
  remoteNetIdentifier: "bob.example",
  label: "telemetry",
};
const announce = encodeControlFrame([0, "channel", CHANNEL]);
const effect = encodeControlFrame([
  0,
  "effect",
  { type: "labelCreated", teamId: id(2), commandId: id(9), author: id(3), label: "l" },
]);

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

describe("connecting", () => {
  test("nobody there", async () => {
    const missing = `${liar.socketPath}-missing`;
    expect(await drive(missing, "connect:200", "team", "poll:10", "read:1", "process", "send:1")).toEqual([
      `connect DaemonUnavailable path=${missing} reason=ENOENT remedy=start the daemon, or give the path it was started with`,
      ...["team", "poll", "read"].map(
        (name) => `${name} DaemonUnavailable remedy=connect again reason=ENOENT`,
      ),
      "process OK done=0 ok=0 last=OK",
      "send DaemonUnavailable remedy=connect again reason=ENOENT",
    ]);
  });

  test("a path that cannot be one", async () => {
    const [line] = await drive("x".repeat(108), "connect:200");
    expect(line).toBe("connect InvalidArgument field=socketPath reason=must be a path of 1 to 107 bytes");
  });

  test("it accepts and says nothing", async () => {
    liar.hello = () => undefined;
    const [line] = await drive(liar.socketPath, "connect:100");
    expect(line).toMatch(/^connect Timeout method=hello/);
  });

  test("it hangs up at once", async () => {
    liar.connected = (socket) => socket.destroy();
    const [line] = await drive(liar.socketPath, "connect:5000");
    expect(line).toMatch(/^connect DaemonUnavailable/);
  });

  test("it answers in another version, or does not know this one", async () => {
    liar.hello = ({ id: request }) => encodeControlFrame([request, null, { protocol: 2, version: "later" }]);
    expect(await drive(liar.socketPath, "connect:5000")).toEqual([
      "connect ProtocolMismatch daemon=2 client=1",
    ]);
    liar.hello = ({ id: request }) =>
      encodeControlFrame([request, [ERROR_CODES.ProtocolMismatch, "no", { daemon: 2, client: 1 }], null]);
    expect(await drive(liar.socketPath, "connect:5000")).toEqual([
      "connect ProtocolMismatch daemon=2 client=1",
    ]);
    liar.hello = ({ id: request }) => encodeControlFrame([request, [99, "a code of the future", {}], null]);
    expect((await drive(liar.socketPath, "connect:5000"))[0]).toMatch(
      /^connect ProtocolMismatch .*reason=bad-error/,
    );
  });
});

/** Each is all the daemon says to a call; the connection is over. */
const SENSELESS: readonly [string, Answer][] = [
  ["empty-frame", () => new Uint8Array(4)],
  ["frame-too-long", () => Uint8Array.of(0, 0x20, 0, 1, 1)],
  ["frame-too-long", () => new Uint8Array(64).fill(0xff)],
  ["unknown-frame-type", () => frameOf(9, new Uint8Array(3))],
  ["unknown-frame-type", () => frameOf(0xf0, new Uint8Array(40))],
  ["unknown-frame-type", () => frameOf(0, new Uint8Array(40))],
  ["bad-cbor", () => frameOf(1, new Uint8Array(0))],
  ["bad-cbor", () => frameOf(1, Uint8Array.of(0x9b, 255, 255, 255, 255, 255, 255, 255, 255))],
  ["bad-cbor", () => frameOf(1, Uint8Array.of(0x83, 0, 0x7a, 255, 255, 255, 255))],
  ["bad-cbor", () => frameOf(1, new Uint8Array(100).fill(0x81))],
  ["bad-cbor", () => frameOf(1, Uint8Array.of(0x83, 0, 0x61, 0xff, 0xf6))],
  ["bad-cbor", () => frameOf(1, Uint8Array.of(0x83, 0, 0x60, 0xf6, 0xf6))],
  ["bad-message", () => encodeControlFrame([1, 2])],
  ["bad-id", () => encodeControlFrame(["1", null, null])],
  ["bad-id", () => encodeControlFrame([-1, null, null])],
  ["bad-id", () => encodeControlFrame([2 ** 40, null, null])],
  ["unknown-id", () => encodeControlFrame([0x80000999, null, true])],
  ["unknown-id", ({ id: request }) => concat(encodeControlFrame([request + 1, null, true]))],
  ["bad-answer", ({ id: request }) => encodeControlFrame([request, [1, "", {}], true])],
  ["bad-error", ({ id: request }) => encodeControlFrame([request, [0, "", {}], null])],
  ["bad-error", ({ id: request }) => encodeControlFrame([request, "no", null])],
  ["bad-error", ({ id: request }) => encodeControlFrame([request, [1, "", { Bad: 1 }], null])],
  ["unknown-topic", () => encodeControlFrame([0, "news", {}])],
  ["unknown-channel", () => encodeReceivedData(id(5), new Uint8Array(3))],
  ["unknown-channel", () => encodeControlFrame([0, "channelGone", { channelId: id(5) }])],
  ["channel-announced-twice", () => concat(announce, announce)],
  ["bad-event", () => encodeControlFrame([0, "channel", { ...CHANNEL, label: "x".repeat(65) }])],
  ["bad-event", () => encodeControlFrame([0, "channel", { ...CHANNEL, more: 1 }])],
  ["truncated", () => frameOf(4, new Uint8Array(31))],
  [
    "beyond-credit",
    () =>
      concat(announce, ...Array.from({ length: 513 }, () => encodeReceivedData(id(5), new Uint8Array(1)))),
  ],
  [
    "beyond-credit",
    () => concat(announce, encodeReceivedData(id(5), new Uint8Array(1024 * 1024 + 128 * 1024 + 1))),
  ],
  ["beyond-credit", () => concat(...Array.from({ length: 65 }, () => effect))],
  ["truncated", () => frameOf(3, new Uint8Array(8))],
  ["bad-range", () => encodeSendDataAnswers({ first: 1, count: 0xffffffff, acknowledged: true })],
  ["bad-range", () => frameOf(3, Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 2))],
  ["unknown-id", () => encodeSendDataAnswers({ first: 1, count: 1, acknowledged: true })],
  [
    "unknown-id",
    ({ id: request }) => encodeSendDataAnswers({ first: request, count: 1, acknowledged: true }),
  ],
  ["wrong-answer", ({ id: request }) => encodeAnswerPart(request, [true])],
  ["bad-part", () => frameOf(6, Uint8Array.of(0x80))],
  ["unknown-id", () => encodeAnswerPart(7, [true])],
];

describe("what makes no sense ends the connection", () => {
  test.each(SENSELESS.map(([reason, answer], i) => ({ reason, answer, i })))(
    "$i: $reason",
    async ({ reason, answer }) => {
      liar.answer = answer;
      const lines = await drive(liar.socketPath, "connect:5000", "team:5000", "team", "send:10");
      const over = `ProtocolMismatch reason=${reason}`;
      expect(lines).toEqual(["connect OK", `team ${over}`, `team ${over}`, `send ${over}`]);
    },
  );

  test("an answer to a message that was a call's, and the other way round", async () => {
    liar.answer = ({ id: request }) => encodeControlFrame([request, null, true]);
    expect((await drive(liar.socketPath, "connect:5000", "send:10"))[1]).toBe(
      "send ProtocolMismatch reason=wrong-answer",
    );
  });

  test("a second answer", async () => {
    liar.answer = ({ id: request }) =>
      concat(encodeControlFrame([request, null, true]), encodeControlFrame([request, null, true]));
    const lines = await drive(liar.socketPath, "connect:5000", "add-team", "add-team");
    expect(lines[1]).toBe("add-team OK changed=1");
    expect(lines[2]).toMatch(/^add-team ProtocolMismatch reason=unknown-id/);
  });
});

describe("a call answered with something else ends by itself", () => {
  const WRONG: readonly unknown[] = [
    null,
    1,
    "true",
    [],
    {},
    { teamId: id(2) },
    { ...CHANNEL },
    [1, 2, 3],
    new Uint8Array(32),
    -1,
    1.5,
    2 ** 60,
  ];
  test("each kind of result", async () => {
    for (const result of WRONG) {
      liar.answer = ({ id: request }) => encodeControlFrame([request, null, result]);
      const lines = await drive(liar.socketPath, "connect:5000", "team", "init", "sync", "status");
      expect(lines.slice(1, 4).map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(
        ["team", "init", "sync"].map((name) => `${name} ProtocolMismatch`),
      );
      expect(lines[1]).toContain("method=team");
    }
  });

  test("ids that are none", async () => {
    for (const text of [
      "",
      "1",
      "0".repeat(44),
      "z".repeat(44),
      "1".repeat(33),
      "I".repeat(32),
      "\u00e9".repeat(22),
    ]) {
      liar.answer = ({ id: request }) => encodeControlFrame([request, null, text]);
      expect((await drive(liar.socketPath, "connect:5000", "open"))[1], text).toBe(
        "open ProtocolMismatch method=createChannel",
      );
    }
  });

  test("a list longer than there can be", async () => {
    liar.answer = ({ id: request }) =>
      encodeControlFrame([request, null, Array.from({ length: 65 }, () => id(2))]);
    expect((await drive(liar.socketPath, "connect:5000", "teams"))[1]).toMatch(
      /^teams ProtocolMismatch method=teams/,
    );
  });
});

describe("in time", () => {
  test("it stalls, in the middle of a frame too, and dies there", async () => {
    expect((await drive(liar.socketPath, "connect:5000", "team:50"))[1]).toMatch(/^team Timeout/);
    liar.answer = () => Uint8Array.of(0, 0, 1, 0, 1, 0x83);
    expect(await drive(liar.socketPath, "connect:5000", "team:50", "team:50", "poll:10", "send:10")).toEqual([
      "connect OK",
      "team Timeout method=team timeoutMs=50",
      "team Timeout method=team timeoutMs=50",
      "poll Timeout method=pollData timeoutMs=10",
      "send Timeout method=sendData timeoutMs=5000",
    ]);
    liar.answer = (_, socket) => {
      socket.end(Uint8Array.of(0, 0, 1, 0, 1, 0x83));
      return undefined;
    };
    expect((await drive(liar.socketPath, "connect:5000", "team"))[1]).toBe(
      "team DaemonUnavailable remedy=connect again reason=the daemon closed the connection",
    );
  });

  test("it announces two megabytes and sends ten bytes: nothing is taken for the rest", async () => {
    liar.answer = () => Uint8Array.of(0, 0x20, 0, 0, 1, 1, 2, 3, 4, 5);
    const lines = await drive(liar.socketPath, "connect:5000", "heap", "team:50", "heap");
    expect(lines[3]).toBe(lines[1]);
  });

  test("it talks without end, of other things", async () => {
    liar.answer = (_, socket) => {
      const talk = (): void => {
        for (let i = 0; i < 100 && !socket.destroyed; i++) {
          if (socket.write(concat(announce, encodeControlFrame([0, "channelGone", { channelId: id(5) }]))))
            continue;
          socket.once("drain", talk);
          return;
        }
        setImmediate(talk);
      };
      talk();
      return undefined;
    };
    expect((await drive(liar.socketPath, "connect:5000", "team:100"))[1]).toBe(
      "team Timeout method=team timeoutMs=100",
    );
  });

  test("it sends a byte at a time", async () => {
    liar.answer = ({ id: request }, socket) => {
      const bytes = encodeControlFrame([request, null, true]);
      const drip = (at: number): void => {
        if (at === bytes.length) return;
        socket.write(bytes.subarray(at, at + 1));
        setTimeout(() => drip(at + 1), 1);
      };
      drip(0);
      return undefined;
    };
    expect(await drive(liar.socketPath, "connect:5000", "add-team", "add-team")).toEqual([
      "connect OK",
      "add-team OK changed=1",
      "add-team OK changed=1",
    ]);
  });

  test("it answers out of order", async () => {
    const open: number[] = [];
    liar.answer = ({ id: request, method }) => {
      if (method === "createChannel") open.push(request);
      if (open.length < 3) return undefined;
      return concat(
        ...open
          .splice(0)
          .reverse()
          .map((one) => encodeControlFrame([one, null, id(5)])),
      );
    };
    expect(
      (
        await drive(
          liar.socketPath,
          "connect:5000",
          "start-open:5000",
          "start-open:5000",
          "start-open:5000",
          "process:3",
        )
      )[4],
    ).toBe("process OK done=3 ok=3 last=OK");
  });

  test("it answers after the call was given up: nobody is told, and the next call is", async () => {
    let first: number | undefined;
    liar.answer = ({ id: request }) => {
      if (first === undefined) {
        first = request;
        return undefined;
      }
      return concat(encodeControlFrame([first, null, true]), encodeControlFrame([request, null, true]));
    };
    expect(await drive(liar.socketPath, "connect:5000", "team:50", "add-team:5000")).toEqual([
      "connect OK",
      "team Timeout method=team timeoutMs=50",
      "add-team OK changed=1",
    ]);
  });

  /** As soon as the driver has done with its message. */
  const readOn = (line: string): void => {
    if (line.startsWith("send-in ")) liar.sockets[0]!.resume();
  };

  test("it stops reading in the middle of a megabyte: given up in time, and still sent whole", async () => {
    liar.hello = ({ id: request }, socket) => {
      socket.pause();
      return encodeControlFrame([request, null, { protocol: 1, version: "liar" }]);
    };
    liar.answer = ({ id: request, method }) =>
      method === "sendData"
        ? encodeSendDataAnswers({ first: request, count: 1, acknowledged: true })
        : encodeControlFrame([request, null, true]);
    const commands = ["connect:5000", "send-in:50", "add-team:20000", "send:5"];
    expect(await driveWatched(readOn, liar.socketPath, ...commands)).toEqual([
      "connect OK",
      "send-in Timeout method=sendData timeoutMs=50",
      "add-team OK changed=1",
      "send OK",
    ]);
    const [message] = liar.asked.filter((asked) => asked.method === "sendData");
    expect(message!.bytes).toEqual(new Uint8Array(1024 * 1024));
  });

  test("it answers a message before it has all of it: the rest is not read from memory that is gone", async () => {
    liar.hello = ({ id: request }, socket) => {
      // Next comes how the message begins.
      socket.once("data", () => {
        socket.pause();
        socket.write(encodeSendDataAnswers({ first: 1, count: 1, acknowledged: true }));
      });
      return encodeControlFrame([request, null, { protocol: 1, version: "liar" }]);
    };
    liar.answer = ({ id: request, method }) =>
      method === "sendData" ? undefined : encodeControlFrame([request, null, true]);
    const commands = ["connect:5000", "send-in:5000", "add-team:20000"];
    expect(await driveWatched(readOn, liar.socketPath, ...commands)).toEqual([
      "connect OK",
      "send-in OK",
      "add-team OK changed=1",
    ]);
    const [message] = liar.asked.filter((asked) => asked.method === "sendData");
    expect(message!.bytes).toEqual(new Uint8Array(1024 * 1024));
  });

  test("it restarts: the next connection is as good as the first", async () => {
    liar.answer = ({ id: request }, socket) => {
      if (liar.sockets.length === 1) socket.destroy();
      return encodeControlFrame([request, null, true]);
    };
    const lines = await drive(
      liar.socketPath,
      "connect:5000",
      "add-team",
      "close",
      "connect:5000",
      "add-team",
    );
    expect(lines[1]).toMatch(/^add-team DaemonUnavailable/);
    expect(lines[4]).toBe("add-team OK changed=1");
  });
});

test("messages that had arrived are read after the daemon is gone", async () => {
  liar.answer = ({ id: request }, socket) => {
    socket.end(
      concat(
        announce,
        encodeReceivedData(id(5), Uint8Array.of(1)),
        encodeControlFrame([request, null, true]),
      ),
    );
    return undefined;
  };
  const lines = await drive(
    liar.socketPath,
    "connect:5000",
    "poll:5000",
    "sleep:50",
    "team:5000",
    "poll:0",
    "read:10",
    "read:10",
  );
  expect(lines[1]).toBe("poll OK");
  expect(lines[3]).toMatch(/^team DaemonUnavailable/);
  expect(lines[4]).toBe("poll OK");
  expect(lines[5]).toMatch(/^read OK length=1/);
  expect(lines[6]).toMatch(/^read DaemonUnavailable/);
});

test("whatever it says, every call ends", async () => {
  const answers = concat(
    announce,
    effect,
    encodeReceivedData(id(5), Uint8Array.of(1, 2, 3)),
    encodeControlFrame([0x80000001, null, { received: 1, accepted: 1, recalled: 0, heads: [id(9), id(3)] }]),
    encodeControlFrame([0x80000002, [6, "no", { operation: "a", role: "b", rule: "c" }], null]),
    encodeSendDataAnswers({ first: 1, count: 1, acknowledged: true }),
    encodeControlFrame([0, "channelGone", { channelId: id(5) }]),
  );
  const count = IS_NATIVE ? 150 : 10;
  for (const mutant of mutations(answers, { seed: 7, count })) {
    liar.answer = () => mutant;
    await drive(
      liar.socketPath,
      "connect:2000",
      "sync:20",
      "team:20",
      "start-send:4",
      "effect:10",
      "poll:10",
      "read",
      "read",
    );
  }
  await until(() => liar.sockets.length === count);
});
