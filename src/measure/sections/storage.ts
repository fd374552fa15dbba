import { closeSync, constants, fdatasyncSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { randomFillSync, randomInt } from "node:crypto";
import { ioOf } from "../process-files.ts";
import type { Bench, Section } from "../section.ts";
import { quantile, quantiles } from "../statistics.ts";

const CHUNK_BYTES = 1024 * 1024;
const BLOCK_BYTES = 4096;
/** As long as a command of the default policy, with its record around it. */
const RECORD_BYTES = 320;
/** The system frees what was written before when it is asked to write more; asked that often, the bound on time holds. */
const SYNC_EVERY_BYTES = 8 * CHUNK_BYTES;

/** The storage below the work directory, with nothing of the product in between. */
export const storage: Section = {
  name: "storage",
  what: "write speed, small durable writes, random reads past the page cache",
  daemons: 0,
  async run(bench) {
    const path = `${bench.rig.directory()}/storage`;
    await sequential(bench, path);
    await randomReads(bench, path);
    await smallWrites(bench, "sync-write", `${BLOCK_BYTES} B written in place and made durable`, path, {
      flags: constants.O_WRONLY,
      bytes: BLOCK_BYTES,
      position: () => BLOCK_BYTES * randomInt(bench.plan.sequentialBytes / BLOCK_BYTES),
    });
    await smallWrites(bench, "append", `${RECORD_BYTES} B appended and made durable`, `${path}-log`, {
      flags: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
      bytes: RECORD_BYTES,
      position: (i) => i * RECORD_BYTES,
    });
  },
};

async function sequential({ rig, plan, add, say }: Bench, path: string): Promise<void> {
  // Nothing a file system could shorten.
  const chunk = randomFillSync(Buffer.alloc(CHUNK_BYTES));
  const file = openSync(path, "wx", 0o600);
  let ms = 0;
  try {
    for (let at = 0; at < plan.sequentialBytes; at += CHUNK_BYTES) {
      say(`storage: writing ${plan.sequentialBytes / CHUNK_BYTES} MiB`);
      chunk.writeUInt32LE(at / CHUNK_BYTES);
      const startedAt = performance.now();
      writeAll(file, chunk, at);
      if ((at + CHUNK_BYTES) % SYNC_EVERY_BYTES === 0) fdatasyncSync(file);
      ms += performance.now() - startedAt;
      await rig.breathe();
    }
    const startedAt = performance.now();
    fsyncSync(file);
    ms += performance.now() - startedAt;
  } finally {
    closeSync(file);
  }
  rig.checkDisk();
  add({
    id: "storage/sequential-write",
    value: (plan.sequentialBytes * 1000) / ms,
    unit: "B/s",
    what: `${plan.sequentialBytes / CHUNK_BYTES} MiB written one after the other and made durable`,
  });
}

/** Writes a full disk cut short. */
function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(file, bytes, done, bytes.length - done, position + done);
  }
}

interface SmallWrites {
  readonly flags: number;
  readonly bytes: number;
  readonly position: (i: number) => number;
}

async function smallWrites(
  bench: Bench,
  name: string,
  what: string,
  path: string,
  { flags, bytes, position }: SmallWrites,
): Promise<void> {
  const { rig, plan, say } = bench;
  const block = randomFillSync(Buffer.alloc(bytes));
  const file = openSync(path, flags, 0o600);
  const times: number[] = [];
  try {
    const until = performance.now() + plan.samplesMs;
    for (let i = 0; i < plan.samples && (times.length < 3 || performance.now() < until); i++) {
      say(`storage: ${what}`);
      const at = position(i);
      const startedAt = performance.now();
      writeAll(file, block, at);
      fdatasyncSync(file);
      times.push(performance.now() - startedAt);
      await rig.breathe();
    }
  } finally {
    closeSync(file);
  }
  addTimes(bench, name, `${what}, ${times.length} times`, times);
}

async function randomReads(bench: Bench, path: string): Promise<void> {
  const { rig, plan, say } = bench;
  const { file, isDirect } = openDirect(path);
  const times: number[] = [];
  const before = ioOf("self")?.read;
  try {
    const block = isDirect
      ? alignedBlock(new Uint8Array(3 * BLOCK_BYTES), (memory) => isReadInto(file, memory))
      : Buffer.alloc(BLOCK_BYTES);
    const until = performance.now() + plan.samplesMs;
    for (let i = 0; i < plan.samples && (times.length < 3 || performance.now() < until); i++) {
      say("storage: random reads");
      const at = BLOCK_BYTES * randomInt(plan.sequentialBytes / BLOCK_BYTES);
      const startedAt = performance.now();
      const length = readSync(file, block, 0, BLOCK_BYTES, at);
      times.push(performance.now() - startedAt);
      if (length !== BLOCK_BYTES) throw new Error("a read came short");
      await rig.breathe();
    }
  } finally {
    closeSync(file);
  }
  const after = ioOf("self")?.read;
  const read = before === undefined || after === undefined ? undefined : after - before;
  const reached = isDirect && (read === undefined || read >= times.length * BLOCK_BYTES);
  const how = !isDirect
    ? "this file system has no O_DIRECT: from the page cache"
    : reached
      ? "O_DIRECT, past the page cache"
      : "O_DIRECT, and yet the kernel counts less read from storage";
  const what = `${BLOCK_BYTES} B read at random in ${plan.sequentialBytes / CHUNK_BYTES} MiB, ${times.length} times`;
  addTimes(bench, "random-read", what, times, how);
}

function openDirect(path: string): { file: number; isDirect: boolean } {
  // 0 on systems without it, and refused by file systems without it.
  try {
    if (constants.O_DIRECT > 0) {
      return { file: openSync(path, constants.O_RDONLY | constants.O_DIRECT), isDirect: true };
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
  }
  return { file: openSync(path, constants.O_RDONLY), isDirect: false };
}

/** What malloc aligns to on 32-bit systems; on others twice that. */
const ALIGNMENT_STEP = 8;

/**
 * Direct reads need memory aligned to the device's blocks, and JavaScript does not see addresses: the first place in `memory`
 * where the kernel takes a block is one. `memory`: three blocks, two of them to look for it.
 */
export function alignedBlock(memory: Uint8Array, isTaken: (block: Uint8Array) => boolean): Uint8Array {
  for (let at = 0; at <= memory.length - BLOCK_BYTES; at += ALIGNMENT_STEP) {
    const block = memory.subarray(at, at + BLOCK_BYTES);
    if (isTaken(block)) return block;
  }
  throw new Error("no memory is aligned as direct reads need it");
}

function isReadInto(file: number, block: Uint8Array): boolean {
  try {
    readSync(file, block, 0, BLOCK_BYTES, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
    return false;
  }
}

function addTimes({ add }: Bench, name: string, what: string, times: readonly number[], note?: string): void {
  const more = note === undefined ? {} : { note };
  for (const [aspect, q, which] of [
    ["p50", 0.5, "median"],
    ["p99", 0.99, "one in a hundred takes longer"],
    ["max", 1, "the longest"],
  ] as const) {
    add({
      id: `storage/${name}/${aspect}`,
      value: quantile(times, q),
      unit: "ms",
      what: `${what}: ${which}`,
      ...more,
      ...(q === 0.5 ? { quantiles: quantiles(times) } : {}),
    });
  }
  const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length;
  add({
    id: `storage/${name}/rate`,
    value: 1000 / mean,
    unit: "1/s",
    what: `${what}: a second, one at a time`,
    ...more,
  });
}
