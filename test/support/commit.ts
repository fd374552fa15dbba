import { execFileSync } from "node:child_process";

/** Twelve digits of the commit, `-dirty` where the checkout differs from it, `unknown` outside a checkout. */
export function commit(): string {
  const git = (...args: string[]): string =>
    execFileSync("git", args, {
      cwd: import.meta.dirname,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
    return git("rev-parse", "--short=12", "HEAD") + (changed ? "-dirty" : "");
  } catch {
    return "unknown";
  }
}
