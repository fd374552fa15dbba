/** The two handshake datagrams around Noise: header, prologue, MACs. No state but Noise's. */
import { concat } from "../base/bytes.ts";
import { DecodeError } from "../base/errors.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { DOMAIN } from "../crypto/domain.ts";
import { mac, mac1Key, macHolds } from "./mac.ts";
import { Initiator, Responder, eraseSplitKeys } from "./noise.ts";
import type { KeyPair, SplitKeys } from "./noise.ts";
import {
  HANDSHAKE_HEADER_BYTES,
  MAC_BYTES,
  MESSAGE_2_BYTES,
  TYPE,
  decodeAnswer,
  decodeOffer,
  encodeAnswer,
  encodeOffer,
  message1Bytes,
  writeHandshakeHeader,
} from "./wire.ts";
import type { Answer, Offer } from "./wire.ts";

/** Ourselves, as far as handshakes go. */
export interface Local {
  readonly suite: CipherSuite;
  readonly staticKey: KeyPair;
  /** 32 bytes. */
  readonly deviceId: Uint8Array;
  readonly mac1Key: Uint8Array;
}

export interface Started {
  readonly initiator: Initiator;
  /** Without mac2. */
  readonly datagram: Uint8Array;
  readonly peerMac1Key: Uint8Array;
}

/** Undefined where the peer's key is of low order. */
export function writeMessage1(
  local: Local,
  peer: { readonly key: Uint8Array; readonly deviceId: Uint8Array },
  index: number,
  ephemeralSecret: Uint8Array,
  offer: Offer,
): Started | undefined {
  const datagram = new Uint8Array(message1Bytes(offer.payload.length));
  writeHandshakeHeader(datagram, TYPE.message1, datagram.length, index);
  const prologue = prologueOf(peer.deviceId, datagram);
  const started = Initiator.start(
    local.suite,
    prologue,
    local.staticKey,
    peer.key,
    ephemeralSecret,
    encodeOffer(offer),
  );
  if (started === undefined) return undefined;
  datagram.set(started.message, HANDSHAKE_HEADER_BYTES);
  const mac1At = datagram.length - 2 * MAC_BYTES;
  const peerMac1Key = mac1Key(local.suite, peer.key);
  datagram.set(mac(local.suite, peerMac1Key, datagram.subarray(0, mac1At)), mac1At);
  return { initiator: started.initiator, datagram, peerMac1Key };
}

/** One hash, no curve: what a stranger can make us spend. */
export function mac1Holds(local: Local, type: number, datagram: Uint8Array): boolean {
  const macs = type === TYPE.message1 ? 2 : 1;
  return macHolds(local.suite, local.mac1Key, datagram, datagram.length - macs * MAC_BYTES);
}

/** After `mac1Holds`; mac2 is not looked at. Undefined where it was not made for us or holds no offer. */
export function readMessage1(
  local: Local,
  datagram: Uint8Array,
): { readonly responder: Responder; readonly offer: Offer } | undefined {
  const read = Responder.start(
    local.suite,
    prologueOf(local.deviceId, datagram),
    local.staticKey,
    datagram.subarray(HANDSHAKE_HEADER_BYTES, datagram.length - 2 * MAC_BYTES),
  );
  if (read === undefined) return undefined;
  const offer = decoded(decodeOffer, read.payload);
  if (offer === undefined) {
    read.responder.erase();
    return undefined;
  }
  return { responder: read.responder, offer };
}

/** Uses up `responder`. Undefined where the initiator's ephemeral key is of low order. */
export function writeMessage2(
  local: Local,
  responder: Responder,
  initiatorIndex: number,
  ephemeralSecret: Uint8Array,
  answer: Answer,
): { readonly datagram: Uint8Array; readonly keys: SplitKeys } | undefined {
  const finished = responder.finish(ephemeralSecret, encodeAnswer(answer));
  if (finished === undefined) return undefined;
  const datagram = new Uint8Array(MESSAGE_2_BYTES);
  writeHandshakeHeader(datagram, TYPE.message2, datagram.length, initiatorIndex);
  datagram.set(finished.message, HANDSHAKE_HEADER_BYTES);
  const at = MESSAGE_2_BYTES - MAC_BYTES;
  const key = mac1Key(local.suite, responder.initiatorStatic);
  datagram.set(mac(local.suite, key, datagram.subarray(0, at)), at);
  return { datagram, keys: finished.keys };
}

/** After `mac1Holds`. Undefined where it is not the answer to our message 1: `initiator` stays as it was. */
export function readMessage2(
  initiator: Initiator,
  datagram: Uint8Array,
): { readonly answer: Answer; readonly keys: SplitKeys } | undefined {
  const finished = initiator.finish(datagram.subarray(HANDSHAKE_HEADER_BYTES, MESSAGE_2_BYTES - MAC_BYTES));
  if (finished === undefined) return undefined;
  const answer = decoded(decodeAnswer, finished.payload);
  if (answer !== undefined) return { answer, keys: finished.keys };
  eraseSplitKeys(finished.keys);
  return undefined;
}

function prologueOf(responderDeviceId: Uint8Array, message1: Uint8Array): Uint8Array {
  return concat(DOMAIN.afcProtocol, responderDeviceId, message1.subarray(0, HANDSHAKE_HEADER_BYTES));
}

/** An authentic peer that sends nonsense is treated like one that is not authentic. */
function decoded<T>(decode: (bytes: Uint8Array) => T, bytes: Uint8Array): T | undefined {
  try {
    return decode(bytes);
  } catch (e) {
    if (e instanceof DecodeError) return undefined;
    throw e;
  }
}
