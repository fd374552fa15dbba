/**
 * One packet, the plaintext of one datagram. Its packet number is not in it: the carrier supplies a number that only
 * grows and never comes twice (in AFC the authenticated sequence number), so it is not paid for a second time.
 *
 * A packet is one or more frames back to back up to its end. Frames other than MESSAGE come first, each at most once, in
 * ascending order of type; MESSAGE frames follow, in any number and order. Big-endian. u64 stay below 2^53. Unknown types
 * are refused: the version is negotiated by the carrier.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *
 *   ACK, 18 + 8 n bytes: selective acknowledgement of packet numbers; older runs may be left out
 *   +---------------+
 *   |    type 1     |
 *   +---------------+-----------------------------------------------+
 *   |              largest packet number received (u64)             |
 *   +---------------------------------------------------------------+
 *   |   microseconds since it was received (u32), capped            |
 *   +---------------+-----------------------------------------------+
 *   | further runs n|   n at most 31
 *   +---------------+-----------------------------------------------+
 *   |   length of the run that ends at the largest (u32, >= 1)      |
 *   +---------------------------------------------------------------+
 *   |   n times, downwards: missing (u32, >= 1), received (u32, >= 1)
 *   +---------------------------------------------------------------+
 *
 *   CREDIT, 17 bytes: what reliable messages may be outstanding
 *   +---------------+-----------------------------------------------+
 *   |    type 2     |  every id below this is finished with (u64)   |
 *   +---------------+-----------------------------------------------+
 *   |   messages beyond it that may be sent (u32)                   |
 *   +---------------------------------------------------------------+
 *   |   bytes in all of them together (u32)                         |
 *   +---------------------------------------------------------------+
 *
 *   FORWARD, 9 bytes: the sender has given up the reliable messages below this id that have not arrived
 *   +---------------+-----------------------------------------------+
 *   |    type 3     |  message id (u64)                             |
 *   +---------------+-----------------------------------------------+
 *
 *   PING, 1 byte: asks for an acknowledgement and carries nothing
 *   +---------------+
 *   |    type 4     |
 *   +---------------+
 *
 *   BLOCKED, 5 bytes: the next reliable message would exceed what CREDIT allows
 *   +---------------+-----------------------------------------------+
 *   |    type 8     |  its length (u32)                             |
 *   +---------------+-----------------------------------------------+
 *
 *   MESSAGE, 19 bytes and the fragment: reliable in order (type 5), unreliable (6), reliable out of order (7). Ids are
 *   counted from 0 upwards, those of type 6 apart from those of 5 and 7 together
 *   +---------------+-----------------------------------------------+
 *   | type 5, 6, 7  |  message id (u64)                             |
 *   +---------------+-----------------------------------------------+
 *   |   offset of this fragment (u32)                               |
 *   +---------------------------------------------------------------+
 *   |   length of the whole message (u32)                           |
 *   +-------------------------------+-------------------------------+
 *   |   length of the fragment (u16)|  fragment ...
 *   +-------------------------------+
 *
 * Until CREDIT arrives each side may send `INITIAL_CREDIT`. A message counts whole, from its first fragment on. The CREDIT in
 * the packet with the highest number counts; a packet that goes beyond what was granted counts as not received.
 *
 * Fragments of one message may repeat and, where the sender cut it anew, overlap; they agree in type, length and bytes.
 * Within one packet they do not overlap.
 */
import { assert } from "../base/assert.ts";
import { readU16, readU32, readU64, writeU32, writeU64 } from "../base/big-endian.ts";
import { DecodeError } from "../base/errors.ts";

export const FRAME = {
  ack: 1,
  credit: 2,
  forward: 3,
  ping: 4,
  reliable: 5,
  unreliable: 6,
  unordered: 7,
  blocked: 8,
} as const;

export const ACK_BYTES = 18;
export const ACK_RUN_BYTES = 8;
export const ACK_FURTHER_RUNS_MAX = 31;
export const CREDIT_BYTES = 17;
export const FORWARD_BYTES = 9;
export const PING_BYTES = 1;
export const BLOCKED_BYTES = 5;
export const MESSAGE_HEADER_BYTES = 19;

export const INITIAL_CREDIT = { messages: 32, bytes: 64 * 1024 } as const;

/** Of packets and messages: 2^53 - 1. A carrier has ended or begun anew long before. */
export const NUMBER_MAX = Number.MAX_SAFE_INTEGER;

const U32_MAX = 0xffffffff;

