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

/** The one text of 32 bytes. */
export function idFromBytes<T extends Id>(bytes: Uint8Array): T {
  if (bytes.length !== ID_BYTES) throw new RangeError(`an id has ${ID_BYTES} bytes, not ${bytes.length}`);
  return toBase58(bytes) as T;
}

/** The 32 bytes of an id that is known to be one. */
export function idToBytes(id: Id): Uint8Array {
  const bytes = fromBase58(id, ID_BYTES);
  if (bytes?.length !== ID_BYTES) throw new RangeError("not an id");
  return bytes;
}

/** For text that came from outside: undefined unless it is exactly the base58 text of 32 bytes. */
export function parseId<T extends Id>(text: string): T | undefined {
  return fromBase58(text, ID_BYTES)?.length === ID_BYTES ? (text as T) : undefined;
}
