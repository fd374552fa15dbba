/**
 * Sync on the wire: one TLS 1.3 stream, ALPN `aranya-sync/1`, both ways a sequence of frames.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                  length of the body, big-endian               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |   body: one CBOR array (src/codec/cbor.ts), type first      ...
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 *   pull       [1, version, team bytes 32, [head bytes 32 …], [sample bytes 32 …]]    asker
 *   next       [2]                                                                    asker
 *   refused    [3, reason uint]                                                       asked
 *   page       [4, [command bytes …], more 0 | 1]                                     asked
 *   level      [5, [head bytes 32 …]]                                                 asked
 *   subscribe  [6, team bytes 32]                                                     asker
 *   heads      [7, team bytes 32, [head bytes 32 …]]                                  asked
 *
 * A pull is answered by refused, page or level: the asked's first word is its yes or its reason. After a page with
 * more = 1 the asked is silent until `next`; after one with more = 0, level follows at once, naming the heads the asker
 * then holds. Ids stand in strictly ascending order of their bytes. Commands stand parents first.
 *
 * A subscribe is answered by refused or by the heads there are now. Each such answer, and each level of a subscribed team,
 * allows the asked one more message unasked, never between a pull's first page and its end: heads, when they have
 * changed, or refused, which ends the subscription. So an asker that does not read is owed one message, not many.
 *
 * Version rule: the version is in the ALPN and in each pull. Unknown types, versions and reasons, other lengths of
 * arrays and bytes left over are all refused; what is new needs a new version.
 */
