import type { SyntaxNode } from "@lezer/common";
import { PetageError } from "#lib/base/errors.ts";
import type { SourceText } from "../source.ts";

const CLOSERS: ReadonlyMap<string, string> = new Map([
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
]);

/** Throws CONFIG_SYNTAX at the first place where the text is not Python. The parser itself tolerates every error. */
export function checkSyntax(root: SyntaxNode, source: SourceText): void {
  const error = firstError(root);
  if (error) throw describeError(error, source);
  checkIndentation(root, source);
}

function firstError(root: SyntaxNode): SyntaxNode | undefined {
  const cursor = root.cursor();
  do {
    if (cursor.type.isError || cursor.name === "PrintStatement") return cursor.node;
  } while (cursor.next());
  return undefined;
}

function describeError(error: SyntaxNode, source: SourceText): PetageError {
  if (error.name === "PrintStatement")
    return syntaxError(source, error.from, "`print` needs brackets", "Python 2 is not supported");
  const near = source.text.slice(error.from).match(/^\s*([\w.]+|\S)/)?.[1];
  const opener = unclosedBracket(error, source);
  if (opener !== undefined && (near === undefined || isPastLine(error, opener, source))) {
    const bracket = source.text.charAt(opener);
    return syntaxError(
      source,
      opener,
      `\`${bracket}\` is never closed`,
      `Add \`${CLOSERS.get(bracket)}\`, or the comma that is missing before the next line`,
    );
  }
  if (near === undefined) return syntaxError(source, error.from, "The file ends too early");
  const at = error.from + (source.text.slice(error.from).match(/^\s*/)?.[0].length ?? 0);
  return syntaxError(
    source,
    at,
    `Invalid syntax at \`${near}\``,
    opener === undefined ? undefined : "A comma may be missing before it",
  );
}

/** An opening bracket around the error for which the parser found no partner. */
function unclosedBracket(error: SyntaxNode, source: SourceText): number | undefined {
  for (let node: SyntaxNode | null = error; node; node = node.parent) {
    for (let child = node.firstChild; child; child = child.nextSibling) {
      const closer = CLOSERS.get(source.text.slice(child.from, child.to));
      if (closer !== undefined && child.from < error.from && node.lastChild?.name !== closer) return child.from;
    }
  }
  return undefined;
}

/** Whether the error lies behind an assignment of a later line, which shows that a bracket was left open. */
function isPastLine(error: SyntaxNode, opener: number, source: SourceText): boolean {
  const between = source.text.slice(opener, error.from);
  const next = source.text.slice(error.from);
  return (
    between.includes("\n") &&
    /^\s*[A-Za-z_]\w*\s*=/.test(next) &&
    /\n\s*$/.test(between + (/^\s*/.exec(next)?.[0] ?? ""))
  );
}

/** The parser ignores indentation that fits no block; Python does not. */
function checkIndentation(node: SyntaxNode, source: SourceText): void {
  const cursor = node.cursor();
  do {
    if (cursor.name === "Script" || cursor.name === "Body") checkBlock(cursor.node, source);
  } while (cursor.next());
}

function checkBlock(block: SyntaxNode, source: SourceText): void {
  let expected = block.name === "Script" ? "" : undefined;
  for (let child = block.firstChild; child; child = child.nextSibling) {
    const before = source.text.slice(source.text.lastIndexOf("\n", child.from - 1) + 1, child.from);
    if (child.name === "Comment" || child.name === ":" || /\S/.test(before)) continue;
    expected ??= before;
    if (before !== expected)
      throw syntaxError(
        source,
        child.from,
        "Unexpected indentation",
        "Statements of one block start in the same column",
      );
  }
}

function syntaxError(source: SourceText, at: number, message: string, hint?: string): PetageError {
  return new PetageError("CONFIG_SYNTAX", message, {
    position: source.position(at),
    ...(hint !== undefined && { hint }),
  });
}
