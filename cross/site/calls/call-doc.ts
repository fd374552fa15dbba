/** What the method table does not say of a call: effects it raises, and an example in each language. */
import type { EffectType } from "../../../src/ipc/effect.ts";
import type { AnyMethodName, METHODS } from "../../../src/ipc/methods.ts";

type Table = typeof METHODS;

/** On the public surface. */
export type PublicMethod = {
  [M in AnyMethodName]: Table[M] extends { readonly internal: true } ? never : M;
}[AnyMethodName];

/** Who learns of it. `members`: each device of the team, the caller too, as the command reaches it. */
export type Where = "here" | "members" | "both ends";

export interface Raised {
  readonly type: EffectType;
  readonly where: Where;
  /** Lower case; missing where it is raised whenever the call did something. */
  readonly when?: string;
}

export interface CallDoc {
  /** Sentences on what it returns. */
  readonly result: string;
  readonly effects: readonly Raised[];
  /** What else there is to know, as Markdown. */
  readonly notes?: string;
  /** Command lines. */
  readonly shell: string;
  /** Statements with `client`, `teamId` and so on at hand: PRELUDE_TS of the test that checks them. */
  readonly ts: string;
  /** The same with `client`, `team_id` and so on. */
  readonly c: string;
  /** Calls one looks for next. */
  readonly related: readonly PublicMethod[];
}

/** Of a part of the table. */
export type CallDocs<M extends PublicMethod> = Readonly<Record<M, CallDoc>>;

export const TRUE_HERE = "True when the call changed something here. A later `commandRecalled` may undo it.";
