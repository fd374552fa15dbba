/** The model's role matrix, as REQUIREMENTS gives it, and what names and labels need where the braid puts a command. */
import { ADMIN, OPERATOR, OWNER, SYNC, USER } from "./braid.ts";
import type { ModelCommand, Rank } from "./braid.ts";

/** A device with no standing membership: below every role. */
export const NO_MEMBER = -1;
export type TargetRole = Rank | typeof NO_MEMBER;

/** Whether `author` may do this to a target that holds `target`; `NO_MEMBER` too when the kind has no target. */
export function matrixAllows(c: ModelCommand, author: Rank, target: TargetRole): boolean {
  const self = c.target === c.author;
  const below = !self && target < author;
  const named = c.newRole;
  switch (c.kind) {
    case "Init":
      return false;
    case "CloseTeam":
      return author === OWNER;
    case "AddDevice":
      return author === OWNER || author === OPERATOR;
    case "RemoveDevice":
      return self || ((author === OWNER || author === OPERATOR) && below);
    case "AssignRole":
      switch (named) {
        case OWNER:
          return author === OWNER && below;
        case ADMIN:
          return author === OWNER && (below || self);
        case OPERATOR:
          return (author === OWNER || author === ADMIN) && (below || self);
        case USER:
          return (author === OWNER || author === ADMIN || author === OPERATOR) && (below || self);
        default:
          return false;
      }
    case "RevokeRole":
      if (named === undefined || named === SYNC || author === SYNC) return false;
      if (self) return true;
      return author !== USER && below && named < author;
    case "AssignNetworkName":
    case "RevokeNetworkName":
      return author === OWNER || author === ADMIN || author === OPERATOR;
    case "CreateLabel":
    case "DeleteLabel":
      return author === OWNER || author === ADMIN;
    case "AssignLabel":
    case "RevokeLabel":
      return author === OWNER || author === OPERATOR;
  }
}

/**
 * Names and labels, judged and kept in braid order. A membership is named by the command that made it; what belongs to
 * one counts for as long as it stands.
 */
export class NamesAndLabels {
  readonly labels = new Set<string>();
  readonly #labelsOf = new Map<string, Set<string>>();
  readonly #nameOf = new Map<string, string>();

  labelsOf(membership: string): ReadonlySet<string> {
    return this.#labelsOf.get(membership) ?? new Set();
  }

  nameOf(membership: string): string | undefined {
    return this.#nameOf.get(membership);
  }

  /**
   * Why the command is refused here, or undefined: then it is applied. `standing` are all memberships that stand
   * here with their devices, `meant` those of them that the command is about.
   */
  apply(
    c: ModelCommand,
    standing: readonly { readonly membership: string; readonly device: string }[],
    meant: readonly string[],
  ): string | undefined {
    switch (c.kind) {
      case "CreateLabel":
        if (this.labels.has(c.label!)) return "LabelExists";
        this.labels.add(c.label!);
        return undefined;
      case "DeleteLabel":
        if (!this.labels.delete(c.label!)) return "UnknownLabel";
        for (const labels of this.#labelsOf.values()) labels.delete(c.label!);
        return undefined;
      case "AssignLabel":
      case "RevokeLabel":
        if (!this.labels.has(c.label!)) return "UnknownLabel";
        if (meant.length === 0) return "UnknownDevice";
        for (const m of meant) {
          const labels = this.#labelsOf.get(m) ?? new Set<string>();
          if (c.kind === "AssignLabel") labels.add(c.label!);
          else labels.delete(c.label!);
          this.#labelsOf.set(m, labels);
        }
        return undefined;
      case "AssignNetworkName":
        if (meant.length === 0) return "UnknownDevice";
        if (
          standing.some((s) => s.device !== c.target && this.#nameOf.get(s.membership) === c.netIdentifier)
        ) {
          return "NameInUse";
        }
        // One name per device: an assignment replaces what any other membership of the device holds.
        for (const s of standing) if (s.device === c.target) this.#nameOf.delete(s.membership);
        for (const m of meant) this.#nameOf.set(m, c.netIdentifier!);
        return undefined;
      case "RevokeNetworkName": {
        if (meant.length === 0) return "UnknownDevice";
        const held = meant.filter((m) => this.#nameOf.get(m) === c.netIdentifier);
        if (held.length === 0) return "UnknownName";
        for (const m of held) this.#nameOf.delete(m);
        return undefined;
      }
      default:
        return undefined;
    }
  }
}
