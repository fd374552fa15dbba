import { fromBase58, toBase58 } from "./base58.ts";

/** Length of every id in bytes: each is a SHA-256. */
export const ID_BYTES = 32;

/**
 * Ids are base58 text everywhere above the wire, so that maps, logs and the public surface share one spelling. The
 * brands keep one kind of id from being passed for another; they exist in the types only.
 */
type Branded<Name extends string> = string & { readonly __brand: Name };

/** SHA-256 of a device's public identity key under its own domain. */
export type DeviceId = Branded<"DeviceId">;
/** The id of the command that created the team, so a graph proves which team it is. */
export type TeamId = Branded<"TeamId">;
/** SHA-256 of a command's payload under its own domain. */
export type CommandId = Branded<"CommandId">;
/** Local to one daemon: random, names one end of one channel. */
export type ChannelId = Branded<"ChannelId">;

export type Id = DeviceId | TeamId | CommandId | ChannelId;

/** The ids spelled lately. Each command names its author, team and parents, most of them spelled before, and spelling is slow. */
const SPELLED_MAX = 1024;
const spelledTexts: string[] = [];
const spelledBytes = new Uint8Array(SPELLED_MAX * ID_BYTES);

/** The one text of 32 bytes. Throws RangeError for any other number of bytes. */
export function idFromBytes<T extends Id>(bytes: Uint8Array): T {
  if (bytes.length !== ID_BYTES) throw new RangeError(`an id has ${ID_BYTES} bytes, not ${bytes.length}`);
  // Ids are hashes: any of their bits will do for a place.
  const place = (bytes[0]! + 256 * bytes[1]!) % SPELLED_MAX;
  const known = spelledTexts[place];
  const at = place * ID_BYTES;
  let same = 0;
  while (same < ID_BYTES && spelledBytes[at + same] === bytes[same]) same++;
  if (same === ID_BYTES && known !== undefined) return known as T;
  const text = toBase58(bytes);
  spelledTexts[place] = text;
  spelledBytes.set(bytes, at);
  return text as T;
}

/** Orders ids as `compareBytes` orders their bytes. */
export function compareIds(a: Id, b: Id): number {
  // The alphabet ascends, so numbers of as many digits compare as text. A "1" in front stands for a zero byte and is no digit.
  const [x, y] = a.startsWith("1") || b.startsWith("1") ? [digits(a), digits(b)] : [a, b];
  if (x.length !== y.length) return x.length - y.length;
  return x < y ? -1 : x > y ? 1 : 0;
}

function digits(text: string): string {
  return text.replace(/^1+/, "");
}

/** The 32 bytes of an id. Throws RangeError for text that is none. */
export function idToBytes(id: Id): Uint8Array {
  const bytes = fromBase58(id, ID_BYTES);
  if (bytes?.length !== ID_BYTES) throw new RangeError("not an id");
  return bytes;
}

/** The ids read lately: messages name the same few channels again and again. */
const READ_MAX = 1024;
const readBytes = new Map<string, Uint8Array>();

/** As `idToBytes`, but shared with later calls: not to be written to. */
export function idBytesOf(id: Id): Uint8Array {
  let bytes = readBytes.get(id);
  if (bytes === undefined) {
    bytes = idToBytes(id);
    if (readBytes.size >= READ_MAX) readBytes.clear();
    readBytes.set(id, bytes);
  }
  return bytes;
}

/** Whether a value that came from outside can be the bytes of an id. */
export function isIdBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === ID_BYTES;
}

/** For text that came from outside: undefined unless it is exactly the base58 text of 32 bytes. */
export function parseId<T extends Id>(text: string): T | undefined {
  return fromBase58(text, ID_BYTES)?.length === ID_BYTES ? (text as T) : undefined;
}
