/**
 * The kinds of the default policy and the fields of each, in order. A command whose fields do not fit its kind never
 * enters a graph.
 *
 *   CreateTeam           bundle, common name                     (init)
 *   CloseTeam
 *   AddDevice            device id, bundle, common name
 *   RemoveDevice         device id
 *   AssignRole           device id, rank, direction              0 raises to at least, 1 lowers to at most
 *   RevokeRole           device id, rank
 *   AssignNetworkName    device id, net identifier
 *   RevokeNetworkName    device id, net identifier
 *   CreateLabel          label
 *   DeleteLabel          label
 *   AssignLabel          device id, label
 *   RevokeLabel          device id, label
 *   CreateChannel        responder, name it is called by, name the author calls from, label    (ephemeral)
 */
import { formatAddress, parseAddress } from "../../base/address.ts";
import { utf8 } from "../../base/bytes.ts";
import { DecodeError } from "../../base/errors.ts";
import { idFromBytes, idToBytes, isIdBytes } from "../../base/ids.ts";
import type { DeviceId } from "../../base/ids.ts";
import { LIMITS } from "../../base/limits.ts";
import { rank, roleFromRank } from "../../base/roles.ts";
import type { Role } from "../../base/roles.ts";
import type { Cbor } from "../../codec/cbor.ts";
import { decodeKeyBundle, encodeKeyBundle } from "../../codec/key-bundle.ts";
import type { KeyBundle } from "../../codec/key-bundle.ts";
import type { Action } from "../policy.ts";

export type Direction = "raise" | "lower";

export type Operation =
  | { readonly kind: "CreateTeam"; readonly bundle: KeyBundle; readonly commonName: string }
  | { readonly kind: "CloseTeam" }
  | {
      readonly kind: "AddDevice";
      readonly target: DeviceId;
      readonly bundle: KeyBundle;
      readonly commonName: string;
    }
  | { readonly kind: "RemoveDevice"; readonly target: DeviceId }
  | {
      readonly kind: "AssignRole";
      readonly target: DeviceId;
      readonly role: Role;
      readonly direction: Direction;
    }
  | { readonly kind: "RevokeRole"; readonly target: DeviceId; readonly role: Role }
  | {
      readonly kind: "AssignNetworkName" | "RevokeNetworkName";
      readonly target: DeviceId;
      readonly netIdentifier: string;
    }
  | { readonly kind: "CreateLabel" | "DeleteLabel"; readonly label: string }
  | { readonly kind: "AssignLabel" | "RevokeLabel"; readonly target: DeviceId; readonly label: string }
  | {
      readonly kind: "CreateChannel";
      readonly target: DeviceId;
      readonly targetName: string;
      readonly ownName: string;
      readonly label: string;
    };

export type OperationKind = Operation["kind"];

export function encodeFields(op: Operation): readonly Cbor[] {
  switch (op.kind) {
    case "CreateTeam":
      return [encodeKeyBundle(op.bundle), op.commonName];
    case "CloseTeam":
      return [];
    case "AddDevice":
      return [idToBytes(op.target), encodeKeyBundle(op.bundle), op.commonName];
    case "RemoveDevice":
      return [idToBytes(op.target)];
    case "AssignRole":
      return [idToBytes(op.target), rank(op.role), op.direction === "lower" ? 1 : 0];
    case "RevokeRole":
      return [idToBytes(op.target), rank(op.role)];
    case "AssignNetworkName":
    case "RevokeNetworkName":
      return [idToBytes(op.target), op.netIdentifier];
    case "CreateLabel":
    case "DeleteLabel":
      return [op.label];
    case "AssignLabel":
    case "RevokeLabel":
      return [idToBytes(op.target), op.label];
    case "CreateChannel":
      return [idToBytes(op.target), op.targetName, op.ownName, op.label];
  }
}

/** Read once. Throws as `decodeOperation`. */
export function operationOf(action: Pick<Action, "kind" | "fields" | "reading">): Operation {
  const known = action.reading;
  if (known !== undefined) return known as Operation;
  const op = decodeOperation(action.kind, action.fields);
  action.reading = op;
  return op;
}

