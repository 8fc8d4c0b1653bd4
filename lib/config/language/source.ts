import type { SourcePosition } from "#lib/base/errors.ts";

/** One edit: `length` characters at `at` of the new text replace what stood at `from` in the text before. */
interface Edit {
  readonly at: number;
  readonly length: number;
  readonly from: number;
  readonly fromLength: number;
}

/** The text of a config file. Every offset can be traced back to the file, also after substitutions. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  readonly #before: SourceText | undefined;
  readonly #edits: readonly Edit[];
  #lineStarts: readonly number[] | undefined;
  #editStarts: readonly number[] | undefined;

  private constructor(file: string, text: string, before?: SourceText, edits: readonly Edit[] = []) {
    this.file = file;
    this.text = text;
    this.#before = before;
    this.#edits = edits;
  }

  /** @param file the name that messages show. */
  static of(file: string, text: string): SourceText {
    return new SourceText(file, text.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n"));
  }

  /** The text with each match of a global pattern replaced. */
  replace(pattern: RegExp, replacement: (match: RegExpExecArray, offset: number) => string): SourceText {
    const edits: Edit[] = [];
    let text = "";
    let end = 0;
    for (const match of this.text.matchAll(pattern)) {
      const piece = replacement(match, match.index);
      if (piece === match[0]) continue;
      text += this.text.slice(end, match.index);
      edits.push({ at: text.length, length: piece.length, from: match.index, fromLength: match[0].length });
      text += piece;
      end = match.index + match[0].length;
    }
    return edits.length === 0 ? this : new SourceText(this.file, text + this.text.slice(end), this, edits);
  }

  /** Where the character at `offset` stands in the file. */
  position(offset: number): SourcePosition {
    if (this.#before) return this.#before.position(this.#offsetBefore(offset));
    this.#lineStarts ??= [0, ...[...this.text.matchAll(/\n/g)].map((match) => match.index + 1)];
    const line = countUpTo(this.#lineStarts, offset);
    return { file: this.file, line, column: offset - (this.#lineStarts[line - 1] ?? 0) + 1 };
  }

  #offsetBefore(offset: number): number {
    this.#editStarts ??= this.#edits.map(({ at }) => at);
    const edit = this.#edits[countUpTo(this.#editStarts, offset) - 1];
    if (!edit) return offset;
    const past = offset - edit.at - edit.length;
    return past < 0 ? edit.from : edit.from + edit.fromLength + past;
  }
}

/** How many of the ascending numbers are at most `limit`. */
function countUpTo(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? Infinity) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
