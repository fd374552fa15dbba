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
 *   3 send-data answer    daemon   u32 id | u8 acknowledged: 0 or 1       (a refusal is a control answer)
 *   4 received data       daemon   channel id 32 | message                (after the event `channel`)
 *   5 credit              client   u32 bytes | u32 messages | u32 effects (added to what is left)
 *   6 answer part         daemon   CBOR [ id, items ]: the first items of a list whose rest comes later
 *
 * Ids of requests are 1 to 2^32 - 1, chosen by the client, free again once answered. An error is
 * [ code number, message, fields ]. Topics: `effect`, `channel` (metadata, once, before the channel's first message),
 * `channelGone`.
 */
import { concat } from "../base/bytes.ts";
import { DecodeError } from "../base/errors.ts";
import { ID_BYTES, idFromBytes, idToBytes } from "../base/ids.ts";
import type { ChannelId } from "../base/ids.ts";
import { FixedReader } from "../codec/fixed.ts";
import { encodeControl } from "./cbor.ts";

export const FRAME = {
  control: 1,
  sendData: 2,
  sendDataAnswer: 3,
  receivedData: 4,
  credit: 5,
  answerPart: 6,
} as const;

export const LENGTH_BYTES = 4;
export const HEADER_BYTES = LENGTH_BYTES + 1;
export const REQUEST_ID_MAX = 2 ** 32 - 1;

/** Topic ids stand where a request's id would: no request has this one. */
export const EVENT_ID = 0;

function frame(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let bodyBytes = 0;
  for (const part of parts) bodyBytes += part.length;
  return concat(u32s(1 + bodyBytes), Uint8Array.of(type), ...parts);
}

function u32s(...values: readonly number[]): Uint8Array {
  const out = new Uint8Array(4 * values.length);
  const view = new DataView(out.buffer);
  values.forEach((v, i) => view.setUint32(4 * i, v));
  return out;
}

/** Decoders of bodies throw `DecodeError`; what they return aliases the body. */
function whole<T>(body: Uint8Array, read: (r: FixedReader) => T): T {
  const reader = new FixedReader(body);
  const value = read(reader);
  reader.end();
  return value;
}

function requestId(r: FixedReader): number {
  const id = r.u32();
  if (id === EVENT_ID) throw new DecodeError("bad-id", r.offset - 4);
  return id;
}

export function encodeControlFrame(message: readonly unknown[]): Uint8Array {
  return frame(FRAME.control, encodeControl(message));
}

export function encodeAnswerPart(id: number, items: readonly unknown[]): Uint8Array {
  return frame(FRAME.answerPart, encodeControl([id, items]));
}

export interface SendData {
  readonly id: number;
  readonly channelId: ChannelId;
  readonly timeoutMs: number;
  readonly bytes: Uint8Array;
}

export function encodeSendData(m: SendData): Uint8Array {
  return frame(FRAME.sendData, u32s(m.id), idToBytes(m.channelId), u32s(m.timeoutMs), m.bytes);
}

export function decodeSendData(body: Uint8Array): SendData {
  return whole(body, (r) => ({
    id: requestId(r),
    channelId: idFromBytes<ChannelId>(r.bytes(ID_BYTES)),
    timeoutMs: r.u32(),
    bytes: r.rest(),
  }));
}

export interface SendDataAnswer {
  readonly id: number;
  readonly acknowledged: boolean;
}

export function encodeSendDataAnswer(m: SendDataAnswer): Uint8Array {
  return frame(FRAME.sendDataAnswer, u32s(m.id), Uint8Array.of(m.acknowledged ? 1 : 0));
}

export function decodeSendDataAnswer(body: Uint8Array): SendDataAnswer {
  return whole(body, (r) => {
    const id = requestId(r);
    const acknowledged = r.u8();
    if (acknowledged > 1) throw new DecodeError("bad-boolean", r.offset - 1);
    return { id, acknowledged: acknowledged === 1 };
  });
}

export interface ReceivedData {
  readonly channelId: ChannelId;
  readonly bytes: Uint8Array;
}

export function encodeReceivedData(m: ReceivedData): Uint8Array {
  return frame(FRAME.receivedData, idToBytes(m.channelId), m.bytes);
}

export function decodeReceivedData(body: Uint8Array): ReceivedData {
  return whole(body, (r) => ({ channelId: idFromBytes<ChannelId>(r.bytes(ID_BYTES)), bytes: r.rest() }));
}

/** What the daemon may send unasked. */
export interface Credit {
  readonly bytes: number;
  readonly messages: number;
  readonly effects: number;
}

export function encodeCredit(m: Credit): Uint8Array {
  return frame(FRAME.credit, u32s(m.bytes, m.messages, m.effects));
}

export function decodeCredit(body: Uint8Array): Credit {
  return whole(body, (r) => ({ bytes: r.u32(), messages: r.u32(), effects: r.u32() }));
}
