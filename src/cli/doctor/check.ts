/** What a check finds. */
export type Status = "ok" | "warn" | "fail";

export interface Check {
  /** Short, stable, for scripts. */
  readonly name: string;
  readonly status: Status;
  readonly found: string;
  /** What to do about it; there unless `ok`. */
  readonly remedy?: string;
}

export const ok = (name: string, found: string): Check => ({ name, status: "ok", found });

export const warn = (name: string, found: string, remedy: string): Check => ({
  name,
  status: "warn",
  found,
  remedy,
});

export const fail = (name: string, found: string, remedy: string): Check => ({
  name,
  status: "fail",
  found,
  remedy,
});

export function reasonOf(error: unknown): string {
  return (error as { code?: string }).code ?? (error as Error).message;
}
