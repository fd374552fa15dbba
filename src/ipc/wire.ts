/**
 * The Unix socket's bytes, both ways. Integers are big-endian. The version is agreed in the first exchange (`hello`);
 * unknown frame types end the connection.
 *
 *    0               1               2               3               4               5
 *   +---------------+---------------+---------------+---------------+---------------+--------------
 *   | length: bytes after this field, 1 to ipcFrameBytesMax          | type          | body …
 *   +---------------+---------------+---------------+---------------+---------------+--------------
 *
 *   type                  sender   body
 *   1 control             both     CBOR. Client: request [ id, method, params ].
 *                                  Daemon: answer [ id, error | null, result ], event [ 0, topic, body ].
 *   2 send-data           client   u32 id | channel id 32 | u32 timeoutMs | message
 *   3 send-data answers   daemon   each u32 first id | u32 count | u8 acknowledged: 0 or 1, one or more
 *                                  (a refusal is a control answer)
 *   4 received data       daemon   channel id 32 | message                (after the event `channel`)
 *   5 credit              client   u32 bytes | u32 messages | u32 effects (added to what is left)
 *   6 answer part         daemon   CBOR [ id, items ]: the first items of a list whose rest comes later
 *
 * Ids of requests are 1 to 2^32 - 1, chosen by the client, free again once answered. An error is
 * [ code number, message, fields ]. Topics: `effect`, `channel` (metadata, once, before the channel's first message),
 * `channelGone`.
 */
import { readU32, writeU32 } from "../base/big-endian.ts";
import { copyBytes, equalAt } from "../base/bytes.ts";
import { DecodeError } from "../base/errors.ts";
import { ID_BYTES, idBytesOf, idFromBytes } from "../base/ids.ts";
import type { ChannelId } from "../base/ids.ts";
import { encodeControl } from "./cbor.ts";

export const FRAME = {
  control: 1,
  sendData: 2,
  sendDataAnswers: 3,
  receivedData: 4,
  credit: 5,
  answerPart: 6,
} as const;

export const LENGTH_BYTES = 4;
export const HEADER_BYTES = LENGTH_BYTES + 1;
export const REQUEST_ID_MAX = 2 ** 32 - 1;

/** An event carries this where an answer carries its request's id. No request has it. */
export const EVENT_ID = 0;

const SEND_DATA_BYTES = 4 + ID_BYTES + 4;
const RANGE_BYTES = 4 + 4 + 1;
const CREDIT_BYTES = 3 * 4;

/** Where frames are written to, one behind the other. */
export interface FrameSink {
  /** The memory of the last `reserve`; another `reserve` may change it. */
  readonly buffer: Uint8Array;
  /** Makes room for that many bytes and returns where in `buffer` it begins. The caller must write all of them. */
  reserve(bytes: number): number;
}

/** The body of a frame: the bytes of `buffer` from `start` to `end`. Decoders of it throw `DecodeError`. */
interface Body {
  readonly buffer: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Writes the header and returns where the body begins. */
function begin(to: FrameSink, type: number, bodyBytes: number): number {
  const at = to.reserve(HEADER_BYTES + bodyBytes);
  writeU32(to.buffer, at, 1 + bodyBytes);
  to.buffer[at + LENGTH_BYTES] = type;
  return at + HEADER_BYTES;
}

function requireBytes({ start, end }: Body, bytes: number): void {
  if (end - start < bytes) throw new DecodeError("truncated", end - start);
}

function requestId(b: Uint8Array, at: number): number {
  const id = readU32(b, at);
  if (id === EVENT_ID) throw new DecodeError("bad-id");
  return id;
}

/** Reads channel ids. Remembers the last: nearly always the next frame is of the same channel. */
export class ChannelReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #channelId: ChannelId | undefined;

