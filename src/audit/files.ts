/**
 * The audit log on disk: `audit-<n>.jsonl`, lines appended to the newest, 0600 in a directory 0700. A quarter of what all may
 * have is what one may have; when it is full the next begins, and the oldest go.
 *
 * What opening finds at the end of the newest file:
 * - **A torn tail**: something behind the last line end. A power cut leaves that of a line nobody was told was durable. It is
 *   cut off.
 * - **Damage**: a line that is none, or does not follow from the one before. No line is ever cut off: the file is left as it
 *   is, and the next begins.
 *
 * The next file is made under another name with its first lines in it, synced and renamed: it is there with them or not at all.
 */
import { equalBytes, fromHex } from "../base/bytes.ts";
import { DecodeError, StoreError } from "../base/errors.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { attempt, ensureDirectory, ignoreErrors, join, writeAll, writeNewFile } from "../store/files.ts";
import type { Files, OpenFile } from "../store/files.ts";
import { CHAIN_START, hashOfLine, readLine } from "./line.ts";
import type { AuditHead, AuditLine } from "./line.ts";
import { linesOf } from "./reading.ts";
import { SEAL } from "./seal.ts";

export interface AuditDamage {
  readonly file: string;
  /** The first bad line of it, from 1, and where it begins. */
  readonly line: number;
  readonly offset: number;
  readonly code: string;
  /** Hash of the line before it: what comes before is as good as that. */
  readonly after: Uint8Array;
}

export interface AuditFound {
  readonly torn?: { readonly file: string; readonly bytes: number };
  readonly damage?: AuditDamage;
}

/** What is to be said of the next file before it begins. */
export interface NextFile {
  readonly file: string;
  /** How many old files go once it is there. */
  readonly removes: number;
  /** Number of the first line kept; where none go, of what was to be kept before: what others took away is missed. */
  readonly keptFrom: number;
}

const NAME = /^audit-([1-9][0-9]{0,8})\.jsonl$/;
/** One that is higher would be read by nobody. The device itself gets there in no lifetime. */
const NUMBER_MAX = 999_999_999;
const NEXT = "audit.jsonl.new";
/** Of the whole: so many full ones are kept, less the one that is being filled. */
const FILES_KEPT = 4;
const LINE_END = Uint8Array.of(0x0a);

/** Names of audit files among others, oldest first. */
export function auditFileNames(names: readonly string[]): string[] {
  const found = names.flatMap((name) => {
    const match = NAME.exec(name);
    return match === null ? [] : [{ name, n: Number(match[1]) }];
  });
  return found.sort((a, b) => a.n - b.n).map(({ name }) => name);
}

export class AuditFiles {
  /** Where the chain stands by the newest file. */
  readonly head: AuditHead;
  readonly found: AuditFound;
  /** Lines behind the last seal of the newest file. */
  readonly unsealed: number;
  readonly #files: Files;
  readonly #directory: string;
  readonly #suite: CipherSuite;
  readonly #bytesMax: number;
  #names: string[];
  #file: OpenFile | undefined;
  #path = "";
  #end = 0;

  /** Makes the directory, and writes nothing else but to cut off a torn tail. Throws `StoreError`. */
  static open(files: Files, directory: string, suite: CipherSuite, bytesMax: number): AuditFiles {
    return attempt("open", directory, () => {
      ensureDirectory(files, directory);
      const status = files.status(directory);
      if (status?.type !== "directory" || status.uid !== files.userId() || (status.mode & 0o077) !== 0) {
        throw new StoreError(
          "audit-not-private",
          `${directory} is to be a directory of the daemon's user that others have no access to; run: chmod 700 ${directory}`,
        );
      }
      return new AuditFiles(files, directory, suite, bytesMax);
    });
  }

