import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../src/base/bytes.ts";
import { DecodeError } from "../../../src/base/errors.ts";
import { idFromBytes } from "../../../src/base/ids.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { encodeCbor } from "../../../src/codec/cbor.ts";
import type { Cbor } from "../../../src/codec/cbor.ts";
import { ED25519_SIGNATURE_BYTES } from "../../../src/crypto/cipher-suite.ts";
import { decodeSyncMessage, encodeSyncMessage, FrameReader } from "../../../src/sync/wire.ts";
import type { SyncMessage } from "../../../src/sync/wire.ts";

interface Vector {
  readonly name: string;
  readonly message: Record<string, unknown>;
  readonly frame: string;
}

const VECTORS = (
  JSON.parse(readFileSync(new URL("../../vectors/sync-0.1.0.json", import.meta.url), "utf8")) as {
    frames: Vector[];
  }
).frames;
const FRAMES = VECTORS.map((v) => fromHex(v.frame)!);

function fromVector(message: Record<string, unknown>): SyncMessage {
  if (!Array.isArray(message["commands"])) return message as unknown as SyncMessage;
  const commands = (message["commands"] as string[]).map((hex) => fromHex(hex)!);
  return { ...message, commands } as unknown as SyncMessage;
}

/** The code of the refusal; undefined where the body is accepted, and then it must be the one encoding of its message. */
function refusal(body: Uint8Array): string | undefined {
  try {
    expect(toHex(encodeSyncMessage(decodeSyncMessage(body)).subarray(4))).toBe(toHex(body));
    return undefined;
  } catch (error) {
    if (error instanceof DecodeError) return error.code;
    throw error;
  }
}

function readAll(bytes: Uint8Array, chunkBytes = bytes.length): Uint8Array[] {
  const reader = new FrameReader();
  const bodies: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    bodies.push(...reader.read(bytes.subarray(at, at + chunkBytes)));
  }
  return bodies;
}

