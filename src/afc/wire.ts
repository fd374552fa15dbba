/**
 * AFC on UDP, version 1. Every datagram starts with the same four bytes; the length is the datagram's own, so that a
 * buffer of several merged by the kernel (UDP GRO) can be split. Big-endian; u64 below 2^53. What is reserved is zero
 * and refused otherwise; unknown types, versions and lengths are dropped without an answer.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *
 *   Message 1, initiator to responder: 256 to 1200 bytes, a multiple of 16
 *   +---------------+---------------+-------------------------------+
 *   |    type 1     |   version 1   |     length of the datagram    |
 *   +---------------+---------------+-------------------------------+
 *   |   index the initiator wants to be answered at                 |
 *   +---------------------------------------------------------------+
 *   |   Noise IK message 1: e (32), sealed s (48), sealed offer     |
 *   +---------------------------------------------------------------+
 *   |   mac1 (16): HMAC-SHA-256 of all before it, cut to 16 bytes,  |
 *   |   key SHA-256(label "afc-mac1", responder's encryption key)   |
 *   +---------------------------------------------------------------+
 *   |   mac2 (16): the same over all before it, keyed with the      |
 *   |   responder's latest cookie; zero without one                 |
 *   +---------------------------------------------------------------+
 *
 *   The Noise prologue is the label "afc", the responder's device id (32) and the first 8 bytes of message 1.
 *
 *   Offer, padded with zeros to the length of the datagram
 *   +---------------+---------------+-------------------------------+
 *   |   delivery    |  reserved     |  ciphers, preferred first,    |  delivery 1 reliable, 2 unreliable
 *   +---------------+---------------+-------------------------------+
 *   |  four in all, then zeros      |  length of the payload        |
 *   +-------------------------------+-------------------------------+
 *   |  payload: the host's, at most 1056 bytes                      |
 *   +---------------------------------------------------------------+
 *
 *   Message 2, responder to initiator: 88 bytes
 *   +---------------+---------------+-------------------------------+
 *   |    type 2     |   version 1   |     length of the datagram    |
 *   +---------------+---------------+-------------------------------+
 *   |   the initiator's index                                       |
 *   +---------------------------------------------------------------+
 *   |   Noise IK message 2: e (32), sealed answer (16 + 16)         |
 *   +---------------------------------------------------------------+
 *   |   mac1 (16), keyed with the initiator's encryption key        |
 *   +---------------------------------------------------------------+
 *
 *   Answer
 *   +---------------+---------------+-------------------------------+
 *   |   verdict     |    cipher     |  reason                       |  verdict 1: accepted, reason 0
 *   +---------------+---------------+-------------------------------+  verdict 2: refused, the rest 0
 *   |   index the responder wants to be answered at                 |
 *   +---------------------------------------------------------------+
 *   |   reserved (8)                                                |
 *   +---------------------------------------------------------------+
 *
 *   Cookie, responder to initiator where it is under load: 72 bytes
 *   +---------------+---------------+-------------------------------+
 *   |    type 3     |   version 1   |     length of the datagram    |
 *   +---------------+---------------+-------------------------------+
 *   |   the initiator's index                                       |
 *   +---------------------------------------------------------------+
 *   |   salt (32), random                                           |
 *   +---------------------------------------------------------------+
 *   |   cookie (16) sealed (16) by ChaCha20-Poly1305, nonce zero,   |
 *   |   key SHA-256(label "afc-cookie", mac1's key, salt), with     |
 *   |   mac1 of message 1 as associated data                        |
 *   +---------------------------------------------------------------+
 *
 *   Datagram: 32 bytes and its plaintext, at most 1472. The 16 bytes of header are the associated data
 *   +---------------+---------------+-------------------------------+
 *   |    type 4     |   key phase   |     length of the datagram    |  phase modulo 256
 *   +---------------+---------------+-------------------------------+
 *   |   receiver's index                                            |
 *   +---------------------------------------------------------------+
 *   |   sequence number (u64); nonce: four zero bytes and these     |
 *   +---------------------------------------------------------------+
 *   |   ciphertext of one frame, tag (16)                           |
 *   +---------------------------------------------------------------+
 *
 *   Frame, inside the ciphertext
 *   +---------------+-----------------------------------------------+
 *   |    type 1     |  a packet of dgram-reliability                |  MESSAGE frames of the channel's delivery only
 *   +---------------+-----------------------------------------------+
 *   |    type 2     |  ping: token (8), zeros up to any length      |  asks for a pong with the token
 *   +---------------+-----------------------------------------------+
 *   |    type 3     |  pong: token (8)                              |
 *   +---------------+-----------------------------------------------+
 *   |    type 4     |  close: reason (u16)                          |  the sender's keys are gone
 *   +---------------+-----------------------------------------------+
 *   |    type 5     |  rekey 1: Noise IK message 1 (100)            |  from the channel's initiator
 *   +---------------+-----------------------------------------------+
 *   |    type 6     |  rekey 2: Noise IK message 2 (52)             |  from its responder
 *   +---------------+-----------------------------------------------+
 *
 *   Rekey: the Noise prologue is the label "afc-rekey" and the hash of the handshake before; the payload of each message
 *   is the index (4) its sender wants to be addressed by under the new keys. The cipher stays, and sequence numbers go on.
 *
 * Keys: Noise's Split gives each direction a chain key. HKDF(chain key, salt empty, info label "afc-rotate" and the
 * cipher's number, 64 bytes) is the next chain key and the datagram key of a phase; phase 0 is the first derivation.
 */
