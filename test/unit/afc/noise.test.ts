import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Initiator, Responder } from "../../../src/afc/noise.ts";
import { fromHex, toHex } from "../../../src/base/bytes.ts";
import type { CipherSuite } from "../../../src/crypto/cipher-suite.ts";
import { nobleSuite } from "../../../src/crypto/noble.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";

interface Vector {
  readonly init_prologue: string;
  readonly init_static: string;
  readonly init_ephemeral: string;
  readonly init_remote_static: string;
  readonly resp_static: string;
  readonly resp_ephemeral: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
}

const vector = JSON.parse(
  readFileSync(new URL("../../vectors/noise-ik.json", import.meta.url), "utf8"),
) as Vector;
const bytes = (hex: string): Uint8Array => fromHex(hex)!;

describe.each([nodeSuite(), nobleSuite()])("Noise IK over $name", (suite: CipherSuite) => {
  const pair = (secret: string) => ({ secret: bytes(secret), public: suite.x25519PublicKey(bytes(secret)) });
  const start = () =>
    Initiator.start(
      suite,
      bytes(vector.init_prologue),
      pair(vector.init_static),
      bytes(vector.init_remote_static),
      bytes(vector.init_ephemeral),
      bytes(vector.messages[0]!.payload),
    )!;
  const respond = (message: Uint8Array, prologue = bytes(vector.init_prologue)) =>
    Responder.start(suite, prologue, pair(vector.resp_static), message);

  test("the published vector, both sides, and the keys it splits into", () => {
    const { initiator, message } = start();
    expect(toHex(message)).toBe(vector.messages[0]!.ciphertext);
    const read = respond(message)!;
    expect(toHex(read.payload)).toBe(vector.messages[0]!.payload);
    expect(read.responder.initiatorStatic).toEqual(pair(vector.init_static).public);
    const answer = read.responder.finish(bytes(vector.resp_ephemeral), bytes(vector.messages[1]!.payload))!;
    expect(toHex(answer.message)).toBe(vector.messages[1]!.ciphertext);
    const finished = initiator.finish(answer.message)!;
    expect(toHex(finished.payload)).toBe(vector.messages[1]!.payload);
    expect(finished.keys).toEqual(answer.keys);
    // Messages 3 to 6 are transport messages in turns: they prove the keys.
    vector.messages.slice(2).forEach(({ payload, ciphertext }, i) => {
      const key = i % 2 === 0 ? finished.keys.initiatorToResponder : finished.keys.responderToInitiator;
      const nonce = new Uint8Array(12);
      nonce[4] = i >> 1;
      const sealed = suite.aead("chacha20-poly1305", key).seal(nonce, new Uint8Array(0), bytes(payload));
      expect(toHex(sealed)).toBe(ciphertext);
    });
  });

  test("every truncation and a flipped bit of every byte is refused and changes nothing", () => {
    const { initiator, message } = start();
    const answer = respond(message)!.responder.finish(bytes(vector.resp_ephemeral), new Uint8Array(5))!;
    const stride = suite.name === "noble" ? 16 : 1;
    for (let n = 0; n < message.length; n += stride) {
      expect(respond(message.subarray(0, n))).toBeUndefined();
      const flipped = message.slice();
      flipped[n]! ^= 1 << (n % 8);
      expect(respond(flipped)).toBeUndefined();
    }
    for (let n = 0; n < answer.message.length; n += stride) {
      expect(initiator.finish(answer.message.subarray(0, n))).toBeUndefined();
      const flipped = answer.message.slice();
      flipped[n]! ^= 1 << (n % 8);
      expect(initiator.finish(flipped)).toBeUndefined();
    }
    expect(initiator.finish(answer.message)?.keys).toEqual(answer.keys);
  });

  test("another prologue, another responder, a key of low order", () => {
    const { message } = start();
    expect(respond(message, new Uint8Array(9))).toBeUndefined();
    expect(
      Responder.start(suite, bytes(vector.init_prologue), pair(vector.resp_ephemeral), message),
    ).toBeUndefined();
    expect(
      Initiator.start(
        suite,
        new Uint8Array(0),
        pair(vector.init_static),
        new Uint8Array(32),
        new Uint8Array(32).fill(7),
        new Uint8Array(0),
      ),
    ).toBeUndefined();
    expect(respond(new Uint8Array(200))).toBeUndefined();
  });
});