  read(b: Uint8Array, at: number): ChannelId {
    if (this.#channelId !== undefined && equalAt(b, at, this.#bytes)) return this.#channelId;
    const bytes = copyBytes(b, at, at + ID_BYTES);
    this.#channelId = idFromBytes<ChannelId>(bytes);
    this.#bytes = bytes;
    return this.#channelId;
  }
}

export function encodeControlFrame(message: readonly unknown[]): Uint8Array {
  return controlFrame(FRAME.control, message);
}

export function encodeAnswerPart(id: number, items: readonly unknown[]): Uint8Array {
  return controlFrame(FRAME.answerPart, [id, items]);
}

function controlFrame(type: number, message: readonly unknown[]): Uint8Array {
  const body = encodeControl(message);
  const frame = new Uint8Array(HEADER_BYTES + body.length);
  writeU32(frame, 0, 1 + body.length);
  frame[LENGTH_BYTES] = type;
  frame.set(body, HEADER_BYTES);
  return frame;
}

export function writeSendData(
  to: FrameSink,
  id: number,
  channelId: ChannelId,
  timeoutMs: number,
  message: Uint8Array,
): void {
  const at = begin(to, FRAME.sendData, SEND_DATA_BYTES + message.length);
  const { buffer } = to;
  writeU32(buffer, at, id);
  buffer.set(idBytesOf(channelId), at + 4);
  writeU32(buffer, at + 4 + ID_BYTES, timeoutMs);
  buffer.set(message, at + SEND_DATA_BYTES);
}

export interface SendDataHeader {
  readonly id: number;
  readonly channelId: ChannelId;
  readonly timeoutMs: number;
  /** Where in the buffer the message begins; it ends with the body. */
  readonly messageAt: number;
}

export function readSendData(body: Body, channels: ChannelReader): SendDataHeader {
  requireBytes(body, SEND_DATA_BYTES);
  const { buffer, start } = body;
  return {
    id: requestId(buffer, start),
    channelId: channels.read(buffer, start + 4),
    timeoutMs: readU32(buffer, start + 4 + ID_BYTES),
    messageAt: start + SEND_DATA_BYTES,
  };
}

/** The same answer to `count` messages with consecutive ids. */
export interface SendDataAnswers {
  readonly first: number;
  readonly count: number;
  readonly acknowledged: boolean;
}

export function writeSendDataAnswers(to: FrameSink, ranges: readonly SendDataAnswers[]): void {
  let at = begin(to, FRAME.sendDataAnswers, ranges.length * RANGE_BYTES);
  for (const { first, count, acknowledged } of ranges) {
    writeU32(to.buffer, at, first);
    writeU32(to.buffer, at + 4, count);
    to.buffer[at + 8] = acknowledged ? 1 : 0;
    at += RANGE_BYTES;
  }
}

export function readSendDataAnswers(body: Body): SendDataAnswers[] {
  const { buffer, start, end } = body;
  requireBytes(body, RANGE_BYTES);
  if ((end - start) % RANGE_BYTES !== 0) throw new DecodeError("truncated", end - start);
  const ranges: SendDataAnswers[] = [];
  for (let at = start; at < end; at += RANGE_BYTES) {
    const first = requestId(buffer, at);
    const count = readU32(buffer, at + 4);
    if (count === 0 || first + count - 1 > REQUEST_ID_MAX) throw new DecodeError("bad-range", at - start);
    const acknowledged = buffer[at + 8]!;
    if (acknowledged > 1) throw new DecodeError("bad-boolean", at + 8 - start);
    ranges.push({ first, count, acknowledged: acknowledged === 1 });
  }
  return ranges;
}

export function writeReceivedData(to: FrameSink, channelId: ChannelId, message: Uint8Array): void {
  const at = begin(to, FRAME.receivedData, ID_BYTES + message.length);
  to.buffer.set(idBytesOf(channelId), at);
  to.buffer.set(message, at + ID_BYTES);
}

export interface ReceivedDataHeader {
  readonly channelId: ChannelId;
  readonly messageAt: number;
}

export function readReceivedData(body: Body, channels: ChannelReader): ReceivedDataHeader {
  requireBytes(body, ID_BYTES);
  const { buffer, start } = body;
  return { channelId: channels.read(buffer, start), messageAt: start + ID_BYTES };
}

/** How much more the daemon may send unasked. */
export interface Credit {
  readonly bytes: number;
  readonly messages: number;
  readonly effects: number;
}

export function writeCredit(to: FrameSink, m: Credit): void {
  const at = begin(to, FRAME.credit, CREDIT_BYTES);
  writeU32(to.buffer, at, m.bytes);
  writeU32(to.buffer, at + 4, m.messages);
  writeU32(to.buffer, at + 8, m.effects);
}

export function readCredit(body: Body): Credit {
  requireBytes(body, CREDIT_BYTES);
  const { buffer, start, end } = body;
  if (end - start > CREDIT_BYTES) throw new DecodeError("trailing-bytes", CREDIT_BYTES);
  return {
    bytes: readU32(buffer, start),
    messages: readU32(buffer, start + 4),
    effects: readU32(buffer, start + 8),
  };
}
