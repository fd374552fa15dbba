/** A file of lines read in bounded memory, whatever is in it. */
import { LIMITS } from "../base/limits.ts";
import { concat } from "../base/bytes.ts";
import { readUpTo } from "../store/files.ts";
import type { OpenFile } from "../store/files.ts";

export interface RawLine {
  /** Without its line end; of one that is longer than a line may be, the beginning. */
  readonly bytes: Uint8Array;
  /** Where in the file it begins. */
  readonly offset: number;
  /** False for what is behind the last line end. */
  readonly isEnded: boolean;
}

const CHUNK_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

/** From `from` on, which is the beginning of a line, to where the file ends now. */
export function* linesOf(file: OpenFile, from = 0): Generator<RawLine, void, undefined> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  // One byte more than a line may have, so that a longer one shows.
  const keptMax = LIMITS.auditLineBytesMax + 1;
  let kept: Uint8Array = new Uint8Array();
  let lineAt = from;
  for (let at = from; ;) {
    const length = readUpTo(file, chunk, at);
    let begin = 0;
    for (;;) {
      const end = chunk.subarray(0, length).indexOf(LINE_FEED, begin);
      const part = chunk.subarray(begin, end === -1 ? length : end);
      kept = concat(kept, part.subarray(0, Math.max(0, keptMax - kept.length)));
      if (end === -1) break;
      yield { bytes: kept, offset: lineAt, isEnded: true };
      kept = new Uint8Array();
      begin = end + 1;
      lineAt = at + begin;
    }
    at += length;
    if (length < CHUNK_BYTES) {
      if (at > lineAt) yield { bytes: kept, offset: lineAt, isEnded: false };
      return;
    }
  }
}
