const SHOWN_CHARACTERS = 100;

/**
 * What JSON.parse does not tell, and what would make it work for nothing: a key that an object has twice, or values that
 * are nested deeper than any header's. Nothing where neither is so; the text need not be JSON.
 */
export function faultOfJson(text: string, maxNesting: number): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "{" || character === "[") {
      if (open.push(new Set()) > maxNesting) return `nests deeper than ${maxNesting} levels`;
    } else if (character === "}" || character === "]") open.pop();
    else if (character === '"') {
      const end = endOfString(text, at);
      const key = isKey(text, end) ? text.slice(at, end) : undefined;
      if (key !== undefined && !isNew(key, open.at(-1))) return `has ${key.slice(0, SHOWN_CHARACTERS)} twice`;
      at = end - 1;
    }
  }
  return undefined;
}

/** Adds a key, as it is written, to those of its object. @throws SyntaxError where it is no string of JSON */
function isNew(written: string, keys: Set<string> | undefined): boolean {
  const key = String(JSON.parse(written));
  if (keys?.has(key)) return false;
  keys?.add(key);
  return true;
}

/** Behind the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (text[at] === " " || text[at] === "\n" || text[at] === "\r" || text[at] === "\t") at += 1;
  return text[at] === ":";
}
