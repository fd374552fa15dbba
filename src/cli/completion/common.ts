/** What completions of all shells agree on. */
import type { OptionNode } from "../tree.ts";

/** Options and arguments that name a file or a directory. */
const FILES = /^(file|path|dir|bundle-file)$/;

export function namesFile(name: string): boolean {
  return FILES.test(name.replace(/[<>[\]]/g, ""));
}

/** What comes after an option: one of a few words, a file, or something nobody can know; nothing where it takes nothing. */
export function takes(option: OptionNode): "nothing" | "choice" | "file" | "other" {
  if (option.value === undefined) return "nothing";
  if (option.choices.length > 0) return "choice";
  return namesFile(option.value) ? "file" : "other";
}

/** For a shell, as one word. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
