export const CHECKERS = [
  "replicas",
  "authority",
  "matrix",
  "durability",
  "bounds",
  "forks",
  "authenticity",
  "convergence",
  "errors",
] as const;
export type Checker = (typeof CHECKERS)[number];

/** Something that must never be, and which checker saw it. Ends the run. */
export class Violation extends Error {
  readonly checker: Checker;

  constructor(checker: Checker, detail: string) {
    super(`${checker}: ${detail}`);
    this.checker = checker;
  }
}
