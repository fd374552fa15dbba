/** Logs made in memory: a device from a seed, a clock that counts. */
import { AuditFiles } from "../../../src/audit/files.ts";
import { AuditJournal } from "../../../src/audit/journal.ts";
import type { AuditEntry, AuditHead } from "../../../src/audit/line.ts";
import { linesOf } from "../../../src/audit/reading.ts";
import type { SealingKeys } from "../../../src/audit/seal.ts";
import { AuditVerifier } from "../../../src/audit/verify.ts";
import type { Verification, VerifyOptions } from "../../../src/audit/verify.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";
import { keysFromSeed } from "../../support/world.ts";

export const suite = nodeSuite();
export const device = keysFromSeed(suite, "device");
export const other = keysFromSeed(suite, "other");
export const DIRECTORY = "/audit";

export const entry = (n: number): AuditEntry => ({
  who: "client:1 uid:1000 pid:7",
  act: "call.createLabel",
  team: "a-team",
  outcome: n % 3 === 0 ? "LabelExists" : "done",
  detail: { label: `label ${n}` },
});

let up = 0;
export const times = (): { at: number; up: number } => ({ at: 1_700_000_000_000, up: ++up });

export interface Opened {
  readonly journal: AuditJournal;
  readonly files: AuditFiles;
  /** Heads told with seals. */
  readonly heads: AuditHead[];
}

export function openJournal(
  disk: FaultyFiles,
  options: { bytesMax?: number; keys?: SealingKeys | undefined } = {},
): Opened {
  const { bytesMax = 64 * 1024 } = options;
  const keys = "keys" in options ? options.keys : device;
  const files = AuditFiles.open(disk, DIRECTORY, suite, bytesMax);
  const heads: AuditHead[] = [];
  const told = (_line: Uint8Array, sealed: AuditHead | undefined): void => {
    if (sealed !== undefined) heads.push(sealed);
  };
  return { journal: new AuditJournal({ suite, files, keys: () => keys, told }, times()), files, heads };
}

/** A disk with a log of so many lines, sealed at its end. */
export function logOf(count: number, options: { bytesMax?: number } = {}): FaultyFiles {
  const disk = new FaultyFiles();
  const { journal } = openJournal(disk, options);
  for (let n = 0; n < count; n++) journal.record(entry(n), times());
  journal.seal("stop", times());
  journal.close();
  return disk;
}

export function names(disk: FaultyFiles): string[] {
  return disk.list(DIRECTORY).sort((a, b) => Number(/\d+/.exec(a)?.[0]) - Number(/\d+/.exec(b)?.[0]));
}

/** Of all files together. */
export function text(disk: FaultyFiles): string {
  return names(disk)
    .map((name) => Buffer.from(disk.contents(`${DIRECTORY}/${name}`)).toString("latin1"))
    .join("");
}

/** As `aranya-edge audit verify` does it. */
export function verifyDisk(disk: FaultyFiles, options: Partial<VerifyOptions> = {}): Verification {
  const verifier = new AuditVerifier({ suite, deviceId: device.deviceId, ...options });
  for (const name of names(disk)) {
    const path = `${DIRECTORY}/${name}`;
    verifier.beginFile(name);
    const file = disk.open(path, "read");
    for (const line of linesOf(file)) verifier.add(line, file.size());
    file.close();
  }
  return verifier.finish();
}

export function verifyText(log: string | Uint8Array, options: Partial<VerifyOptions> = {}): Verification {
  const disk = new FaultyFiles();
  disk.makeDirectory(DIRECTORY);
  disk.put(`${DIRECTORY}/audit-1.jsonl`, typeof log === "string" ? Buffer.from(log, "latin1") : log);
  return verifyDisk(disk, options);
}

export const codes = (found: Verification): string[] => [...new Set(found.findings.map(({ code }) => code))];
