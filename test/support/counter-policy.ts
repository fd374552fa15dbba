/**
 * A whole policy, as small as one can be and still use everything the engine offers: docs/policy.md explains it line by line.
 * A team counts to ten. Whoever founded it counts, and may stop, which is final.
 */
import { DecodeError } from "../../src/base/errors.ts";
import type { Cbor } from "../../src/codec/cbor.ts";
import { decodeKeyBundle, KEY_BUNDLE_BYTES } from "../../src/codec/key-bundle.ts";
import type { KeyBundle } from "../../src/codec/key-bundle.ts";
import { deviceIdOf, verifyKeyBundle } from "../../src/crypto/key-bundle.ts";
import { change } from "../../src/policy/facts.ts";
import type { FactTable } from "../../src/policy/facts.ts";
import { NOTHING_CHANGED, reject } from "../../src/policy/policy.ts";
import type { Policy } from "../../src/policy/policy.ts";

/** One row, under the empty key. */
export const TOTAL: FactTable<number> = { name: "total", encode: (total) => total };
/** One row, under the empty key, once stopped. */
export const STOPPED: FactTable<1> = { name: "stopped", encode: (row) => row };

type Operation =
  | { readonly kind: "Found"; readonly bundle: KeyBundle }
  | { readonly kind: "Count"; readonly by: number }
  | { readonly kind: "Stop" }
  /** Ephemeral: is there room for so much? */
  | { readonly kind: "Ask"; readonly by: number };

/** The one reader of fields: what it takes is well formed, and everything else is a `DecodeError`. */
function operationOf(kind: string, fields: readonly Cbor[]): Operation {
  const [field, ...more] = fields;
  switch (kind) {
    case "Found":
      if (more.length > 0 || !(field instanceof Uint8Array) || field.length !== KEY_BUNDLE_BYTES) break;
      return { kind, bundle: decodeKeyBundle(field) };
    case "Count":
    case "Ask":
      if (more.length > 0 || typeof field !== "number" || field < 1 || field > 10) break;
      return { kind, by: field };
    case "Stop":
      if (fields.length > 0) break;
      return { kind };
    default:
      throw new DecodeError("unknown-kind");
  }
  throw new DecodeError("bad-fields");
}

export const counterPolicy: Policy = {
  id: "example/counter/1",

  check(suite, command) {
    const op = operationOf(command.kind, command.fields);
    if (op.kind === "Ask") throw new DecodeError("unknown-kind", 0, "ephemeral commands are not stored");
    if ((op.kind === "Found") !== (command.init !== undefined)) throw new DecodeError("bad-kind");
    if (command.role !== 0) throw new DecodeError("bad-role");
    if (op.kind !== "Found") return;
    if (deviceIdOf(suite, op.bundle.identityKey) !== command.author || !verifyKeyBundle(suite, op.bundle)) {
      throw new DecodeError("bad-key-bundle");
    }
  },

  introduces(command) {
    const op = operationOf(command.kind, command.fields);
    return op.kind === "Found" ? { deviceId: command.author, bundle: op.bundle } : undefined;
  },

  priority(command) {
    return command.kind === "Stop" ? 1 : 0;
  },

  rule({ commands, ancestry }) {
    const stops = commands.flatMap((command, at) => (command.kind === "Stop" ? [at] : []));
    return commands.map((_, at) => stops.some((stop) => ancestry.isConcurrent(stop, at)));
  },

  evaluate(facts, action, isBesideStop) {
    const op = operationOf(action.kind, action.fields);
    if (op.kind === "Found") return { accepted: true, changes: [change(TOTAL, "", 0)], effects: [] };
    if (op.kind === "Stop") return { accepted: true, changes: [change(STOPPED, "", 1)], effects: [] };
    if (facts.get(STOPPED, "") !== undefined || isBesideStop === true) {
      return reject("TeamClosed", "nothing is counted beside or after a Stop");
    }
    const total = facts.get(TOTAL, "")! + op.by;
    if (total > 10) return reject("LimitReached", "a team counts to ten");
    return op.kind === "Ask"
      ? NOTHING_CHANGED
      : { accepted: true, changes: [change(TOTAL, "", total)], effects: [] };
  },
};
