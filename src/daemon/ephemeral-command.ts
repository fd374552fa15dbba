/**
 * The ephemeral command: what the first message of an AFC handshake carries. It goes through the policy like any command,
 * against the facts as they are, and is never stored.
 *
 *   [ version uint 1, team bytes 32, author bytes 32, kind text, role uint, [ field, … ] ]      CBOR, at most 4 deep
 *
 * It has no signature of its own: the handshake proves that the author's encryption key sent it.
 */
import { DecodeError } from "../base/errors.ts";
import { idFromBytes, idToBytes, isIdBytes } from "../base/ids.ts";
import type { DeviceId, TeamId } from "../base/ids.ts";
import { decodeCbor, encodeCbor } from "../codec/cbor.ts";
import type { Cbor } from "../codec/cbor.ts";
import { decodeOperation, encodeFields } from "../policy/default/operation.ts";
import type { Operation } from "../policy/default/operation.ts";

export const EPHEMERAL_VERSION = 1;

export interface EphemeralCommand {
  readonly teamId: TeamId;
  readonly author: DeviceId;
  /** Rank of the role the author claims. */
  readonly role: number;
  readonly op: Operation & { readonly kind: "CreateChannel" };
}

export function encodeEphemeral(command: EphemeralCommand): Uint8Array {
  const { teamId, author, role, op } = command;
  return encodeCbor([
    EPHEMERAL_VERSION,
    idToBytes(teamId),
    idToBytes(author),
    op.kind,
    role,
    encodeFields(op),
  ]);
}

/** Throws `DecodeError`. */
export function decodeEphemeral(bytes: Uint8Array): EphemeralCommand {
  const value = decodeCbor(bytes);
  if (!Array.isArray(value) || value.length !== 6) throw new DecodeError("bad-command");
  const [version, teamId, author, kind, role, fields] = value as readonly Cbor[];
  if (version !== EPHEMERAL_VERSION) throw new DecodeError("bad-version");
  if (!isIdBytes(teamId) || !isIdBytes(author)) throw new DecodeError("bad-id");
  if (typeof role !== "number") throw new DecodeError("bad-role");
  if (typeof kind !== "string" || !Array.isArray(fields)) throw new DecodeError("bad-fields");
  const op = decodeOperation(kind, fields as readonly Cbor[]);
  if (op.kind !== "CreateChannel") throw new DecodeError("unknown-kind");
  return { teamId: idFromBytes(teamId), author: idFromBytes(author), role, op };
}