/** Throws `DecodeError`: `unknown-kind`, or `bad-fields` with the field's name. */
export function decodeOperation(kind: string, fields: readonly Cbor[]): Operation {
  const read = new FieldReader(fields);
  const op = readOperation(kind, read);
  read.end();
  return op;
}

function readOperation(kind: string, read: FieldReader): Operation {
  switch (kind) {
    case "CreateTeam":
      return { kind, bundle: read.bundle(), commonName: read.commonName() };
    case "CloseTeam":
      return { kind };
    case "AddDevice":
      return { kind, target: read.deviceId(), bundle: read.bundle(), commonName: read.commonName() };
    case "RemoveDevice":
      return { kind, target: read.deviceId() };
    case "AssignRole":
      return { kind, target: read.deviceId(), role: read.role(), direction: read.direction() };
    case "RevokeRole":
      return { kind, target: read.deviceId(), role: read.role() };
    case "AssignNetworkName":
    case "RevokeNetworkName":
      return { kind, target: read.deviceId(), netIdentifier: read.netIdentifier() };
    case "CreateLabel":
    case "DeleteLabel":
      return { kind, label: read.label() };
    case "AssignLabel":
    case "RevokeLabel":
      return { kind, target: read.deviceId(), label: read.label() };
    case "CreateChannel":
      return {
        kind,
        target: read.deviceId(),
        targetName: read.netIdentifier(),
        ownName: read.netIdentifier(),
        label: read.label(),
      };
    default:
      throw new DecodeError("unknown-kind", 0, JSON.stringify(kind.slice(0, 32)));
  }
}

/** Nearly all there are. */
const ASCII_NAME = /^[!-~](?:[ -~]*[!-~])?$/;

/** What a person may call a device or a label: 1 to 64 bytes of UTF-8, no control characters, no space at either end. */
export function isName(text: string, bytesMax: number): boolean {
  if (ASCII_NAME.test(text)) return text.length <= bytesMax;
  // A lone surrogate has no UTF-8 form.
  return (
    text.length > 0 &&
    text.isWellFormed() &&
    utf8(text).length <= bytesMax &&
    text.trim() === text &&
    !/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(text)
  );
}

/** One spelling a name: lower case, and no port where it is the default one. */
function isNetIdentifier(text: string): boolean {
  if (text.length > LIMITS.netIdentifierBytesMax) return false;
  const address = parseAddress(text);
  return address !== undefined && formatAddress(address) === text;
}

const DIRECTIONS: readonly Direction[] = ["raise", "lower"];

class FieldReader {
  readonly #fields: readonly Cbor[];
  #next = 0;

  constructor(fields: readonly Cbor[]) {
    this.#fields = fields;
  }

  #take<T extends Cbor>(name: string, fits: (value: Cbor | undefined) => value is T): T {
    const value = this.#fields[this.#next++];
    if (!fits(value)) throw new DecodeError("bad-fields", 0, name);
    return value;
  }

  #text(name: string, fits: (text: string) => boolean): string {
    return this.#take(name, (v): v is string => typeof v === "string" && fits(v));
  }

  deviceId(): DeviceId {
    return idFromBytes<DeviceId>(this.#take("deviceId", isIdBytes));
  }

  bundle(): KeyBundle {
    return decodeKeyBundle(this.#take("bundle", (v): v is Uint8Array => v instanceof Uint8Array));
  }

  role(): Role {
    const isRank = (v: Cbor | undefined): v is number =>
      typeof v === "number" && roleFromRank(v) !== undefined;
    return roleFromRank(this.#take("role", isRank))!;
  }

  direction(): Direction {
    const n = this.#take("direction", (v): v is number => typeof v === "number" && v < DIRECTIONS.length);
    return DIRECTIONS[n]!;
  }

  commonName(): string {
    return this.#text("commonName", (text) => isName(text, LIMITS.commonNameBytesMax));
  }

  label(): string {
    return this.#text("label", (text) => isName(text, LIMITS.labelBytesMax));
  }

  netIdentifier(): string {
    return this.#text("netIdentifier", isNetIdentifier);
  }

  end(): void {
    if (this.#next !== this.#fields.length) throw new DecodeError("bad-fields", 0, "too many");
  }
}
