/**
 * What `channel cat` says over a reliable channel, so that the receiver knows all of it arrived, and the sender that it was
 * written. One frame a message; numbers are big-endian.
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-------------------------------------------------
 *  |    type 0     |  bytes of the stream, 1 to 65535 …               sender: the next piece
 *  +-+-+-+-+-+-+-+-+-------------------------------------------------
 *  |    type 1     |  length, 8 bytes  |  SHA-256 of all, 32 bytes    sender: that was all
 *  +-+-+-+-+-+-+-+-+-------------------------------------------------
 *  |    type 2     |  SHA-256 of all, 32 bytes                        receiver: and it is where it should be
 *  +-+-+-+-+-+-+-+-+-------------------------------------------------
 *
 * Anything else is refused. A later version will have other types.
 */
import { concat } from "../../base/bytes.ts";
import { DecodeError } from "../../base/errors.ts";

const TYPE = { piece: 0, end: 1, receipt: 2 } as const;
const DIGEST_BYTES = 32;
const LENGTH_BYTES = 8;

/** With its type a piece fits 64 KiB, which AFC carries best. */
export const PIECE_BYTES_MAX = 65_535;

export type CatFrame =
  | { readonly type: "piece"; readonly bytes: Uint8Array }
  | { readonly type: "end"; readonly length: number; readonly digest: Uint8Array }
  | { readonly type: "receipt"; readonly digest: Uint8Array };

export function encodeCatFrame(frame: CatFrame): Uint8Array {
  const type = Uint8Array.of(TYPE[frame.type]);
  if (frame.type === "piece") return concat(type, frame.bytes);
  if (frame.type === "receipt") return concat(type, frame.digest);
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setBigUint64(0, BigInt(frame.length));
  return concat(type, length, frame.digest);
}

/** `bytes` of a piece alias the message. Throws `DecodeError`. */
export function decodeCatFrame(message: Uint8Array): CatFrame {
  const type = message[0];
  const bytes = message.subarray(1);
  if (type === TYPE.piece) {
    if (bytes.length === 0 || bytes.length > PIECE_BYTES_MAX) throw new DecodeError("bad-length", 1);
    return { type: "piece", bytes };
  }
  if (type === TYPE.end) {
    if (bytes.length !== LENGTH_BYTES + DIGEST_BYTES) throw new DecodeError("bad-length", 1);
    const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
    if (length > BigInt(Number.MAX_SAFE_INTEGER)) throw new DecodeError("bad-length", 1);
    return { type: "end", length: Number(length), digest: Uint8Array.from(bytes.subarray(LENGTH_BYTES)) };
  }
  if (type === TYPE.receipt) {
    if (bytes.length !== DIGEST_BYTES) throw new DecodeError("bad-length", 1);
    return { type: "receipt", digest: Uint8Array.from(bytes) };
  }
  throw new DecodeError(type === undefined ? "truncated" : "unknown-type");
}
