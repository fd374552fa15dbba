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
const EMPTY: Uint8Array = new Uint8Array();

/** From `from` on, which is the beginning of a line, to where the file ends now. */
export function* linesOf(file: OpenFile, from = 0): Generator<RawLine, void, undefined> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  // One byte more than a line may have, so that a longer one shows.
  const keptMax = LIMITS.auditLineBytesMax + 1;
  let kept = EMPTY;
  let lineAt = from;
  for (let at = from; ;) {
    const length = readUpTo(file, chunk, at);
    const read = chunk.subarray(0, length);
    let begin = 0;
    for (;;) {
      const end = read.indexOf(LINE_FEED, begin);
      const until = Math.min(end === -1 ? length : end, begin + keptMax - kept.length);
      // A file may hold a line end in each of its bytes: nothing is made for an empty line.
      if (until > begin) kept = concat(kept, read.subarray(begin, until));
      if (end === -1) break;
      yield { bytes: kept, offset: lineAt, isEnded: true };
      kept = EMPTY;
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