import { compareBytes } from "../base/bytes.ts";
import { DecodeError } from "../base/errors.ts";
import { idFromBytes, idToBytes, isIdBytes } from "../base/ids.ts";
import type { CommandId, TeamId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import { decodeCbor, encodeCbor } from "../codec/cbor.ts";
import type { Cbor } from "../codec/cbor.ts";
import { ED25519_SIGNATURE_BYTES } from "../crypto/cipher-suite.ts";

export const SYNC_ALPN = "aranya-sync/1";
export const SYNC_VERSION = 1;

/** Why the asked does not serve a team. An unknown team and an asker who is no member get the same answer. */
export const REFUSALS = { "not-served": 1, removed: 2, busy: 3, policy: 4, version: 5 } as const;
export type Refusal = keyof typeof REFUSALS;

export interface Pull {
  readonly type: "pull";
  readonly teamId: TeamId;
  /** At most `syncHeadsMax`. */
  readonly heads: readonly CommandId[];
  /** Thinning sample of ancestors, at most `syncSampleMax`. */
  readonly sample: readonly CommandId[];
}

export interface Next {
  readonly type: "next";
}

export interface Refused {
  readonly type: "refused";
  readonly reason: Refusal;
}

export interface Page {
  readonly type: "page";
  /** At least one, at most `syncPageBytesMax` together, or a single one. */
  readonly commands: readonly Uint8Array[];
  readonly more: boolean;
}

export interface Level {
  readonly type: "level";
  /** At most `syncHeadsMax`. */
  readonly heads: readonly CommandId[];
}

export interface Subscribe {
  readonly type: "subscribe";
  readonly teamId: TeamId;
}

export interface Heads {
  readonly type: "heads";
  readonly teamId: TeamId;
  /** At most `syncHeadsMax`. */
  readonly heads: readonly CommandId[];
}

export type SyncMessage = Pull | Next | Refused | Page | Level | Subscribe | Heads;

const TYPES = { pull: 1, next: 2, refused: 3, page: 4, level: 5, subscribe: 6, heads: 7 } as const;

/** A whole frame, length and body. Ids are put in order here. */
export function encodeSyncMessage(message: SyncMessage): Uint8Array {
  const body = encodeCbor(toCbor(message));
  const frame = new Uint8Array(FRAME_LENGTH_BYTES + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, FRAME_LENGTH_BYTES);
  return frame;
}

/** The body of one frame. Throws `DecodeError`; `bad-version` only for a pull. */
export function decodeSyncMessage(body: Uint8Array): SyncMessage {
  const value = decodeCbor(body, 2);
  if (!Array.isArray(value)) throw new DecodeError("bad-message");
  const fields = value as readonly Cbor[];
  switch (fields[0]) {
    case TYPES.pull: {
      // Before the length: what follows the version is that version's own business.
      if (fields[1] !== SYNC_VERSION) throw new DecodeError("bad-version");
      expectLength(fields, 5);
      return {
        type: "pull",
        teamId: readTeam(fields[2]),
        heads: readIds(fields[3], LIMITS.syncHeadsMax),
        sample: readIds(fields[4], LIMITS.syncSampleMax),
      };
    }
    case TYPES.next:
      expectLength(fields, 1);
      return { type: "next" };
    case TYPES.refused: {
      expectLength(fields, 2);
      const reason = REASON_OF.get(fields[1]);
      if (reason === undefined) throw new DecodeError("bad-reason");
      return { type: "refused", reason };
    }
    case TYPES.page: {
      expectLength(fields, 3);
      if (fields[2] !== 0 && fields[2] !== 1) throw new DecodeError("bad-more");
      return { type: "page", commands: readCommands(fields[1]), more: fields[2] === 1 };
    }
    case TYPES.level:
      expectLength(fields, 2);
      return { type: "level", heads: readIds(fields[1], LIMITS.syncHeadsMax) };
    case TYPES.subscribe:
      expectLength(fields, 2);
      return { type: "subscribe", teamId: readTeam(fields[1]) };
    case TYPES.heads:
      expectLength(fields, 3);
      return {
        type: "heads",
        teamId: readTeam(fields[1]),
        heads: readIds(fields[2], LIMITS.syncHeadsMax),
      };
    default:
      throw new DecodeError("unknown-type");
  }
}

export const FRAME_LENGTH_BYTES = 4;

/** Room for what a frame claims is made as its bytes arrive, starting here. */
const BUFFER_START_BYTES = 4096;

/**
 * Cuts a byte stream into bodies. Holds at most one frame that is not complete, and never more room than twice what has
 * arrived of it. After a `DecodeError` the stream is lost: drop the connection.
 */
export class FrameReader {
  readonly #bodyBytesMax: number;
  readonly #head = new Uint8Array(FRAME_LENGTH_BYTES);
  #headBytes = 0;
  #body: Uint8Array | undefined;
  #bodyBytes = 0;
  /** Of the frame being read; known once `#headBytes` is complete. */
  #length = 0;

  constructor(bodyBytesMax: number = LIMITS.syncMessageBytesMax) {
    this.#bodyBytesMax = bodyBytesMax;
  }

  /** True between frames: nothing of a next one has arrived. */
  get idle(): boolean {
    return this.#headBytes === 0;
  }

  /** The bodies that `chunk` completes, lazily: take one, act on it, take the next. They do not alias `chunk`. */
  *read(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#headBytes < FRAME_LENGTH_BYTES) {
        const part = rest.subarray(0, FRAME_LENGTH_BYTES - this.#headBytes);
        this.#head.set(part, this.#headBytes);
        this.#headBytes += part.length;
        rest = rest.subarray(part.length);
        if (this.#headBytes < FRAME_LENGTH_BYTES) return;
        this.#length = new DataView(this.#head.buffer).getUint32(0);
        if (this.#length === 0) throw new DecodeError("empty-frame");
        if (this.#length > this.#bodyBytesMax) throw new DecodeError("frame-too-long");
        this.#body = new Uint8Array(Math.min(this.#length, BUFFER_START_BYTES));
        this.#bodyBytes = 0;
      }
      const part = rest.subarray(0, this.#length - this.#bodyBytes);
      this.#append(part);
      rest = rest.subarray(part.length);
      if (this.#bodyBytes < this.#length) return;
      const body = this.#body!.subarray(0, this.#length);
      this.#headBytes = 0;
      this.#body = undefined;
      yield body;
    }
  }

  #append(part: Uint8Array): void {
    const needed = this.#bodyBytes + part.length;
    let body = this.#body!;
    if (needed > body.length) {
      body = new Uint8Array(Math.min(this.#length, Math.max(needed, 2 * body.length)));
      body.set(this.#body!.subarray(0, this.#bodyBytes));
      this.#body = body;
    }
    body.set(part, this.#bodyBytes);
    this.#bodyBytes = needed;
  }
}

const REASON_OF = new Map<unknown, Refusal>(
  (Object.entries(REFUSALS) as [Refusal, number][]).map(([reason, n]) => [n, reason]),
);

function toCbor(message: SyncMessage): Cbor {
  switch (message.type) {
    case "pull":
      return [
        TYPES.pull,
        SYNC_VERSION,
        idToBytes(message.teamId),
        writeIds(message.heads),
        writeIds(message.sample),
      ];
    case "next":
      return [TYPES.next];
    case "refused":
      return [TYPES.refused, REFUSALS[message.reason]];
    case "page":
      return [TYPES.page, message.commands, message.more ? 1 : 0];
    case "level":
      return [TYPES.level, writeIds(message.heads)];
    case "subscribe":
      return [TYPES.subscribe, idToBytes(message.teamId)];
    case "heads":
      return [TYPES.heads, idToBytes(message.teamId), writeIds(message.heads)];
  }
}

function readTeam(value: Cbor | undefined): TeamId {
  if (!isIdBytes(value)) throw new DecodeError("bad-team");
  return idFromBytes(value);
}

function writeIds(ids: readonly CommandId[]): Uint8Array[] {
  return ids.map(idToBytes).sort(compareBytes);
}

function readIds(value: Cbor | undefined, countMax: number): CommandId[] {
  if (!Array.isArray(value)) throw new DecodeError("bad-ids");
  if (value.length > countMax) throw new DecodeError("too-many-ids");
  const items = value as readonly Cbor[];
  return items.map((item, i) => {
    if (!isIdBytes(item)) throw new DecodeError("bad-ids");
    if (i > 0 && compareBytes(items[i - 1] as Uint8Array, item) >= 0) throw new DecodeError("unsorted-ids");
    return idFromBytes<CommandId>(item);
  });
}

function readCommands(value: Cbor | undefined): Uint8Array[] {
  if (!Array.isArray(value)) throw new DecodeError("bad-commands");
  if (value.length === 0) throw new DecodeError("empty-page");
  let bytes = 0;
  return (value as readonly Cbor[]).map((item) => {
    if (!(item instanceof Uint8Array)) throw new DecodeError("bad-commands");
    if (item.length <= ED25519_SIGNATURE_BYTES) throw new DecodeError("command-too-short");
    if (item.length > LIMITS.commandBytesMax) throw new DecodeError("command-too-long");
    bytes += item.length;
    if (bytes > LIMITS.syncPageBytesMax) throw new DecodeError("page-too-long");
    return item;
  });
}

function expectLength(fields: readonly Cbor[], length: number): void {
  if (fields.length !== length) throw new DecodeError("bad-message");
}
