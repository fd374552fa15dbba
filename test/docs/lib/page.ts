/** A page of Markdown as who follows it meets it: its fenced blocks in order, and what each one is for. */

/**
 * Why a block is not run here. It has to say so in its info string, `sh on-device: systemd`, and its lines have to bear it
 * out: each must match, or be a comment, or a command of aranya-edge beside one that does.
 */
export const REASONS = {
  systemd: /\b(systemctl|journalctl|systemd-\w+|coredumpctl)\b/,
  root: /\b(sudo|chown|useradd|usermod|mount|sysctl)\b|\/etc\/|\/var\/lib\//,
  package: /\b(apt|apt-get|dpkg|install\.sh|sha256sum)\b/,
  network: /\b(ssh|scp|ping|nc|tcpdump|git clone)\b|\b(192\.0\.2|198\.51\.100|203\.0\.113)\.|\.example\b/,
  build: /\b(npm|cmake)\b/,
} as const;
export type Reason = keyof typeof REASONS;

export interface Block {
  /** Of its fence, counted from 1. */
  readonly line: number;
  readonly language: string;
  /** What follows the language. */
  readonly info: string;
  /** What the paragraph above it calls it: the last `name.ext` there. */
  readonly file: string | undefined;
  readonly text: string;
}

const FENCE = /^( *)```(.*)$/;
const FILE_NAME = /`([\w.-]+\.(?:ts|c|json|service|conf))`/g;

export function blocksOf(markdown: string): Block[] {
  const lines = markdown.split("\n");
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const open = FENCE.exec(lines[i]!);
    if (open === null) continue;
    const [, indent = "", rest = ""] = open;
    const [language = "", ...info] = rest.trim().split(" ");
    const end = lines.findIndex((line, j) => j > i && line.trim() === "```");
    if (end < 0) throw new Error(`line ${i + 1}: a block that does not end`);
    const text = lines.slice(i + 1, end).map((line) => line.slice(indent.length));
    blocks.push({
      line: i + 1,
      language,
      info: info.join(" "),
      file: fileNamedAbove(lines.slice(0, i)),
      text: text.join("\n"),
    });
    i = end;
  }
  return blocks;
}

function fileNamedAbove(lines: readonly string[]): string | undefined {
  const above = [...lines];
  while (above.at(-1)?.trim() === "") above.pop();
  const paragraph: string[] = [];
  for (let line = above.pop(); line !== undefined && line.trim() !== ""; line = above.pop()) {
    if (line.trimStart().startsWith("```")) break;
    paragraph.unshift(line);
  }
  return [...paragraph.join("\n").matchAll(FILE_NAME)].at(-1)?.[1];
}

/** Why it is not run, where it says so. Throws where that is no reason, or not borne out. */
export function reasonOf(block: Block): Reason | undefined {
  if (block.info === "") return undefined;
  const reason = /^on-device: (\w+)$/.exec(block.info)?.[1];
  if (reason === undefined || !Object.hasOwn(REASONS, reason)) {
    throw new Error(
      `line ${block.line}: "${block.info}" is no reason; on-device: ${Object.keys(REASONS).join(", ")}`,
    );
  }
  if (!REASONS[reason as Reason].test(block.text)) {
    throw new Error(`line ${block.line}: nothing in it needs what "${reason}" stands for`);
  }
  return reason as Reason;
}
