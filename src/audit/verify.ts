/**
 * Whether lines are what a device wrote: each follows from the one before, the seals among them are the device's, and none is
 * missing at the beginning that nothing says was removed. In bounded memory, whatever is in the files.
 *
 * What no look at the lines themselves can show is that lines behind the last seal were cut off or changed: for that a head that
 * was noted elsewhere is compared. A power cut too can leave lines in disorder there. Where the device found that itself at its next
 * start, and its next file says so, it is told apart: it proves no more, and no less, than that lines without a seal were lost.
 */
import { equalBytes, fromHex, toHex } from "../base/bytes.ts";
import { DecodeError } from "../base/errors.ts";
import type { DeviceId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { CHAIN_START, hashOfLine, readLine } from "./line.ts";
import type { AuditHead, AuditLine } from "./line.ts";
import type { RawLine } from "./reading.ts";
import { SEAL, signerOf } from "./seal.ts";

export interface VerifyOptions {
  readonly suite: CipherSuite;
  /** Whose seals they are to be; else those of whoever sealed first. */
  readonly deviceId?: DeviceId | undefined;
  /** Noted elsewhere: hash, number of the line, or both. */
  readonly noted?: { readonly hash?: Uint8Array | undefined; readonly seq?: number | undefined } | undefined;
  /** Lines before the first need not be accounted for. */
  readonly isPart?: boolean | undefined;
}

export type FindingCode =
  | "bad-line"
  | "out-of-sequence"
  | "broken-chain"
  | "bad-seal"
  | "other-device"
  | "unsealed-stretch"
  | "no-seal"
  | "beginning-missing"
  | "torn"
  | "head-missing"
  | "no-lines";

export interface Finding {
  readonly code: FindingCode;
  readonly file?: string;
  /** In the file, from 1. */
  readonly line?: number;
  readonly seq?: number;
  readonly message: string;
}

export interface Verification {
  readonly isSound: boolean;
  readonly lines: number;
  readonly from?: { readonly seq: number; readonly at: number };
  readonly to?: { readonly seq: number; readonly at: number };
  /** Of the last line. */
  readonly head?: string;
  readonly seals: number;
  /** Number of the last line that is under a seal that holds. */
  readonly sealedTo?: number;
  /** Lines behind that. */
  readonly unsealed: number;
  readonly deviceId?: DeviceId;
  /** Bytes behind the last line end of the last file: of a line being written, or cut by a power cut. */
  readonly tornBytes: number;
  /** Lost behind a seal, and told by the device itself in its next file: what a power cut leaves. */
  readonly damages: readonly Finding[];
  /** The first of them, of very many. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
}

/** A seal stands behind the lines it counts, and a file begins with one of its own. */
const UNSEALED_MAX = LIMITS.auditLinesPerSealMax + 4;

export class AuditVerifier {
  readonly #options: VerifyOptions;
  readonly #findings: Finding[] = [];
  /** Since the last seal: to become findings, or damages. */
  #pending: Finding[] = [];
  #pendingCount = 0;
  /** Hash of the line before the first of them. */
  #disorderAfter: Uint8Array | undefined;
  /** What a line calls lost that is not under a seal yet. */
  #claimed: Finding[] = [];
  #claimedCount = 0;
  readonly #damages: Finding[] = [];
  #findingCount = 0;
  #file = "";
  #lineInFile = 0;
  #torn: { readonly file: string; readonly bytes: number } | undefined;
  #lines = 0;
  #head: AuditHead | undefined;
  #from: AuditLine | undefined;
  #to: AuditLine | undefined;
  #seals = 0;
  #sealedTo: number | undefined;
  #sinceSeal = 0;
  #deviceId: DeviceId | undefined;
  #isNotedSeen = false;
  /** What the last line that began a file says is kept; and the same once it is under a seal. */
  #keptFrom: number | undefined;
  #sealedKeptFrom: number | undefined;

  constructor(options: VerifyOptions) {
    this.#options = options;
    this.#deviceId = options.deviceId;
  }

  /** Files come in order. */
  beginFile(name: string): void {
    this.#settleTorn();
    this.#file = name;
    this.#lineInFile = 0;
  }

  add({ bytes, offset, isEnded }: RawLine, fileBytes: number): void {
    this.#lineInFile++;
    if (!isEnded) {
      this.#torn = { file: this.#file, bytes: fileBytes - offset };
      return;
    }
    const line = readLine(bytes);
    if (line instanceof DecodeError) {
      this.#find("bad-line", `no line of an audit log (${line.message})`);
      return;
    }
    this.#lines++;
    const follows = this.#follows(line);
    const prev = fromHex(line.prev)!;
    const before = { seq: line.seq - 1, hash: prev };
    if (this.#from === undefined) this.#note(before);
    this.#from ??= line;
    this.#to = line;
    this.#head = { seq: line.seq, hash: hashOfLine(this.#options.suite, prev, bytes) };
    this.#note(this.#head);
    if (line.act === "audit.file") this.#keptFrom = numberOf(line, "keptFrom");
    if (line.act === "audit.file" && line.outcome === "damaged" && follows) this.#claimLost(line);
    if (line.act === SEAL) this.#seal(line, follows);
    else if (++this.#sinceSeal === UNSEALED_MAX && this.#seals > 0) {
      this.#find(
        "unsealed-stretch",
        `more than ${LIMITS.auditLinesPerSealMax} lines without a seal`,
        line.seq,
      );
    }
  }

  finish(): Verification {
    if (this.#seals === 0) this.#acceptClaimed();
    this.#commitPending();
    const from = this.#from;
    if (from === undefined) this.#find("no-lines", "there is no line");
    else this.#checkBeginning(from);
    const { deviceId, noted } = this.#options;
    if (from !== undefined && deviceId !== undefined && this.#seals === 0) {
      this.#find("no-seal", "no seal of that device is in it: anybody could have written it");
    }
    if (noted !== undefined && !this.#isNotedSeen) {
      this.#find(
        "head-missing",
        "the head noted elsewhere is not in it: lines were cut off, or written anew",
      );
    }
    return {
      isSound: this.#findingCount === 0,
      lines: this.#lines,
      ...(from !== undefined && { from: { seq: from.seq, at: from.at } }),
      ...(this.#to !== undefined && { to: { seq: this.#to.seq, at: this.#to.at } }),
      ...(this.#head !== undefined && { head: toHex(this.#head.hash) }),
      seals: this.#seals,
      ...(this.#sealedTo !== undefined && { sealedTo: this.#sealedTo }),
      unsealed: this.#sinceSeal,
      ...(this.#deviceId !== undefined && this.#seals > 0 && { deviceId: this.#deviceId }),
      tornBytes: this.#torn?.bytes ?? 0,
      damages: this.#damages,
      findings: this.#findings,
      findingCount: this.#findingCount,
    };
  }

  #follows(line: AuditLine): boolean {
    const head = this.#head;
    if (head === undefined) {
      if (line.seq > 1 || equalBytes(fromHex(line.prev)!, CHAIN_START.hash)) return true;
      this.#find("broken-chain", "the first line follows from another", line.seq);
      return false;
    }
    if (line.seq !== head.seq + 1) {
      this.#find("out-of-sequence", `line ${line.seq} comes after line ${head.seq}`, line.seq);
      return false;
    }
    if (equalBytes(fromHex(line.prev)!, head.hash)) return true;
    this.#find(
      "broken-chain",
      `line ${head.seq} is not the one that line ${line.seq} follows from`,
      line.seq,
    );
    return false;
  }

  #seal(line: AuditLine, follows: boolean): void {
    const signer = signerOf(this.#options.suite, line);
    const isDevices = signer !== undefined && signer === (this.#deviceId ?? signer);
    if (isDevices && this.#pendingCount === 0) this.#acceptClaimed();
    this.#commitPending();
    if (signer === undefined) {
      this.#find("bad-seal", "a seal whose signature does not hold", line.seq);
      return;
    }
    this.#deviceId ??= signer;
    if (signer !== this.#deviceId) {
      this.#find("other-device", `a seal of the device ${signer}, not of ${this.#deviceId}`, line.seq);
      return;
    }
    this.#seals++;
    this.#sinceSeal = 0;
    if (!follows) return;
    this.#sealedTo = line.seq;
    this.#sealedKeptFrom = this.#keptFrom;
  }

  /** What is gone from the beginning was removed to make room, and a sealed line says so. */
  #checkBeginning({ seq }: AuditLine): void {
    if (seq === 1 || this.#options.isPart === true) return;
    const keptFrom = this.#seals > 0 ? this.#sealedKeptFrom : this.#keptFrom;
    if (keptFrom !== undefined && seq <= keptFrom) return;
    this.#find(
      "beginning-missing",
      `lines 1 to ${seq - 1} are missing, and no sealed line says they were removed`,
    );
  }

  #note(head: AuditHead): void {
    const { noted } = this.#options;
    if (noted === undefined) return;
    const sameSeq = noted.seq === undefined || noted.seq === head.seq;
    const sameHash = noted.hash === undefined || equalBytes(noted.hash, head.hash);
    if (sameSeq && sameHash) this.#isNotedSeen = true;
  }

  /** Only at the very end may a line be unfinished. */
  #settleTorn(): void {
    if (this.#torn === undefined) return;
    const { file, bytes } = this.#torn;
    this.#torn = undefined;
    this.#find("torn", `${bytes} bytes behind the last line of ${file}, which is not the last file`);
  }

  #find(code: FindingCode, message: string, seq?: number): void {
    let told = this.#findings;
    if (DISORDER.includes(code)) {
      this.#pendingCount++;
      this.#disorderAfter ??= (this.#head ?? CHAIN_START).hash;
      told = this.#pending;
    } else {
      this.#findingCount++;
    }
    if (told.length >= LIMITS.auditFindingsMax) return;
    const place = this.#file === "" ? {} : { file: this.#file, line: this.#lineInFile };
    const isOfLine = !OF_ALL.includes(code);
    told.push({ code, ...(isOfLine && place), ...(seq !== undefined && { seq }), message });
  }

  #commitPending(): void {
    const room = LIMITS.auditFindingsMax - this.#findings.length;
    this.#findings.push(...[...this.#claimed, ...this.#pending].slice(0, room));
    this.#findingCount += this.#claimedCount + this.#pendingCount;
    this.#forgetClaimed();
    this.#forgetPending();
  }

  /** The line says after which one the disorder begins: another one is none of it, but was made since. */
  #claimLost(line: AuditLine): void {
    const after = line.detail?.["after"];
    if (this.#pendingCount === 0 || after !== toHex(this.#disorderAfter!)) return;
    const room = LIMITS.auditFindingsMax - this.#claimed.length;
    this.#claimed.push(...this.#pending.slice(0, room));
    this.#claimedCount += this.#pendingCount;
    this.#forgetPending();
  }

  #acceptClaimed(): void {
    const room = LIMITS.auditFindingsMax - this.#damages.length;
    this.#damages.push(...this.#claimed.slice(0, room));
    this.#forgetClaimed();
  }

  #forgetClaimed(): void {
    this.#claimed = [];
    this.#claimedCount = 0;
  }

  #forgetPending(): void {
    this.#pending = [];
    this.#pendingCount = 0;
    this.#disorderAfter = undefined;
  }
}

/** About no line alone. */
const OF_ALL: readonly FindingCode[] = ["beginning-missing", "no-seal", "head-missing", "no-lines"];
/** What a power cut may leave of lines that were not durable, as somebody may who changes them. */
const DISORDER: readonly FindingCode[] = ["bad-line", "out-of-sequence", "broken-chain", "torn"];

function numberOf(line: AuditLine, name: string): number | undefined {
  const value = line.detail?.[name];
  return typeof value === "number" ? value : undefined;
}
