import type { SyntaxNode } from "@lezer/common";
import { PetageError } from "#lib/base/errors.ts";
import { CONFIG_LIMITS } from "#lib/config/language/budget.ts";
import type { SourceText } from "#lib/config/language/source.ts";
import { STRING_OR_COMMENT } from "./literals.ts";

const CLOSERS: ReadonlyMap<string, string> = new Map([
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
]);

const STRING_OR_COMMENT_OR_BRACKET = new RegExp(`${STRING_OR_COMMENT.source}|[()[\\]{}]`, "g");

/** Throws CONFIG_SYNTAX at the first place where the text is not Python. The parser itself tolerates every error. */
export function checkSyntax(root: SyntaxNode, source: SourceText): void {
  const error = firstError(root);
  if (error) {
    checkBrackets(source);
    throw describeError(error, source);
  }
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
  if (error.name === "PrintStatement") {
    return syntaxError(source, error.from, "`print` needs brackets", "Python 2 is not supported");
  }
  const [space = "", token] = /^\s*([\w.]+|\S)?/.exec(source.text.slice(error.from)) ?? [];
  if (token === undefined) return syntaxError(source, error.from, "The file ends too early");
  const at = error.from + space.length - (space.endsWith(token) ? token.length : 0);
  const hint = isInBrackets(error) ? "A comma may be missing before it" : undefined;
  return syntaxError(source, at, `Invalid syntax at \`${token}\``, hint);
}

function isInBrackets(error: SyntaxNode): boolean {
  for (let node = error.parent; node; node = node.parent) if (CLOSERS.has(node.firstChild?.name ?? "")) return true;
  return false;
}

/** Of all mistakes a bracket without partner is the likeliest, and the parser notices it far from where it stands. */
function checkBrackets(source: SourceText): void {
  const open: { bracket: string; at: number }[] = [];
  for (const { 0: token, index: at } of source.text.matchAll(STRING_OR_COMMENT_OR_BRACKET)) {
    if (CLOSERS.has(token)) open.push({ bracket: token, at });
    if (open.length > CONFIG_LIMITS.depth) {
      const position = source.position(at);
      throw new PetageError("CONFIG_LIMIT", `The config nests deeper than the limit of ${CONFIG_LIMITS.depth}`, {
        position,
      });
    }
    if (!")]}".includes(token)) continue;
    const last = open.pop();
    if (!last) throw syntaxError(source, at, `\`${token}\` closes nothing`, "Remove it, or add what it should close");
    if (CLOSERS.get(last.bracket) !== token) {
      const { line, column } = source.position(last.at);
      throw syntaxError(
        source,
        at,
        `\`${token}\` does not close the \`${last.bracket}\` at ${line}:${column}`,
        `Write \`${CLOSERS.get(last.bracket)}\``,
      );
    }
  }
  const unclosed = open.at(-1);
  if (unclosed)
    throw syntaxError(
      source,
      unclosed.at,
      `\`${unclosed.bracket}\` is never closed`,
      `Add \`${CLOSERS.get(unclosed.bracket)}\``,
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
