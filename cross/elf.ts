/**
 * What the build has to know and change about an ELF file, 32 or 64 bits, little-endian: whom it is for, what it needs,
 * and its symbols and debugging data taken away. Done here and not by `strip` so that the same bytes come out whatever
 * binutils the build machine has, and for all targets.
 */
import { compareVersions } from "../src/cli/doctor/libraries.ts";

export interface Elf {
  readonly bits: 32 | 64;
  readonly segments: readonly Segment[];
  readonly sections: readonly Section[];
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly fileSize: number;
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly alignment: number;
  readonly entrySize: number;
}

export const MACHINE = { arm: 40, x64: 62, arm64: 183 } as const;

const SECTION_TYPE = { null: 0, stringTable: 3, noBits: 8, needsVersions: 0x6fff_fffe, dynamic: 6 } as const;
const IS_LOADED = 0x2;
const INFO_IS_SECTION = 0x40;
const DYNAMIC_NEEDED = 1;

/** Of a file of which `header` is at least the first 64 bytes; undefined for one we know nothing of. */
export function machineOf(header: Buffer): keyof typeof MACHINE | undefined {
  checkMagic(header);
  const number = header.readUInt16LE(18);
  return (Object.keys(MACHINE) as (keyof typeof MACHINE)[]).find((name) => MACHINE[name] === number);
}

export function parseElf(image: Buffer): Elf {
  checkMagic(image);
  const bits = image[4] === 2 ? 64 : 32;
  const at = headerFields(bits);
  const word = wordReader(image, bits);
  const programHeaders = word(at.programHeaders);
  const segments = Array.from({ length: image.readUInt16LE(at.segmentCount) }, (_, i): Segment => {
    const header = programHeaders + i * (bits === 64 ? 56 : 32);
    return bits === 64
      ? { type: image.readUInt32LE(header), offset: word(header + 8), fileSize: word(header + 32) }
      : { type: image.readUInt32LE(header), offset: word(header + 4), fileSize: word(header + 16) };
  });
  const raw = Array.from({ length: image.readUInt16LE(at.sectionCount) }, (_, i) =>
    readSection(image, bits, word(at.sectionHeaders) + i * sectionHeaderBytes(bits)),
  );
  const names = raw[image.readUInt16LE(at.sectionNames)];
  const sections = raw.map(({ nameAt, ...section }) => ({
    ...section,
    name: names === undefined ? "" : textAt(image, names.offset + nameAt),
  }));
  return { bits, segments, sections };
}

/** What only linkers and debuggers read, away; what is left is loaded as before, byte for byte. */
export function strip(image: Buffer): Buffer {
  const { bits, segments, sections } = parseElf(image);
  const at = headerFields(bits);
  const kept = sections.filter((s) => s.type === SECTION_TYPE.null || (s.flags & IS_LOADED) !== 0);
  const ends = [
    ...segments.map((s) => s.offset + s.fileSize),
    ...kept.filter((s) => s.type !== SECTION_TYPE.noBits).map((s) => s.offset + s.size),
  ];
  const loadedBytes = Math.max(...ends);

  const nameOffsets = new Map<string, number>();
  let names = "";
  for (const name of [...kept.map((s) => s.name), ".shstrtab"]) {
    if (nameOffsets.has(name)) continue;
    nameOffsets.set(name, names.length);
    names += `${name}\0`;
  }
  const nameTable: Section = {
    name: ".shstrtab",
    type: SECTION_TYPE.stringTable,
    flags: 0,
    address: 0,
    offset: loadedBytes,
    size: names.length,
    link: 0,
    info: 0,
    alignment: 1,
    entrySize: 0,
  };
  const headersAt = Math.ceil((loadedBytes + names.length) / 8) * 8;
  const headerBytes = sectionHeaderBytes(bits);
  const out = Buffer.alloc(headersAt + (kept.length + 1) * headerBytes);
  image.copy(out, 0, 0, loadedBytes);
  out.write(names, loadedBytes, "latin1");

  const newIndex = (old: number): number => Math.max(0, kept.indexOf(sections[old]!));
  [...kept, nameTable].forEach((section, i) => {
    const moved = {
      ...section,
      link: newIndex(section.link),
      info: (section.flags & INFO_IS_SECTION) === 0 ? section.info : newIndex(section.info),
    };
    writeSection(out, bits, headersAt + i * headerBytes, moved, nameOffsets.get(section.name)!);
  });
  if (bits === 64) out.writeBigUInt64LE(BigInt(headersAt), at.sectionHeaders);
  else out.writeUInt32LE(headersAt, at.sectionHeaders);
  out.writeUInt16LE(kept.length + 1, at.sectionCount);
  out.writeUInt16LE(kept.length, at.sectionNames);
  return out;
}

