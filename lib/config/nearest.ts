import { distance } from "fastest-levenshtein";

const MOST_NAMES = 3;
/** Nobody means a known name by a longer one; comparing takes time by the product of both lengths. */
const LONGEST_NAME_CHARACTERS = 256;

/** Known names that look like `name`, nearest first, at most three. Letter case counts little. */
export function nearestNames(name: string, known: Iterable<string>): string[] {
  if (name.length > LONGEST_NAME_CHARACTERS) return [];
  const names = [...new Set(known)]; // once: of an iterator, such as a map's keys, nothing is left for a second look
  const sameNumber = names.filter((candidate) => isSameNumber(name, candidate));
  if (sameNumber.length > 0) return sameNumber;
  const wanted = name.toLowerCase();
  const tolerance = Math.max(2, Math.ceil(name.length / 3));
  return names
    .filter(({ length }) => length <= LONGEST_NAME_CHARACTERS)
    .map((candidate) => ({ candidate, edits: editsBetween(wanted, candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= tolerance)
    .toSorted((a, b) => a.edits - b.edits || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, MOST_NAMES)
    .map(({ candidate }) => candidate);
}

/** `03` and `3`: other numbers are not meant, however alike they look. */
function isSameNumber(name: string, candidate: string): boolean {
  const [digits, others] = [/^0*(\d+)$/.exec(name), /^0*(\d+)$/.exec(candidate)];
  return digits !== null && others !== null && digits[1] === others[1];
}

/** "Did you mean `a` or `b`?", or nothing when no name is near. */
export function didYouMean(name: string, known: Iterable<string>): string | undefined {
  const names = nearestNames(name, known).map((candidate) => `\`${candidate}\``);
  return names.length === 0 ? undefined : `Did you mean ${names.join(" or ")}?`;
}

/** A name that contains the other (`Accuracy` in `self_Accuracy`) is near however long it is. */
function editsBetween(wanted: string, candidate: string): number {
  const contained =
    wanted.length >= 4 && candidate.length >= 4 && (candidate.includes(wanted) || wanted.includes(candidate));
  return contained ? 1 : distance(wanted, candidate);
}

/** Letters of a known name for one that may differ in `isAlmost`: `load_form` is almost `load_from`, `data` is not. */
const LETTERS_PER_EDIT = 4;

/** Whether a name can hardly mean anything else than the known one; `_`, `-` and letter case count nothing. */
export function isAlmost(name: string, known: string): boolean {
  const [written, meant] = [name, known].map((text) => text.toLowerCase().replaceAll(/[_-]/g, ""));
  return distance(written ?? "", meant ?? "") <= Math.floor((meant ?? "").length / LETTERS_PER_EDIT);
}
