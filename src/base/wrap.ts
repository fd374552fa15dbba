/** Text in lines that a terminal of 80 columns does not break. */
export const COLUMNS = 80;

/**
 * Breaks at blanks. Lines from the second on begin with `indent` blanks; `used` columns of the first are taken already. A
 * word that is longer than a line stands alone on one.
 */
export function wrapped(text: string, indent = 0, used = indent, columns = COLUMNS): string {
  const words = text.split(" ");
  let line = words[0]!;
  let room = columns - used;
  const lines: string[] = [];
  for (const word of words.slice(1)) {
    if (line.length + 1 + word.length <= room) {
      line += ` ${word}`;
      continue;
    }
    lines.push(line);
    line = word;
    room = columns - indent;
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}

/** A command line over as many lines as it needs, the shell's way; an option stays with what it takes. */
export function wrappedCommand(command: string, indent = 0, columns = COLUMNS): string {
  const groups: string[] = [];
  for (const word of command.match(/(?:"[^"]*"|[^\s"])+/g) ?? []) {
    const last = groups.at(-1);
    // What follows an operator stays with it.
    const isTaken =
      last !== undefined && (/^[<>|&]/.test(last) || (/^--\S+$/.test(last) && !word.startsWith("--")));
    if (isTaken) groups[groups.length - 1] = `${last} ${word}`;
    else groups.push(word);
  }
  const lines: string[] = [];
  let line = "";
  for (const [i, group] of groups.entries()) {
    const room = columns - indent - (lines.length === 0 ? 0 : 4) - (i === groups.length - 1 ? 0 : 2);
    if (line !== "" && line.length + 1 + group.length > room) {
      lines.push(line);
      line = group;
    } else line = line === "" ? group : `${line} ${group}`;
  }
  return [...lines, line].join(` \\\n${" ".repeat(indent + 4)}`);
}