export interface Needs {
  /** Shared libraries, as the loader is asked for them. */
  readonly libraries: readonly string[];
  /** The newest version of each family of symbols, such as GLIBC → 2.28. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What the target's loader and libraries must have for this file to start. */
export function needsOf(image: Buffer): Needs {
  const { bits, sections } = parseElf(image);
  const word = wordReader(image, bits);
  const strings = (section: Section): number => sections[section.link]!.offset;
  const libraries: string[] = [];
  const dynamic = sections.find((s) => s.type === SECTION_TYPE.dynamic);
  if (dynamic !== undefined) {
    const step = bits / 8;
    for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 2 * step) {
      if (word(at) === DYNAMIC_NEEDED) libraries.push(textAt(image, strings(dynamic) + word(at + step)));
    }
  }
  const versions: Record<string, string> = {};
  const table = sections.find((s) => s.type === SECTION_TYPE.needsVersions);
  for (let at = table?.offset, left = table?.info ?? 0; at !== undefined && left > 0; left--) {
    let auxiliary = at + image.readUInt32LE(at + 8);
    for (let i = image.readUInt16LE(at + 2); i > 0; i--) {
      const [, family, version] =
        /^([A-Z]+)_([0-9.]+)$/.exec(textAt(image, strings(table!) + image.readUInt32LE(auxiliary + 8))) ?? [];
      if (family !== undefined && compareVersions(version!, versions[family] ?? "0") > 0) {
        versions[family] = version!;
      }
      auxiliary += image.readUInt32LE(auxiliary + 12);
    }
    at += image.readUInt32LE(at + 12);
  }
  return { libraries: libraries.sort(), versions: Object.fromEntries(Object.entries(versions).sort()) };
}

function checkMagic(image: Buffer): void {
  if (image.length < 64 || image.readUInt32BE(0) !== 0x7f45_4c46) throw new Error("not an ELF file");
  if (image[5] !== 1) throw new Error("not little-endian");
}

/** Offsets in the file's header. */
function headerFields(bits: 32 | 64): Readonly<Record<string, number>> & {
  programHeaders: number;
  sectionHeaders: number;
  segmentCount: number;
  sectionCount: number;
  sectionNames: number;
} {
  return bits === 64
    ? { programHeaders: 32, sectionHeaders: 40, segmentCount: 56, sectionCount: 60, sectionNames: 62 }
    : { programHeaders: 28, sectionHeaders: 32, segmentCount: 44, sectionCount: 48, sectionNames: 50 };
}

function sectionHeaderBytes(bits: 32 | 64): number {
  return bits === 64 ? 64 : 40;
}

function wordReader(image: Buffer, bits: 32 | 64): (at: number) => number {
  return bits === 64 ? (at) => Number(image.readBigUInt64LE(at)) : (at) => image.readUInt32LE(at);
}

function readSection(image: Buffer, bits: 32 | 64, at: number): Omit<Section, "name"> & { nameAt: number } {
  const word = wordReader(image, bits);
  const w = bits / 8;
  return {
    nameAt: image.readUInt32LE(at),
    type: image.readUInt32LE(at + 4),
    flags: word(at + 8),
    address: word(at + 8 + w),
    offset: word(at + 8 + 2 * w),
    size: word(at + 8 + 3 * w),
    link: image.readUInt32LE(at + 8 + 4 * w),
    info: image.readUInt32LE(at + 12 + 4 * w),
    alignment: word(at + 16 + 4 * w),
    entrySize: word(at + 16 + 5 * w),
  };
}

function writeSection(out: Buffer, bits: 32 | 64, at: number, section: Section, nameAt: number): void {
  const w = bits / 8;
  const word = (value: number, where: number): void => {
    if (bits === 64) out.writeBigUInt64LE(BigInt(value), where);
    else out.writeUInt32LE(value, where);
  };
  out.writeUInt32LE(nameAt, at);
  out.writeUInt32LE(section.type, at + 4);
  word(section.flags, at + 8);
  word(section.address, at + 8 + w);
  word(section.offset, at + 8 + 2 * w);
  word(section.size, at + 8 + 3 * w);
  out.writeUInt32LE(section.link, at + 8 + 4 * w);
  out.writeUInt32LE(section.info, at + 12 + 4 * w);
  word(section.alignment, at + 16 + 4 * w);
  word(section.entrySize, at + 16 + 5 * w);
}

function textAt(image: Buffer, at: number): string {
  return image.toString("latin1", at, image.indexOf(0, at));
}
