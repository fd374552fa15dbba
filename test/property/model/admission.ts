/** What gets into a graph at all, slowly: by what lies in a command's own past (docs/decisions/0012-powers.md). */
import { ADMIN, OPERATOR, OWNER, USER } from "./braid.ts";
import type { ModelCommand, Rank } from "./braid.ts";

/**
 * Without what could not get in: commands of devices that nobody with the power to brought in in their past
 * (docs/decisions/0012-powers.md), and what stands on those.
 */
export function admissible(graph: readonly ModelCommand[]): ModelCommand[] {
  const known = new Map<string, Set<string>>();
  const contents = new Set<string>();
  return graph.filter((c) => {
    // The same content is the same command.
    const content = contentOf(c);
    if (contents.has(content)) return false;
    contents.add(content);
    if (!c.parents.every((p) => known.has(p))) return false;
    // What was ever given, as "device may role", and who was brought in by somebody that may.
    const given = new Set(c.parents.flatMap((p) => [...known.get(p)!]));
    if (c.kind === "Init") given.add(c.author).add(`${c.author} may ${OWNER}`);
    if (!given.has(c.author)) return false;
    if (given.has(`${c.author} may ${c.role}`)) {
      if (c.kind === "AddDevice" && (c.role === OWNER || c.role === OPERATOR)) given.add(c.target!);
      if (c.kind === "AssignRole" && assignable(c.role).includes(c.newRole!))
        given.add(`${c.target!} may ${c.newRole!}`);
    }
    known.set(c.id, given);
    return true;
  });
}

/** The roles that a role may assign, to whomever. */
function assignable(role: Rank): readonly Rank[] {
  if (role === OWNER) return [OWNER, ADMIN, OPERATOR, USER];
  if (role === ADMIN) return [OPERATOR, USER];
  return role === OPERATOR ? [USER] : [];
}

export function sayTheSame(a: ModelCommand, b: ModelCommand): boolean {
  return contentOf(a) === contentOf(b);
}

function contentOf(c: ModelCommand): string {
  const { kind, author, role, target, newRole, lowers = false, label, netIdentifier } = c;
  const parents = [...c.parents].sort();
  return JSON.stringify([kind, author, role, target, newRole, lowers, label, netIdentifier, parents]);
}
