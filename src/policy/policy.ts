/**
 * The one interface through which a team's commands are judged. A team names its policy in its first command; the engine
 * in `team/` knows nothing of roles, labels or names, only this.
 */
import type { ErrorCode, ErrorFields } from "../base/codes.ts";
import type { CommandId, DeviceId } from "../base/ids.ts";
import type { Cbor } from "../codec/cbor.ts";
import type { KeyBundle } from "../codec/key-bundle.ts";
import type { CipherSuite } from "../crypto/cipher-suite.ts";
import type { Ancestry } from "../graph/ancestry.ts";
import type { Command } from "../graph/command.ts";
import type { Effect } from "./effects.ts";
import type { Change, FactReader } from "./facts.ts";

/** What is judged: a command of the graph, or an ephemeral one, which never enters it. */
export interface Action {
  readonly kind: string;
  readonly author: DeviceId;
  readonly role: number;
  readonly fields: readonly Cbor[];
  /** Absent in ephemeral commands. */
  readonly id?: CommandId;
  /** The policy keeps here what it read from `kind` and `fields`, because it is asked about them again and again. */
  reading?: unknown;
}

/** Why a command changes nothing: a code applications know, and the rule that says so. */
export interface Rejection {
  readonly code: ErrorCode;
  readonly rule: string;
  readonly fields?: ErrorFields;
}

export type Verdict =
  | { readonly accepted: true; readonly changes: readonly Change[]; readonly effects: readonly Effect[] }
  | {
      readonly accepted: false;
      readonly rejection: Rejection;
      /** A trace of a stored command that later ones may refer to; nothing an application sees. */
      readonly changes?: readonly Change[];
    };

export function reject(code: ErrorCode, rule: string, fields?: ErrorFields): Verdict & { accepted: false } {
  return { accepted: false, rejection: { code, rule, ...(fields && { fields }) } };
}

export const NOTHING_CHANGED: Verdict = { accepted: true, changes: [], effects: [] };

/** Commands none of which is comparable with all others, in braid order, with who is whose ancestor. */
export interface ConcurrentPiece {
  readonly commands: readonly Command[];
  readonly ancestry: Ancestry;
}

/** What a policy has decided about one command of a piece by looking at the whole piece. Opaque to the engine. */
export type Ruling = unknown;

export interface Grant {
  /** What the author must have been given before; undefined for the first command. */
  readonly needs: string | undefined;
  readonly deviceId: DeviceId;
  readonly gives: string;
}

export interface Policy {
  readonly id: string;

  /**
   * Everything that can be said of a command by itself: its kind, its fields, the soundness of keys in it. Throws
   * `DecodeError`; what fails here never enters a graph.
   */
  check(suite: CipherSuite, command: Command): void;

  /** For a command that makes a device able to author: that device's keys. */
  introduces(command: Command): { readonly deviceId: DeviceId; readonly bundle: KeyBundle } | undefined;

  /**
   * For policies under which keys are brought in by whoever may: what a command needs its author to have been given by
   * earlier ones, and what it gives, whatever becomes of either. Undefined for a command that gives nothing or that nobody in the role it
   * claims may ever give. What `introduces` counts only where it has been given down from the first command so; without
   * `grant` it always does. Nothing the policy accepts may fall short of it.
   */
  grant?(command: Command): Grant | undefined;

  /** Of concurrent commands, those of higher priority come earlier in the braid. */
  priority(command: Command): number;

  /**
   * For policies in which the meaning of a command depends on what is concurrent with it: decides a whole piece, on the
   * facts below it. One ruling a command, handed back to `evaluate`.
   */
  rule?(piece: ConcurrentPiece, facts: FactReader): readonly Ruling[];

  /**
   * Judges one command against the facts in front of it in the braid. Pure. Without a ruling everything judged before is
   * in the command's past.
   */
  evaluate(facts: FactReader, action: Action, ruling?: Ruling): Verdict;
}
