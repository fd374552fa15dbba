/**
 * The chain as it is written: each line gets its place, every so many are sealed, and a full file is followed by the next. Where
 * there are no files the chain is only told, for whoever keeps what the daemon logs.
 *
 * What throws is the disk, and then the line is in neither file nor chain: open it anew.
 */
import { fromHex, toHex } from "../base/bytes.ts";
import { LIMITS } from "../base/limits.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import type { AuditFiles } from "./files.ts";
import { boundedEntry, CHAIN_START, encodeLine, hashOfLine, lineAfter } from "./line.ts";
import type { AuditDetail, AuditEntry, AuditHead, AuditLine, AuditTimes } from "./line.ts";
import { SEAL, sealAfter } from "./seal.ts";
import type { SealCause, SealingKeys } from "./seal.ts";

export interface JournalOptions {
  readonly suite: CipherSuite;
  readonly files: AuditFiles | undefined;
  /** Undefined while the device has none. */
  readonly keys: () => SealingKeys | undefined;
  /** Of each line that is written; of a seal once it is durable, with where the chain stands after it. */
  readonly told: (line: Uint8Array, sealed: AuditHead | undefined) => void;
}

/** A seal fits behind what a file has room for. */
const SEAL_BYTES_MAX = 1024;

interface Link {
  readonly line: AuditLine;
  readonly bytes: Uint8Array;
  readonly head: AuditHead;
}

export class AuditJournal {
  readonly #options: JournalOptions;
  #head: AuditHead;
  #unsealed: number;
  #isSynced = true;
  /** The last file was left as it is because of this. */
  #damage: AuditDetail | undefined;

  constructor(options: JournalOptions, times: AuditTimes) {
    this.#options = options;
    this.#head = options.files?.head ?? CHAIN_START;
    this.#unsealed = options.files?.unsealed ?? 0;
    const { torn, damage } = options.files?.found ?? {};
    if (damage !== undefined) {
      const { file, line, offset, code, after } = damage;
      this.#damage = { damaged: file, line, offset, code, after: toHex(after) };
    }
    if (torn !== undefined)
      this.record({ who: "daemon", act: "audit.torn", outcome: "cut", detail: torn }, times);
  }

  get head(): AuditHead {
    return this.#head;
  }

  /** Lines since the last seal. */
  get unsealed(): number {
    return this.#unsealed;
  }

  record(entry: AuditEntry, times: AuditTimes): void {
    const bounded = boundedEntry(entry);
    let link = this.#link(this.#head, lineAfter(this.#head, bounded, times));
    const { files } = this.#options;
    if (files !== undefined && !files.hasRoomFor(link.bytes.length + 1 + SEAL_BYTES_MAX)) {
      this.#beginFile(files, times);
      link = this.#link(this.#head, lineAfter(this.#head, bounded, times));
    }
    this.#append(link);
    this.#unsealed++;
    if (this.#unsealed >= LIMITS.auditLinesPerSealMax) this.seal("lines", times);
  }

  /** Durable, with all before it. Without keys, or where nothing is to be sealed, nothing happens. */
  seal(cause: SealCause, times: AuditTimes): void {
    const { suite } = this.#options;
    const keys = this.#options.keys();
    if (keys === undefined || this.#unsealed === 0) return;
    const link = this.#link(this.#head, sealAfter(suite, keys, this.#head, cause, times));
    this.#append(link, () => this.sync());
    this.#unsealed = 0;
  }

  sync(): void {
    if (this.#isSynced) return;
    this.#options.files?.sync();
    this.#isSynced = true;
  }

  close(): void {
    this.#options.files?.close();
  }

  #append(link: Link, thenSync?: () => void): void {
    const { files, told } = this.#options;
    files?.append(link.bytes);
    this.#head = link.head;
    this.#isSynced = files === undefined;
    thenSync?.();
    told(link.bytes, link.line.act === SEAL ? link.head : undefined);
  }

  /** Says where the chain stands, from where on lines are kept, and whether the file before is damaged; sealed at once. */
  #beginFile(files: AuditFiles, times: AuditTimes): void {
    const { suite, told } = this.#options;
    const next = files.next(this.#head.seq + 1);
    const detail = { ...next, ...this.#damage };
    const outcome = this.#damage === undefined ? "done" : "damaged";
    const entry = { who: "daemon", act: "audit.file", outcome, detail };
    const links = [this.#link(this.#head, lineAfter(this.#head, entry, times))];
    const [first] = links;
    const keys = this.#options.keys();
    if (keys !== undefined) {
      links.push(this.#link(first!.head, sealAfter(suite, keys, first!.head, "file", times)));
    }
    files.begin(
      next,
      links.map(({ bytes }) => bytes),
    );
    this.#damage = undefined;
    this.#head = links.at(-1)!.head;
    this.#unsealed = keys === undefined ? this.#unsealed + 1 : 0;
    this.#isSynced = true;
    for (const { bytes, line, head } of links) told(bytes, line.act === SEAL ? head : undefined);
  }

  #link(head: AuditHead, line: AuditLine): Link {
    const bytes = encodeLine(line);
    const hash = hashOfLine(this.#options.suite, fromHex(line.prev)!, bytes);
    return { line, bytes, head: { seq: head.seq + 1, hash } };
  }
}
