/**
 * What is in the log of a team. All numbers big-endian.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   0 |              magic, 8 bytes: 41 45 54 45 41 4d 0d 0a          |
 *     |                         ("AETEAM\r\n")                        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   8 |                          version = 1                          |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  12 |                       team id, 32 bytes                       |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  44 |                   CRC-32C of bytes 0 to 43                    |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  48 then any number of records:
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   0 |                    length, 1 to 2112                          |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   4 |                CRC-32C of the length and the bytes            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   8 |                       bytes, `length` of them                 |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * Every version keeps the 48 bytes of the header, so an older program can say what it met. An unknown version, and the
 * log of another team, are refused and left alone. No record is empty, so a run of zeros is never one.
 */
import { assert } from "../base/assert.ts";
import { readU32 } from "../base/big-endian.ts";
import { equalBytes } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import { StoreError } from "../base/errors.ts";
import { ID_BYTES, idFromBytes, idToBytes } from "../base/ids.ts";
import type { TeamId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import { readUpTo } from "./files.ts";
import type { OpenFile } from "./files.ts";

const MAGIC = Uint8Array.of(0x41, 0x45, 0x54, 0x45, 0x41, 0x4d, 0x0d, 0x0a);
const VERSION = 1;
const VERSION_AT = 8;
const TEAM_AT = 12;
const HEADER_CRC_AT = TEAM_AT + ID_BYTES;
export const HEADER_BYTES = HEADER_CRC_AT + 4;

const RECORD_CRC_AT = 4;
export const RECORD_HEADER_BYTES = 8;
/** A command and its signature. */
export const RECORD_BYTES_MAX = LIMITS.commandBytesMax + 64;

/** Read at a time, and the most that is held. At least one record with its header. */
const CHUNK_BYTES = 256 * 1024;
/** Checksumming in search of a record behind a bad one: beyond this it counts as found, which loses nothing. */
const SEARCH_BYTES_MAX = 64 * 1024 * 1024;

/** What can be a record at all; anything else is a mistake of ours, since commands are checked before they get here. */
export function assertRecord(record: Uint8Array): void {
  assert(record.length > 0 && record.length <= RECORD_BYTES_MAX, "a record has 1 to RECORD_BYTES_MAX bytes");
}

/** A file as it was at one size, a bounded part of it at a time. */
export class Window {
  readonly #file: OpenFile;
  readonly #size: number;
  /** What was read last, from `#start` on. Never read into again: what was given out of it stays as it is. */
  #buffer = new Uint8Array(0);
  #start = 0;

  constructor(file: OpenFile, size: number) {
    this.#file = file;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** Undefined where the file does not reach that far. Shares memory with what else is read nearby. */
  at(offset: number, length: number): Uint8Array | undefined {
    if (offset + length > this.#size) return undefined;
    if (offset < this.#start || offset + length > this.#start + this.#buffer.length) {
      const buffer = new Uint8Array(Math.min(CHUNK_BYTES, this.#size - offset));
      this.#start = offset;
      this.#buffer = buffer.subarray(0, readUpTo(this.#file, buffer, offset));
      if (length > this.#buffer.length) return undefined;
    }
    const from = offset - this.#start;
    return this.#buffer.subarray(from, from + length);
  }

  /** Big-endian; undefined where the file does not reach that far. */
  uint32At(offset: number): number | undefined {
    const from = offset - this.#start;
    const bytes = from >= 0 && from + 4 <= this.#buffer.length ? this.#buffer : this.at(offset, 4);
    return bytes && readU32(bytes, bytes === this.#buffer ? from : 0);
  }
}

export function encodeHeader(teamId: TeamId): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  header.set(MAGIC);
  view.setUint32(VERSION_AT, VERSION);
  header.set(idToBytes(teamId), TEAM_AT);
  view.setUint32(HEADER_CRC_AT, crc32c(header.subarray(0, HEADER_CRC_AT)));
  return header;
}

/** False for damage. A sound header that is not for us throws: such a file is nobody's to set aside. */
export function headerIsWhole(header: Uint8Array, teamId: TeamId, path: string): boolean {
  if (header.length < HEADER_BYTES || !equalBytes(header.subarray(0, MAGIC.length), MAGIC)) return false;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (view.getUint32(HEADER_CRC_AT) !== crc32c(header.subarray(0, HEADER_CRC_AT))) return false;
  const version = view.getUint32(VERSION_AT);
  if (version !== VERSION) {
    throw new StoreError(
      "unknown-version",
      `${path} has format version ${version}, this program knows ${VERSION}; use the newer program that wrote it`,
    );
  }
  const found = idFromBytes<TeamId>(header.subarray(TEAM_AT, TEAM_AT + ID_BYTES));
  if (found !== teamId) {
    throw new StoreError("wrong-team", `${path} is the log of team ${found}, not ${teamId}; move it back`);
  }
  return true;
}

export function encodeRecords(records: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const bytes of records) length += RECORD_HEADER_BYTES + bytes.length;
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  let at = 0;
  for (const bytes of records) {
    const end = at + RECORD_HEADER_BYTES + bytes.length;
    view.setUint32(at, bytes.length);
    out.set(bytes, at + RECORD_HEADER_BYTES);
    view.setUint32(at + RECORD_CRC_AT, recordCrc(out.subarray(at, end)));
    at = end;
  }
  return out;
}

/** Skips the checksum's own four bytes. */
function recordCrc(record: Uint8Array): number {
  return crc32c(record, crc32c(record, 0, 0, RECORD_CRC_AT), RECORD_HEADER_BYTES);
}

/** The record's bytes, as `Window.at`; undefined unless a whole one with the right checksum begins there. */
export function recordAt(window: Window, offset: number): Uint8Array | undefined {
  const length = lengthAt(window, offset);
  if (length === undefined) return undefined;
  const record = window.at(offset, RECORD_HEADER_BYTES + length);
  if (record === undefined) return undefined;
  return readU32(record, RECORD_CRC_AT) === recordCrc(record)
    ? record.subarray(RECORD_HEADER_BYTES)
    : undefined;
}

/** Undefined for what cannot be a length. */
function lengthAt(window: Window, offset: number): number | undefined {
  const length = window.uint32At(offset);
  return length !== undefined && length > 0 && length <= RECORD_BYTES_MAX ? length : undefined;
}

/** Whether a whole record begins anywhere behind the bad one at `bad`: then this is no torn tail. */
export function isFollowedByRecord(window: Window, bad: number): boolean {
  let searched = 0;
  for (let at = bad + 1; at + RECORD_HEADER_BYTES < window.size; at++) {
    const length = lengthAt(window, at);
    if (length === undefined) continue;
    searched += length;
    if (searched > SEARCH_BYTES_MAX || recordAt(window, at) !== undefined) return true;
  }
  return false;
}