import { readU16, readU32, readU64, writeU32, writeU64 } from "../base/big-endian.ts";
import { DecodeError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { AEADS, AEAD_TAG_BYTES } from "../crypto/cipher-suite.ts";
import type { AeadName } from "../crypto/cipher-suite.ts";
import { NOISE_1_OVERHEAD_BYTES, NOISE_2_OVERHEAD_BYTES } from "./noise.ts";

export const VERSION = 1;
export const TYPE = { message1: 1, message2: 2, cookie: 3, datagram: 4 } as const;
export const FRAME = { reliability: 1, ping: 2, pong: 3, close: 4, rekey1: 5, rekey2: 6 } as const;
export const DELIVERY = { reliable: 1, unreliable: 2 } as const;
export type Delivery = keyof typeof DELIVERY;

export const HANDSHAKE_HEADER_BYTES = 8;
export const MAC_BYTES = 16;
const OFFER_HEADER_BYTES = 8;
const OFFERED_CIPHERS_MAX = 4;
const ANSWER_BYTES = 16;
const MESSAGE_1_OVERHEAD_BYTES =
  HANDSHAKE_HEADER_BYTES + NOISE_1_OVERHEAD_BYTES + OFFER_HEADER_BYTES + 2 * MAC_BYTES;
export const MESSAGE_1_BYTES_MIN = 256;
const MESSAGE_1_STEP_BYTES = 16;
export const MESSAGE_2_BYTES = HANDSHAKE_HEADER_BYTES + NOISE_2_OVERHEAD_BYTES + ANSWER_BYTES + MAC_BYTES;

export const COOKIE_SALT_BYTES = 32;
export const COOKIE_BYTES = HANDSHAKE_HEADER_BYTES + COOKIE_SALT_BYTES + MAC_BYTES + AEAD_TAG_BYTES;

/** The longest host payload of a handshake: what one message 1 holds. */
export const handshakePayloadBytesMax = LIMITS.datagramBytesMax - MESSAGE_1_OVERHEAD_BYTES;

export const DATAGRAM_HEADER_BYTES = 16;
export const DATAGRAM_BYTES_MIN = DATAGRAM_HEADER_BYTES + 1 + AEAD_TAG_BYTES;
/** Header, tag, and the type of the frame: what a datagram has besides a packet of reliability. */
export const DATAGRAM_OVERHEAD_BYTES = DATAGRAM_HEADER_BYTES + 1 + AEAD_TAG_BYTES;
export const PLAINTEXT_BYTES_MAX = LIMITS.datagramBytesProbedMax - DATAGRAM_HEADER_BYTES - AEAD_TAG_BYTES;
/** Until the path was found to take more. */
export const PACKET_BYTES_MAX = LIMITS.datagramBytesMax - DATAGRAM_OVERHEAD_BYTES;
export const PING_BYTES = 9;
export const CLOSE_BYTES = 3;
const REKEY_PAYLOAD_BYTES = 4;
export const REKEY_1_BYTES = 1 + NOISE_1_OVERHEAD_BYTES + REKEY_PAYLOAD_BYTES;
export const REKEY_2_BYTES = 1 + NOISE_2_OVERHEAD_BYTES + REKEY_PAYLOAD_BYTES;

/**
 * No number at or above this seals anything: the channel is closed before. At a million datagrams a second that is 285
 * years away.
 */
export const SEQUENCE_MAX = 2 ** 53 - 2 ** 16;

/**
 * The longest application message. Memory for a reliable one is lent (`Loans`); an unreliable one has no credit to wait for,
 * and memory for it is every channel's own.
 */
export const messageBytesMax: Readonly<Record<Delivery, number>> = {
  reliable: LIMITS.channelMessageBytesMax,
  unreliable: LIMITS.channelUnreliableMessageBytesMax,
};

export interface Offer {
  readonly delivery: Delivery;
  /** Preferred first. */
  readonly ciphers: readonly AeadName[];
  readonly payload: Uint8Array;
}

/** Padded so that the whole of message 1 has a permitted length. */
export function encodeOffer(offer: Offer): Uint8Array {
  if (offer.payload.length > handshakePayloadBytesMax) throw new RangeError("handshake payload too long");
  const datagramBytes = message1Bytes(offer.payload.length);
  const out = new Uint8Array(datagramBytes - MESSAGE_1_OVERHEAD_BYTES + OFFER_HEADER_BYTES);
  out[0] = DELIVERY[offer.delivery];
  offer.ciphers.forEach((name, i) => (out[2 + i] = AEADS[name]));
  out[6] = offer.payload.length >>> 8;
  out[7] = offer.payload.length;
  out.set(offer.payload, OFFER_HEADER_BYTES);
  return out;
}

/** Ciphers this version does not know are left out; there may be none left. @throws DecodeError */
export function decodeOffer(bytes: Uint8Array): Offer {
  if (bytes.length < OFFER_HEADER_BYTES) throw new DecodeError("truncated", bytes.length);
  const delivery = DELIVERIES[bytes[0]!];
  if (delivery === undefined) throw new DecodeError("bad-delivery", 0);
  if (bytes[1] !== 0) throw new DecodeError("reserved", 1);
  const ciphers: AeadName[] = [];
  const numbers = bytes.subarray(2, 2 + OFFERED_CIPHERS_MAX);
  let ended = false;
  numbers.forEach((n, i) => {
    if (n === 0) ended = true;
    else if (ended || numbers.indexOf(n) !== i) throw new DecodeError("bad-ciphers", 2 + i);
    const name = aeadFromNumber(n);
    if (name !== undefined) ciphers.push(name);
  });
  const length = (bytes[6]! << 8) | bytes[7]!;
  const end = OFFER_HEADER_BYTES + length;
  if (end > bytes.length) throw new DecodeError("truncated", bytes.length);
  if (message1Bytes(length) !== bytes.length + MESSAGE_1_OVERHEAD_BYTES - OFFER_HEADER_BYTES) {
    throw new DecodeError("bad-padding", end);
  }
  for (let i = end; i < bytes.length; i++) if (bytes[i] !== 0) throw new DecodeError("bad-padding", i);
  return { delivery, ciphers, payload: bytes.slice(OFFER_HEADER_BYTES, end) };
}

export type Answer =
  | { readonly accepted: true; readonly cipher: AeadName; readonly index: number }
  | { readonly accepted: false; readonly reason: number };

export function encodeAnswer(answer: Answer): Uint8Array {
  const out = new Uint8Array(ANSWER_BYTES);
  const view = new DataView(out.buffer);
  if (answer.accepted) {
    out[0] = 1;
    out[1] = AEADS[answer.cipher];
    view.setUint32(4, answer.index);
  } else {
    out[0] = 2;
    view.setUint16(2, answer.reason);
  }
  return out;
}

/** @throws DecodeError */
export function decodeAnswer(bytes: Uint8Array): Answer {
  if (bytes.length < ANSWER_BYTES) throw new DecodeError("truncated", bytes.length);
  if (bytes.length > ANSWER_BYTES) throw new DecodeError("trailing-bytes", ANSWER_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const reason = view.getUint16(2);
  const index = view.getUint32(4);
  if (view.getUint32(8) !== 0 || view.getUint32(12) !== 0) throw new DecodeError("reserved", 8);
  if (bytes[0] === 1) {
    const cipher = aeadFromNumber(bytes[1]!);
    if (cipher === undefined || reason !== 0) throw new DecodeError("bad-answer", 1);
    return { accepted: true, cipher, index };
  }
  if (bytes[0] !== 2 || bytes[1] !== 0 || index !== 0) throw new DecodeError("bad-answer", 0);
  return { accepted: false, reason };
}

/** The type of a datagram whose first four bytes hold together; undefined for what is to be dropped. */
export function datagramType(bytes: Uint8Array): number | undefined {
  if (bytes.length < DATAGRAM_BYTES_MIN || bytes.length > LIMITS.datagramBytesProbedMax) return undefined;
  if (((bytes[2]! << 8) | bytes[3]!) !== bytes.length) return undefined;
  const type = bytes[0]!;
  if (type === TYPE.datagram) return type;
  if (bytes[1] !== VERSION) return undefined;
  if (type === TYPE.message1) {
    return bytes.length >= MESSAGE_1_BYTES_MIN && bytes.length % MESSAGE_1_STEP_BYTES === 0
      ? type
      : undefined;
  }
  if (type === TYPE.message2) return bytes.length === MESSAGE_2_BYTES ? type : undefined;
  if (type === TYPE.cookie) return bytes.length === COOKIE_BYTES ? type : undefined;
  return undefined;
}

/** How long the datagram that begins at `at` says it is; 0 where none can begin there. For buffers of several. */
export function datagramLengthAt(bytes: Uint8Array, at: number): number {
  if (bytes.length - at < DATAGRAM_BYTES_MIN) return 0;
  const length = readU16(bytes, at + 2);
  return length >= DATAGRAM_BYTES_MIN && length <= LIMITS.datagramBytesProbedMax ? length : 0;
}

export function writeHandshakeHeader(out: Uint8Array, type: number, length: number, index: number): void {
  out[0] = type;
  out[1] = VERSION;
  out[2] = length >>> 8;
  out[3] = length;
  writeU32(out, 4, index);
}

/** Of the datagram, of message 1 the initiator's own, of message 2 the initiator's: always at the same place. */
export function indexOf(datagram: Uint8Array): number {
  return readU32(datagram, 4);
}

export function writeDatagramHeader(
  out: Uint8Array,
  phase: number,
  length: number,
  index: number,
  sequence: number,
): void {
  out[0] = TYPE.datagram;
  out[1] = phase;
  out[2] = length >>> 8;
  out[3] = length;
  writeU32(out, 4, index);
  writeU64(out, 8, sequence);
}

/** Undefined from 2^53 on: it would not be exact. */
export function sequenceOf(datagram: Uint8Array): number | undefined {
  return readU64(datagram, 8);
}

export function encodeIndex(index: number): Uint8Array {
  const out = new Uint8Array(REKEY_PAYLOAD_BYTES);
  writeU32(out, 0, index);
  return out;
}

/** Undefined for anything but four bytes. */
export function decodeIndex(bytes: Uint8Array): number | undefined {
  return bytes.length === REKEY_PAYLOAD_BYTES ? readU32(bytes, 0) : undefined;
}

/** Bytes of message 1 for a host payload of this length. */
export function message1Bytes(payloadBytes: number): number {
  const bytes = MESSAGE_1_OVERHEAD_BYTES + payloadBytes;
  return Math.max(MESSAGE_1_BYTES_MIN, Math.ceil(bytes / MESSAGE_1_STEP_BYTES) * MESSAGE_1_STEP_BYTES);
}

const DELIVERIES: readonly (Delivery | undefined)[] = [undefined, "reliable", "unreliable"];

function aeadFromNumber(n: number): AeadName | undefined {
  return (Object.keys(AEADS) as AeadName[]).find((name) => AEADS[name] === n);
}
