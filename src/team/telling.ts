/**
 * What applications hear of one batch of commands: what is taken back, the latest first, then what is done, in braid order.
 *
 * Commands that are undone and come to the same again are not told again, unless something about the same now comes before
 * them that did not: else the last word on it would be one that another command overrode.
 */
import type { CommandId, DeviceId } from "../base/ids.ts";
import { subjectsOf } from "../policy/effects.ts";
import type { Effect } from "../policy/effects.ts";
import type { Rejection } from "../policy/policy.ts";
import type { TeamEvent } from "./events.ts";

/** What a command came to. */
export interface Outcome {
  readonly effects: readonly Effect[];
  readonly rejection: Rejection | undefined;
}

/** What it had come to, and where in the order it was. */
export interface Former extends Outcome {
  readonly at: number;
}

const OVERTAKEN: Rejection = {
  code: "NotAuthorised",
  rule: "a command that now comes before it leaves nothing, or something else, to change",
};

export class Telling {
  readonly #recalled: TeamEvent[] = [];
  readonly #done: TeamEvent[] = [];
  /** To each subject, and to all that these are part of, how late at most it had been told before: never is later than all. */
  readonly #subjects = new Map<string, number>();
  readonly #around = new Map<string, number>();

  readonly #isReordering: boolean;

  /** `isReordering`: commands were undone for this batch; else there is nothing to be overridden. */
  constructor(isReordering: boolean) {
    this.#isReordering = isReordering;
  }

  /** In braid order. A command that does something else than before is recalled as a whole and told anew. */
  tell(
    command: { readonly id: CommandId; readonly author: DeviceId; readonly kind: string },
    before: Former | undefined,
    now: Outcome,
  ): void {
    const { id: commandId, author, kind } = command;
    const undone = before?.effects ?? [];
    const isNew = before === undefined || JSON.stringify(undone) !== JSON.stringify(now.effects);
    const isRefusedNow =
      before !== undefined && before.rejection === undefined && now.rejection !== undefined;
    if (isRefusedNow || (isNew && undone.length > 0)) {
      const { code, rule } = now.rejection ?? OVERTAKEN;
      this.#recalled.push({ type: "commandRecalled", commandId, author, kind, code, rule, undone });
    }
    for (const effect of now.effects) {
      const at = isNew ? Infinity : before.at;
      const isTold = isNew || this.#comesAfterLater(effect, at);
      if (isTold) this.#done.push({ ...effect, commandId, author });
      if (this.#isReordering) this.#remember(effect, isTold ? Infinity : at);
    }
  }

  add(event: TeamEvent): void {
    this.#done.push(event);
  }

  events(): TeamEvent[] {
    return [...this.#recalled.reverse(), ...this.#done];
  }

  #comesAfterLater(effect: Effect, at: number): boolean {
    const isLater = (told: number | undefined): boolean => told !== undefined && told > at;
    return subjectsOf(effect).some(
      (path) =>
        isLater(this.#around.get(path)) || prefixesOf(path).some((part) => isLater(this.#subjects.get(part))),
    );
  }

  #remember(effect: Effect, at: number): void {
    for (const path of subjectsOf(effect)) {
      raise(this.#subjects, path, at);
      for (const part of prefixesOf(path)) raise(this.#around, part, at);
    }
  }
}

function raise(map: Map<string, number>, key: string, to: number): void {
  map.set(key, Math.max(map.get(key) ?? 0, to));
}

/** "a/b/c": "a", "a/b", "a/b/c". A label may hold slashes: its paths have more parts, each still its own. */
function prefixesOf(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}