  private constructor(files: Files, directory: string, suite: CipherSuite, bytesMax: number) {
    this.#files = files;
    this.#directory = directory;
    this.#suite = suite;
    this.#bytesMax = bytesMax;
    this.#names = auditFileNames(files.list(directory));
    const newest = this.#names.at(-1);
    if (newest === undefined) {
      this.head = CHAIN_START;
      this.found = {};
      this.unsealed = 0;
      return;
    }
    this.#path = join(directory, newest);
    this.#file = files.open(this.#path, "readWrite");
    try {
      const { head, damage, end, size, unsealed } = this.#scan(this.#file, newest);
      this.head = head ?? this.#headBefore(newest);
      this.unsealed = unsealed;
      this.#end = end;
      if (damage !== undefined) {
        this.found = { damage };
        this.#file.close();
        this.#file = undefined;
      } else if (end < size) {
        this.found = { torn: { file: newest, bytes: size - end } };
        this.#file.truncate(end);
        this.#file.sync();
      } else {
        this.found = {};
      }
    } catch (error) {
      ignoreErrors(() => this.#file?.close());
      throw error;
    }
  }

  /** False where the next file has to begin first. */
  hasRoomFor(bytes: number): boolean {
    return this.#file !== undefined && this.#end + bytes <= this.#fileBytesMax;
  }

  /** In the page cache when it returns. On `StoreError` it is not there. */
  append(line: Uint8Array): void {
    const bytes = withLineEnd([line]);
    attempt("append to", this.#path, () => {
      try {
        writeAll(this.#file!, bytes, this.#end);
      } catch (error) {
        ignoreErrors(() => this.#file!.truncate(this.#end));
        throw error;
      }
    });
    this.#end += bytes.length;
  }

  sync(): void {
    attempt("sync", this.#path, () => this.#file?.dataSync());
  }

  /** `seq`: number of the line it will begin with. Throws `StoreError`. */
  next(seq: number): NextFile {
    return attempt("look into", this.#directory, () => this.#next(seq));
  }

  #next(seq: number): NextFile {
    const number = Number(NAME.exec(this.#names.at(-1) ?? "")?.[1] ?? 0) + 1;
    if (number > NUMBER_MAX) {
      throw new StoreError(
        "audit-numbers",
        `${this.#directory} has a file of the highest number; move it away`,
      );
    }
    const sizes = this.#names.map((name) => this.#files.status(join(this.#directory, name))?.size ?? 0);
    let sum = sizes.reduce((a, b) => a + b, this.#fileBytesMax);
    let removes = 0;
    while (removes < sizes.length && sum > this.#bytesMax) sum -= sizes[removes++]!;
    const keptFrom = removes === 0 ? this.#keptFrom() : (this.#firstOf(removes)?.seq ?? seq);
    return { file: `audit-${number}.jsonl`, removes, keptFrom };
  }

  /** The first line of what stays. */
  #firstOf(removes: number): AuditLine | undefined {
    for (const name of this.#names.slice(removes)) {
      const first = this.#firstLine(name);
      if (first !== undefined) return first;
    }
    return undefined;
  }

  /** As the newest file that says so has it. */
  #keptFrom(): number {
    for (const name of this.#names.toReversed()) {
      const first = this.#firstLine(name);
      const keptFrom = first?.act === "audit.file" ? first.detail?.["keptFrom"] : undefined;
      if (typeof keptFrom === "number") return keptFrom;
    }
    return 1;
  }

  /** Durable with these lines, or not there; then what was to be removed is. Throws `StoreError`. */
  begin({ file, removes }: NextFile, lines: readonly Uint8Array[]): void {
    const files = this.#files;
    const path = join(this.#directory, file);
    const temporary = join(this.#directory, NEXT);
    const bytes = withLineEnd(lines);
    attempt("begin", path, () => {
      // What a power cut takes of the file before must not be missing under lines that follow from it.
      this.#file?.dataSync();
      writeNewFile(files, temporary, [bytes]);
      files.rename(temporary, path);
      files.syncDirectory(this.#directory);
      const opened = files.open(path, "readWrite");
      this.#file?.close();
      this.#file = opened;
    });
    this.#path = path;
    this.#end = bytes.length;
    this.#names.push(file);
    for (const name of this.#names.slice(0, removes)) {
      // One that stays for now goes with the next.
      ignoreErrors(() => files.unlink(join(this.#directory, name)));
    }
    if (removes > 0) ignoreErrors(() => files.syncDirectory(this.#directory));
    this.#names = attempt("list", this.#directory, () => auditFileNames(files.list(this.#directory)));
  }

  close(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) attempt("close", this.#path, () => file.close());
  }

  get #fileBytesMax(): number {
    return Math.floor(this.#bytesMax / FILES_KEPT);
  }

  #scan(
    file: OpenFile,
    name: string,
  ): {
    head: AuditHead | undefined;
    damage: AuditDamage | undefined;
    end: number;
    size: number;
    unsealed: number;
  } {
    let head: AuditHead | undefined;
    let damage: AuditDamage | undefined;
    let [end, count, unsealed] = [0, 0, 0];
    const damaged = (line: number, offset: number, code: string): AuditDamage => {
      return { file: name, line, offset, code, after: (head ?? this.#headBefore(name)).hash };
    };
    for (const { bytes, offset, isEnded } of linesOf(file)) {
      if (!isEnded) break;
      end = offset + bytes.length + 1;
      count++;
      const line = readLine(bytes);
      const code = line instanceof DecodeError ? line.code : unlinked(line, head);
      if (code !== undefined) damage ??= damaged(count, offset, code);
      if (line instanceof DecodeError) continue;
      head = this.#headAfter(line, bytes);
      unsealed = line.act === SEAL ? 0 : unsealed + 1;
    }
    const size = file.size();
    // Begun by a rename with whole lines in it: without one it is no leftover of a crash.
    if (count === 0) damage = damaged(1, 0, "empty");
    return { head, damage, end, size, unsealed };
  }

  /** By the files before the newest, which has no whole line. */
  #headBefore(newest: string): AuditHead {
    for (const name of this.#names.toReversed()) {
      if (name === newest) continue;
      let head: AuditHead | undefined;
      this.#eachLine(name, (line, bytes) => (head = this.#headAfter(line, bytes)));
      if (head !== undefined) return head;
    }
    return CHAIN_START;
  }

  #firstLine(name: string): AuditLine | undefined {
    let first: AuditLine | undefined;
    this.#eachLine(name, (line) => {
      first = line;
      return false;
    });
    return first;
  }

  #eachLine(name: string, use: (line: AuditLine, bytes: Uint8Array) => unknown): void {
    const file = this.#files.open(join(this.#directory, name), "read");
    try {
      for (const { bytes } of linesOf(file)) {
        const line = readLine(bytes);
        if (!(line instanceof DecodeError) && use(line, bytes) === false) return;
      }
    } finally {
      file.close();
    }
  }

  #headAfter(line: AuditLine, bytes: Uint8Array): AuditHead {
    return { seq: line.seq, hash: hashOfLine(this.#suite, fromHex(line.prev)!, bytes) };
  }
}

/** Why a line does not follow from the one before it; undefined where it does, or nothing is known of that. */
function unlinked(line: AuditLine, head: AuditHead | undefined): string | undefined {
  if (head === undefined) return undefined;
  if (line.seq !== head.seq + 1) return "out-of-sequence";
  return equalBytes(fromHex(line.prev)!, head.hash) ? undefined : "broken-chain";
}

function withLineEnd(lines: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, 0));
  let at = 0;
  for (const line of lines) {
    bytes.set(line, at);
    bytes.set(LINE_END, at + line.length);
    at += line.length + 1;
  }
  return bytes;
}