/** Runs of packet numbers, highest first: low, high, low, high … both inclusive. */
export interface Ack {
  readonly delayUs: number;
  readonly runs: readonly number[];
}

export interface Credit {
  readonly finished: number;
  readonly messages: number;
  readonly bytes: number;
}

export interface MessageFrame {
  readonly reliable: boolean;
  /** Handed over in the order of ids; false for unreliable ones. */
  readonly ordered: boolean;
  readonly id: number;
  readonly offset: number;
  readonly total: number;
  /** A view of the packet. */
  readonly fragment: Uint8Array;
}

export interface Packet {
  readonly ack: Ack | undefined;
  readonly credit: Credit | undefined;
  readonly forward: number | undefined;
  readonly blocked: number | undefined;
  readonly messages: readonly MessageFrame[];
  /** Something besides ACK is in it, so its sender waits for an acknowledgement. */
  readonly eliciting: boolean;
}

/** @throws DecodeError for anything but exactly one packet. */
export function decodePacket(bytes: Uint8Array): Packet {
  let ack: Ack | undefined;
  let credit: Credit | undefined;
  let forward: number | undefined;
  let blocked: number | undefined;
  let messages: MessageFrame[] = NO_MESSAGES;
  let eliciting = false;
  let last = -1;
  let at = 0;
  if (bytes.length === 0) throw new DecodeError("truncated", 0);
  while (at < bytes.length) {
    const type = bytes[at]!;
    // MESSAGE frames are one rank, the last: queues of all kinds are emptied into one packet.
    const rank = type >= FRAME.reliable && type <= FRAME.unordered ? MESSAGE_RANK : type;
    if (rank <= last && !(rank === MESSAGE_RANK && last === MESSAGE_RANK)) {
      throw new DecodeError("frame-order", at);
    }
    last = rank;
    eliciting ||= type !== FRAME.ack;
    switch (type) {
      case FRAME.ack: {
        need(bytes, at, ACK_BYTES);
        ack = decodeAck(bytes, at);
        at += ACK_BYTES + ((ack.runs.length >> 1) - 1) * ACK_RUN_BYTES;
        break;
      }
      case FRAME.credit:
        credit = decodeCredit(bytes, at);
        at += CREDIT_BYTES;
        break;
      case FRAME.forward:
        need(bytes, at, FORWARD_BYTES);
        forward = numberAt(bytes, at + 1);
        at += FORWARD_BYTES;
        break;
      case FRAME.ping:
        at += PING_BYTES;
        break;
      case FRAME.blocked:
        need(bytes, at, BLOCKED_BYTES);
        blocked = readU32(bytes, at + 1);
        at += BLOCKED_BYTES;
        break;
      case FRAME.reliable:
      case FRAME.unreliable:
      case FRAME.unordered: {
        const message = decodeMessage(bytes, at);
        if (messages === NO_MESSAGES) messages = [message];
        else messages.push(message);
        at += MESSAGE_HEADER_BYTES + message.fragment.length;
        break;
      }
      default:
        throw new DecodeError("unknown-frame", at);
    }
  }
  return { ack, credit, forward, blocked, messages, eliciting };
}

const NO_MESSAGES: MessageFrame[] = [];
const MESSAGE_RANK = 256;

function decodeAck(bytes: Uint8Array, at: number): Ack {
  const further = bytes[at + 13]!;
  if (further > ACK_FURTHER_RUNS_MAX) throw new DecodeError("ack-runs", at + 13);
  need(bytes, at, ACK_BYTES + further * ACK_RUN_BYTES);
  const runs: number[] = [];
  let high = numberAt(bytes, at + 1);
  let length = readU32(bytes, at + 14);
  for (let i = 0; ; i++) {
    const low = high - length + 1;
    if (length === 0 || low < 0) throw new DecodeError("ack-runs", at + 14 + i * ACK_RUN_BYTES);
    runs.push(low, high);
    if (i === further) break;
    const next = at + ACK_BYTES + i * ACK_RUN_BYTES;
    const missing = readU32(bytes, next);
    if (missing === 0) throw new DecodeError("ack-runs", next);
    high = low - 1 - missing;
    length = readU32(bytes, next + 4);
    if (high < 0) throw new DecodeError("ack-runs", next);
  }
  return { delayUs: readU32(bytes, at + 9), runs };
}

function decodeCredit(bytes: Uint8Array, at: number): Credit {
  need(bytes, at, CREDIT_BYTES);
  return {
    finished: numberAt(bytes, at + 1),
    messages: readU32(bytes, at + 9),
    bytes: readU32(bytes, at + 13),
  };
}

