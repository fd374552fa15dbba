/**
 * A command: bytes signed by a device, the only thing a team is made of.
 *
 *   signature 64 bytes | payload, CBOR:
 *     [ version, scope, author, [ parent, … ], kind, role, [ field, … ] ]
 *
 *   version   uint      1
 *   scope     bytes 32  the team id; in init instead [ nonce bytes 32, policy id text ]
 *   author    bytes 32  device id
 *   parents   bytes 32  each, strictly ascending, at most 55; none in init and nowhere else
 *   kind      text      one of the policy's kinds
 *   role      uint      rank of the role the author acts in
 *   fields    as the policy's schema for the kind says
 *
 * The id is the hash of the payload; the id of init is the team's. Unknown versions are refused, not skipped.
 */
import { compareBytes, concat } from "../base/bytes.ts";
import { DecodeError } from "../base/errors.ts";
import { ID_BYTES, idFromBytes, idToBytes, isIdBytes } from "../base/ids.ts";
import type { CommandId, DeviceId, TeamId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import { decodeCbor, encodeCbor } from "../codec/cbor.ts";
import type { Cbor } from "../codec/cbor.ts";
import { ED25519_SIGNATURE_BYTES } from "../crypto/cipher-suite.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import { DOMAIN } from "../crypto/domain.ts";

export const COMMAND_VERSION = 1;
export const INIT_NONCE_BYTES = 32;

export interface Init {
  /** 32 random bytes: two teams of one device never share an id. */
  readonly nonce: Uint8Array;
  /** The policy the team was created under. */
  readonly policyId: string;
}

export interface Command {
  readonly id: CommandId;
  readonly teamId: TeamId;
  readonly author: DeviceId;
  readonly parents: readonly CommandId[];
  readonly kind: string;
  /** Rank of the role its author claims to act in. */
  readonly role: number;
  readonly fields: readonly Cbor[];
  /** Present in the command that creates the team, and only there. */
  readonly init: Init | undefined;
  /** Signature and payload, as received; a graph that takes the command over keeps a copy here instead. */
  bytes: Uint8Array;
  /** The policy's own: what it has read out of `kind` and `fields`, which it is asked about over and over. */
  reading: unknown;
}

/** What an author decides; the rest follows from it. */
export interface CommandBody {
  readonly scope: TeamId | Init;
  readonly author: DeviceId;
  readonly parents: readonly CommandId[];
  readonly kind: string;
  readonly role: number;
  readonly fields: readonly Cbor[];
}

export function signCommand(suite: CipherSuite, signingSecret: Uint8Array, body: CommandBody): Command {
  const payload = encodePayload(body);
  const signature = suite.ed25519Sign(signingSecret, concat(DOMAIN.commandSignature, payload));
  return decodeCommand(suite, concat(signature, payload));
}

/** How many parents a command that says this has room for. */
export function parentsThatFit(body: Omit<CommandBody, "parents">): number {
  const bare = ED25519_SIGNATURE_BYTES + encodePayload({ ...body, parents: [] }).length;
  // A parent takes a head of 2 bytes and the id; from 24 on the head of them all takes a byte more.
  return Math.min(LIMITS.parentsMax, Math.floor((LIMITS.commandBytesMax - bare - 1) / (2 + ID_BYTES)));
}

function encodePayload(body: CommandBody): Uint8Array {
  return encodeCbor([
    COMMAND_VERSION,
    typeof body.scope === "string" ? idToBytes(body.scope) : [body.scope.nonce, body.scope.policyId],
    idToBytes(body.author),
    body.parents.map(idToBytes).sort(compareBytes),
    body.kind,
    body.role,
    body.fields,
  ]);
}

/** Over the bytes received, never over bytes encoded again. */
export function verifyCommandSignature(
  suite: CipherSuite,
  signingKey: Uint8Array,
  command: Command,
): boolean {
  const signature = command.bytes.subarray(0, ED25519_SIGNATURE_BYTES);
  const payload = command.bytes.subarray(ED25519_SIGNATURE_BYTES);
  return suite.ed25519Verify(signingKey, concat(DOMAIN.commandSignature, payload), signature);
}

/** Throws `DecodeError`. `bytes` are not copied: a graph that keeps the command does that. Checks form alone: not the signature, not the policy's schema, not that parents are known. */
export function decodeCommand(suite: CipherSuite, bytes: Uint8Array): Command {
  if (bytes.length > LIMITS.commandBytesMax) throw new DecodeError("too-long", LIMITS.commandBytesMax);
  if (bytes.length <= ED25519_SIGNATURE_BYTES) throw new DecodeError("truncated", bytes.length);
  const payload = bytes.subarray(ED25519_SIGNATURE_BYTES);
  const value = decodeCbor(payload);
  if (!Array.isArray(value) || value.length === 0) throw new DecodeError("bad-command");
  const [version, scope, author, parents, kind, role, fields] = value as readonly Cbor[];
  // Before anything else: what follows is the version's to say.
  if (typeof version !== "number" || version < COMMAND_VERSION) throw new DecodeError("bad-version");
  if (version > COMMAND_VERSION) throw new DecodeError("future-version", 0, `version ${version}`);
  if (value.length !== 7) throw new DecodeError("bad-command");
  if (!isIdBytes(author)) throw new DecodeError("bad-author");
  if (!Array.isArray(parents) || !parents.every(isIdBytes)) throw new DecodeError("bad-parents");
  if (parents.length > LIMITS.parentsMax) throw new DecodeError("too-many-parents");
  for (let i = 1; i < parents.length; i++) {
    if (compareBytes(parents[i - 1]!, parents[i]!) >= 0) throw new DecodeError("unsorted-parents");
  }
  if (typeof kind !== "string" || kind.length === 0) throw new DecodeError("bad-kind");
  if (typeof role !== "number") throw new DecodeError("bad-role");
  if (!Array.isArray(fields)) throw new DecodeError("bad-fields");

  let init: Init | undefined;
  if (!isIdBytes(scope)) {
    init = decodeInit(scope);
    if (parents.length > 0) throw new DecodeError("init-with-parents");
  } else if (parents.length === 0) {
    throw new DecodeError("no-parents");
  }

  const id = suite.sha256(DOMAIN.commandId, payload);
  return {
    id: idFromBytes(id),
    teamId: idFromBytes(isIdBytes(scope) ? scope : id),
    author: idFromBytes(author),
    parents: parents.map((parent) => idFromBytes(parent)),
    kind: interned(kind),
    role,
    fields: fields as readonly Cbor[],
    init,
    bytes,
    reading: undefined,
  };
}

function decodeInit(scope: Cbor | undefined): Init {
  if (!Array.isArray(scope) || scope.length !== 2) throw new DecodeError("bad-scope");
  const [nonce, policyId] = scope as readonly Cbor[];
  if (!(nonce instanceof Uint8Array) || nonce.length !== INIT_NONCE_BYTES) throw new DecodeError("bad-nonce");
  if (typeof policyId !== "string") throw new DecodeError("bad-policy-id");
  return { nonce, policyId };
}

/** Kinds are few and each is named by thousands of commands: one string for all of them. */
const kinds = new Map<string, string>();
const KINDS_MAX = 64;

function interned(kind: string): string {
  const known = kinds.get(kind);
  if (known !== undefined) return known;
  if (kinds.size < KINDS_MAX) kinds.set(kind, kind);
  return kind;
}
