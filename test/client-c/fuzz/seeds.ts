/**
 * Where the corpus begins: what an honest daemon says, as the server session's encoders write it. Each a stream, and the same
 * as frames without their lengths. `node test/client-c/fuzz/seeds.ts` writes them into corpus/, beside what was found.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ChannelId } from "../../../src/client/index.ts";
import { ERROR_CODES } from "../../../src/base/codes.ts";
import { encodeAnswerPart, encodeControlFrame } from "../../../src/ipc/wire.ts";
import { encodeReceivedData, encodeSendDataAnswers } from "../../support/ipc-frames.ts";
import { KEY_BUNDLE, testId as id } from "../../unit/client/toy-daemon.ts";

const FIRST_CALL = 0x80000000;
const answer = (call: number, result: unknown): Uint8Array =>
  encodeControlFrame([FIRST_CALL + call, null, result]);
const cause = { teamId: id(2), commandId: id(9), author: id(3) };
const channel = { channelId: id(5), teamId: id(2), remoteNetIdentifier: "bob.example", label: "telemetry" };
const device = {
  deviceId: id(3),
  commonName: "Bob",
  role: "user",
  netIdentifier: "bob.example",
  labels: ["a", "telemetry"],
  keyBundle: KEY_BUNDLE,
};

/** In the order in which the target makes its calls. */
const SEEDS: Readonly<Record<string, readonly Uint8Array[]>> = {
  short: [answer(0, true), answer(1, id(1)), answer(3, false), answer(7, id(5)), answer(8, [id(2), id(4)])],
  bundle: [answer(2, KEY_BUNDLE)],
  sync: [answer(4, { received: 3, accepted: 2, recalled: 1, heads: [id(9), id(8)] })],
  team: [
    answer(5, {
      teamId: id(2),
      policyId: "toy",
      closed: false,
      heads: [id(9)],
      commandCount: 5_000_000_000,
      unheard: [id(4)],
      asideCount: 12,
      stateDigest: "ab".repeat(32),
    }),
  ],
  status: [
    answer(6, {
      version: "toy",
      deviceId: id(3),
      afc: {
        listen: "0.0.0.0:4321",
        udp: "segments",
        aead: "evp",
        ciphers: ["aes-256-gcm", "chacha20-poly1305"],
      },
    }),
  ],
  lists: [encodeAnswerPart(FIRST_CALL + 9, ["a", "bb"]), answer(9, ["ccc"]), answer(10, [device, device])],
  peers: [
    answer(11, [
      {
        address: "hub.example",
        teamId: id(2),
        rateMs: 1000,
        expectedDeviceId: id(3),
        lastSuccess: 1_700_000_000_000,
        lastError: { code: "PeerUnreachable", reason: "refused", at: 1 },
        failures: 1,
        behind: true,
      },
    ]),
    answer(12, [
      { ...channel, peerDeviceId: id(3), delivery: "reliable", state: "open", direction: "outgoing" },
    ]),
  ],
  errors: [
    encodeControlFrame([
      FIRST_CALL + 5,
      [ERROR_CODES.NotAuthorised, "no", { role: "user", n: 1.5, yes: true }],
      null,
    ]),
    encodeControlFrame([2, [ERROR_CODES.ChannelClosed, "no", { reason: "gone" }], null]),
    encodeSendDataAnswers(
      { first: 1, count: 1, acknowledged: true },
      { first: 3, count: 1, acknowledged: false },
    ),
  ],
  data: [
    encodeControlFrame([0, "channel", channel]),
    encodeReceivedData(id<ChannelId>(5), Uint8Array.of(1, 2, 3)),
    encodeReceivedData(id<ChannelId>(5), new Uint8Array(0)),
    encodeControlFrame([0, "channelGone", { channelId: id(5) }]),
  ],
  effects: [
    encodeControlFrame([
      0,
      "effect",
      { type: "deviceAdded", ...cause, deviceId: id(3), commonName: "B", role: "sync" },
    ]),
    encodeControlFrame([
      0,
      "effect",
      { type: "commandRecalled", ...cause, kind: "AddDevice", reason: "revoked" },
    ]),
    encodeControlFrame([
      0,
      "effect",
      { type: "teamStopped", teamId: id(2), code: "UnknownPolicy", reason: "x" },
    ]),
    encodeControlFrame([0, "effect", { type: "effectsLost", count: 7 }]),
  ],
};

/** Type, length in two bytes, body. */
function bare(frame: Uint8Array): Uint8Array {
  const length = frame.length - 5;
  return Buffer.concat([Uint8Array.of(frame[4]!, length >> 8, length & 255), frame.subarray(5)]);
}

const directory = join(import.meta.dirname, "corpus");
mkdirSync(directory, { recursive: true });
for (const [name, frames] of Object.entries(SEEDS)) {
  writeFileSync(join(directory, `${name}-stream`), Buffer.concat([Uint8Array.of(6), ...frames]));
  writeFileSync(join(directory, `${name}-frames`), Buffer.concat([Uint8Array.of(1), ...frames.map(bare)]));
}