function lengthPrefix(length: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("messages", () => {
  test.each(VECTORS)("frozen: $name", ({ message, frame }) => {
    expect(toHex(encodeSyncMessage(fromVector(message)))).toBe(frame);
    expect(decodeSyncMessage(fromHex(frame)!.subarray(4))).toEqual(fromVector(message));
  });

  test("[SYN-8] every truncation is refused", () => {
    for (const frame of FRAMES) {
      for (let n = 4; n < frame.length; n++) expect(refusal(frame.slice(4, n))).toBeDefined();
    }
  });

  test("[SYN-8] every flipped bit is refused or is another message in its one encoding", () => {
    for (const frame of FRAMES) {
      for (let bit = 32; bit < frame.length * 8; bit++) {
        const body = frame.slice(4);
        body[(bit - 32) >> 3]! ^= 1 << (bit & 7);
        refusal(body);
      }
    }
  });

  test("[SYN-8] ten thousand mutations are refused or are other messages", () => {
    const random = seeded(20261101);
    let refused = 0;
    for (let i = 0; i < 10_000; i++) {
      const frame = FRAMES[Math.floor(random() * FRAMES.length)]!;
      const body = [...frame.subarray(4)];
      for (let n = 1 + Math.floor(random() * 4); n > 0; n--) {
        const at = Math.floor(random() * body.length);
        const byte = Math.floor(random() * 256);
        const kind = random();
        if (kind < 0.6) body[at] = byte;
        else if (kind < 0.8) body.splice(at, 1);
        else body.splice(at, 0, byte);
      }
      if (refusal(Uint8Array.from(body)) !== undefined) refused++;
    }
    expect(refused).toBeGreaterThan(5000);
  });

  const id = (n: number): Uint8Array => new Uint8Array(32).fill(n);
  const ids = (count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, i) => {
      const bytes = new Uint8Array(32);
      new DataView(bytes.buffer).setUint32(0, i);
      return bytes;
    });

  test.each<[string, string, Cbor]>([
    ["a number", "bad-message", 1],
    ["nothing", "unknown-type", []],
    ["type 0", "unknown-type", [0]],
    ["a type of a later version", "unknown-type", [8, id(1)]],
    ["a type that is text", "unknown-type", ["pull"]],
    ["another version, whatever follows it", "bad-version", [1, 2]],
    ["a pull without sample", "bad-message", [1, 1, id(1), []]],
    ["a pull with more", "bad-message", [1, 1, id(1), [], [], []]],
    ["a team id of 31 bytes", "bad-team", [1, 1, new Uint8Array(31), [], []]],
    ["a head of 33 bytes", "bad-ids", [1, 1, id(1), [new Uint8Array(33)], []]],
    ["heads that are no list", "bad-ids", [1, 1, id(1), id(2), []]],
    ["the same head twice", "unsorted-ids", [1, 1, id(1), [id(2), id(2)], []]],
    ["heads out of order", "unsorted-ids", [1, 1, id(1), [id(3), id(2)], []]],
    ["samples out of order", "unsorted-ids", [1, 1, id(1), [], [id(3), id(2)]]],
    ["too many heads", "too-many-ids", [1, 1, id(1), ids(LIMITS.syncHeadsMax + 1), []]],
    ["too many samples", "too-many-ids", [1, 1, id(1), [], ids(LIMITS.syncSampleMax + 1)]],
    ["too many heads in level", "too-many-ids", [5, ids(LIMITS.syncHeadsMax + 1)]],
    ["a subscribe without team", "bad-message", [6]],
    ["a subscribe with more", "bad-message", [6, id(1), []]],
    ["a subscribe to a team of 31 bytes", "bad-team", [6, new Uint8Array(31)]],
    ["heads without team", "bad-message", [7, [id(1)]]],
    ["heads of no team", "bad-team", [7, 1, [id(1)]]],
    ["announced heads out of order", "unsorted-ids", [7, id(1), [id(3), id(2)]]],
    ["too many announced heads", "too-many-ids", [7, id(1), ids(LIMITS.syncHeadsMax + 1)]],
    ["a next with more", "bad-message", [2, 0]],
    ["reason 0", "bad-reason", [3, 0]],
    ["a reason of a later version", "bad-reason", [3, 6]],
    ["a page of nothing", "empty-page", [4, [], 0]],
    ["an empty command", "command-too-short", [4, [new Uint8Array(0)], 0]],
    ["a signature without payload", "command-too-short", [4, [new Uint8Array(64)], 0]],
    ["a command that is text", "bad-commands", [4, ["x"], 0]],
    ["commands that are no list", "bad-commands", [4, id(1), 0]],
    ["a command too long", "command-too-long", [4, [new Uint8Array(LIMITS.commandBytesMax + 1)], 0]],
    ["more that is 2", "bad-more", [4, [new Uint8Array(65)], 2]],
    ["arrays within arrays", "too-deep", [4, [[id(1)]], 0]],
  ])("[SYN-8] refused: %s", (_name, code, value) => {
    expect(refusal(encodeCbor(value))).toBe(code);
  });

  test("[SYN-8] a page may hold what the limits say and not a byte more", () => {
    const full = Array.from(
      { length: LIMITS.syncPageBytesMax / LIMITS.commandBytesMax },
      () => new Uint8Array(LIMITS.commandBytesMax),
    );
    expect(refusal(encodeCbor([4, full, 1]))).toBeUndefined();
    expect(
      refusal(
        encodeCbor([
          4,
          [...full.slice(1), new Uint8Array(LIMITS.commandBytesMax - 64), new Uint8Array(65)],
          1,
        ]),
      ),
    ).toBe("page-too-long");
  });

  test("the largest request and the largest page fit their frames", () => {
    const many = ids(LIMITS.syncHeadsMax).map((b) => idFromBytes(b));
    const request = encodeSyncMessage({
      type: "pull",
      teamId: idFromBytes(id(1)),
      heads: many as never,
      sample: many.slice(0, LIMITS.syncSampleMax) as never,
    });
    expect(request.length - 4).toBeLessThanOrEqual(LIMITS.syncRequestBytesMax);
    // The smallest commands cost the most around them.
    const smallest = ED25519_SIGNATURE_BYTES + 1;
    const count = Math.floor(LIMITS.syncPageBytesMax / smallest);
    const commands = Array.from({ length: count }, () => new Uint8Array(smallest));
    const page = encodeSyncMessage({ type: "page", commands, more: false });
    expect(page.length - 4).toBeLessThanOrEqual(LIMITS.syncMessageBytesMax);
  });
});

describe("frames", () => {
  const stream = Uint8Array.from(FRAMES.flatMap((f) => [...f]));

  test.each([1, 2, 3, 5, 7, 64, 4096])(
    "are cut from a stream that arrives %i bytes at a time",
    (chunkBytes) => {
      expect(readAll(stream, chunkBytes).map(toHex)).toEqual(FRAMES.map((f) => toHex(f.subarray(4))));
    },
  );

  test("[SYN-8] a length of nothing and a length over the maximum are refused before there is a body", () => {
    for (const [length, code] of [
      [0, "empty-frame"],
      [LIMITS.syncMessageBytesMax + 1, "frame-too-long"],
      [0xffffffff, "frame-too-long"],
    ] as const) {
      expect(() => readAll(lengthPrefix(length))).toThrow(code);
    }
  });

  test("a frame of exactly the maximum is read", () => {
    const frame = new Uint8Array(4 + LIMITS.syncMessageBytesMax);
    frame.set(lengthPrefix(LIMITS.syncMessageBytesMax));
    expect(readAll(frame, 65536).map((b) => b.length)).toEqual([LIMITS.syncMessageBytesMax]);
  });

  test("bodies do not alias the chunk they came in", () => {
    const chunk = FRAMES[0]!.slice();
    const [body] = readAll(chunk);
    chunk.fill(0);
    expect(toHex(body!)).toBe(toHex(FRAMES[0]!.subarray(4)));
  });

  test("idle between frames and only there", () => {
    const reader = new FrameReader();
    expect(reader.idle).toBe(true);
    for (let i = 0; i < stream.length; i++) {
      const bodies = [...reader.read(stream.subarray(i, i + 1))];
      expect(reader.idle).toBe(bodies.length === 1);
    }
  });
});
