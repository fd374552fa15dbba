/** Whether `--only` asks for this id: it names it, or something the id lies in. Without `--only` everything is wanted. */
export function matches(only: readonly string[], id: string): boolean {
  return only.length === 0 || only.some((wanted) => id === wanted || id.startsWith(`${wanted}/`));
}

/** Whether any figure below this id may be wanted. */
export function matchesPartOf(only: readonly string[], id: string): boolean {
  return matches(only, id) || only.some((wanted) => wanted.startsWith(`${id}/`));
}