function decodeMessage(bytes: Uint8Array, at: number): MessageFrame {
  need(bytes, at, MESSAGE_HEADER_BYTES);
  const type = bytes[at]!;
  const length = readU16(bytes, at + 17);
  const start = at + MESSAGE_HEADER_BYTES;
  need(bytes, start, length);
  const message: MessageFrame = {
    reliable: type !== FRAME.unreliable,
    ordered: type === FRAME.reliable,
    id: numberAt(bytes, at + 1),
    offset: readU32(bytes, at + 9),
    total: readU32(bytes, at + 13),
    fragment: bytes.subarray(start, start + length),
  };
  if (message.offset + length > message.total) throw new DecodeError("fragment-beyond-message", at + 9);
  // An empty fragment is the whole of an empty message and nothing else.
  if (length === 0 && message.total !== 0) throw new DecodeError("empty-fragment", at + 17);
  return message;
}

/** Writes as many of `runs` as the format holds and returns where the next frame goes. */
export function encodeAck(out: Uint8Array, at: number, runs: readonly number[], delayUs: number): number {
  const further = Math.min((runs.length >> 1) - 1, ACK_FURTHER_RUNS_MAX);
  assert(further >= 0, "an ACK acknowledges something");
  out[at] = FRAME.ack;
  writeU64(out, at + 1, runs[1]!);
  writeU32(out, at + 9, Math.min(Math.max(0, Math.round(delayUs)), U32_MAX));
  out[at + 13] = further;
  writeU32(out, at + 14, Math.min(runs[1]! - runs[0]! + 1, U32_MAX));
  at += ACK_BYTES;
  for (let i = 1; i <= further; i++) {
    writeU32(out, at, Math.min(runs[2 * i - 2]! - runs[2 * i + 1]! - 1, U32_MAX));
    writeU32(out, at + 4, Math.min(runs[2 * i + 1]! - runs[2 * i]! + 1, U32_MAX));
    at += ACK_RUN_BYTES;
  }
  return at;
}

export function ackBytes(runs: readonly number[]): number {
  return ACK_BYTES + Math.min((runs.length >> 1) - 1, ACK_FURTHER_RUNS_MAX) * ACK_RUN_BYTES;
}

export function encodeCredit(out: Uint8Array, at: number, credit: Credit): number {
  out[at] = FRAME.credit;
  writeU64(out, at + 1, credit.finished);
  writeU32(out, at + 9, credit.messages);
  writeU32(out, at + 13, credit.bytes);
  return at + CREDIT_BYTES;
}

export function encodeForward(out: Uint8Array, at: number, id: number): number {
  out[at] = FRAME.forward;
  writeU64(out, at + 1, id);
  return at + FORWARD_BYTES;
}

export function encodePing(out: Uint8Array, at: number): number {
  out[at] = FRAME.ping;
  return at + PING_BYTES;
}

export function encodeBlocked(out: Uint8Array, at: number, messageBytes: number): number {
  out[at] = FRAME.blocked;
  writeU32(out, at + 1, messageBytes);
  return at + BLOCKED_BYTES;
}

/** A whole message, in order if it is reliable, as its only fragment. */
export function encodeMessage(
  out: Uint8Array,
  at: number,
  reliable: boolean,
  id: number,
  message: Uint8Array,
): number {
  const type = reliable ? FRAME.reliable : FRAME.unreliable;
  return encodeFragment(out, at, type, id, message, 0, message.length);
}

/** `length` bytes of a message from `offset` on. */
export function encodeFragment(
  out: Uint8Array,
  at: number,
  type: 5 | 6 | 7,
  id: number,
  message: Uint8Array,
  offset: number,
  length: number,
): number {
  out[at] = type;
  writeU64(out, at + 1, id);
  writeU32(out, at + 9, offset);
  writeU32(out, at + 13, message.length);
  out[at + 17] = length >>> 8;
  out[at + 18] = length;
  out.set(
    length === message.length ? message : message.subarray(offset, offset + length),
    at + MESSAGE_HEADER_BYTES,
  );
  return at + MESSAGE_HEADER_BYTES + length;
}

function need(bytes: Uint8Array, at: number, length: number): void {
  if (bytes.length - at < length) throw new DecodeError("truncated", bytes.length);
}

function numberAt(bytes: Uint8Array, at: number): number {
  const number = readU64(bytes, at);
  if (number === undefined) throw new DecodeError("bad-number", at);
  return number;
}
