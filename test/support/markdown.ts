/** A fenced block of a Markdown document. */
export interface CodeBlock {
  /** What follows the fence, less the language: `sh skip` gives "skip". */
  readonly attributes: string;
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

/** The fenced blocks in one language, in order. */
export function codeBlocks(markdown: string, language: string): CodeBlock[] {
  const lines = markdown.split("\n");
  const blocks: CodeBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, indent = "", fence, info = ""] = /^(\s*)(`{3,})(.*)$/.exec(lines[at] ?? "") ?? [];
    if (fence === undefined) continue;
    const start = at + 1;
    do at++;
    while (at < lines.length && lines[at]?.trim() !== fence);
    const [name, ...attributes] = info.trim().split(/\s+/);
    if (name !== language) continue;
    const text = lines.slice(start, at).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    blocks.push({ attributes: attributes.join(" "), text: text.join("\n"), line: start });
  }
  return blocks;
}

/** The commands of a shell block: one per line, continued lines joined, comments and prompts left out. */
export function shellCommands(block: string): string[] {
  return block
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.replace(/^\$ /, "").trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** The body rows of the Markdown tables of a document, cell by cell. */
export function tableRows(markdown: string): string[][] {
  const rows = markdown.split("\n").filter((line) => line.startsWith("|"));
  const isRule = (line: string | undefined): boolean => /^\|[\s:|-]+\|$/.test(line ?? "");
  return rows
    .filter((line, at) => !isRule(line) && !isRule(rows[at + 1]))
    .map((line) => line.slice(1, line.lastIndexOf("|")).split("|"))
    .map((cells) => cells.map((cell) => cell.trim()));
}
