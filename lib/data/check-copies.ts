import { PetageError } from "#lib/base/errors.ts";
import { MAX_LOOKS, type CheckedPhoto } from "./check.ts";
import { findLookAlikes } from "./look-alikes.ts";

/** The photos of one split of a config, as `checkDataset` found them. */
export interface CheckedSplit {
  readonly name: string;
  readonly photos: readonly CheckedPhoto[];
}

export interface CopyCheck {
  /** Equal files that spoil a training or its figures: in two splits, or of two ages. */
  readonly problems: readonly PetageError[];
  /** The same of photos that only look alike, and equal files that do no more than count twice. */
  readonly warnings: readonly PetageError[];
  /** Whether some photos were not compared by their looks, as there were too many. */
  readonly isPartial: boolean;
}

type Copy = CheckedPhoto & { readonly split: string };

/** Photos of a group that a message names. */
const MAX_NAMED = 4;

/** Looks for copies of a photo: in several splits, of several ages, or several in one split. */
export function checkCopies(splits: readonly CheckedSplit[]): CopyCheck {
  const photos: readonly Copy[] = splits.flatMap(({ name, photos: own }) =>
    own.map((one) => ({ ...one, split: name })),
  );
  const { groups, isPartial: isCut } = findLookAlikes(photos);
  const [problems, warnings]: [PetageError[], PetageError[]] = [[], []];
  for (const group of groups) {
    const copies = group.flatMap((position) => photos[position] ?? []);
    const equal = equalFiles(copies);
    const [problem] = equal.flatMap((some) => faultOf(some, "The same photo") ?? []);
    const warning = faultOf(copies, "A photo that looks the same") ?? twice(equal);
    if (problem) problems.push(problem);
    else if (warning) warnings.push(warning);
  }
  const isPartial = isCut || splits.some((split) => split.photos.length > MAX_LOOKS);
  return { problems, warnings, isPartial };
}

/** The copies, those of equal files together. */
function equalFiles(copies: readonly Copy[]): readonly (readonly Copy[])[] {
  const byDigest = new Map<string, Copy[]>();
  for (const copy of copies) {
    const equal = byDigest.get(copy.digest);
    if (equal) equal.push(copy);
    else byDigest.set(copy.digest, [copy]);
  }
  return [...byDigest.values()];
}

/** What is wrong with copies of one photo, if anything. */
function faultOf(copies: readonly Copy[], what: string): PetageError | undefined {
  const splits = [...new Set(copies.map(({ split }) => split))];
  if (splits.length > 1) {
    return fault(`${what} is in ${splits.join(" and ")}: ${named(copies)}`, "Leave it in one of them");
  }
  const ages = new Set(copies.flatMap(({ label }) => label ?? []));
  if (ages.size < 2) return undefined;
  return fault(`${what} has different ages: ${named(copies)}`, "Correct the ages, or leave out what is wrong");
}

function twice(equal: readonly (readonly Copy[])[]): PetageError | undefined {
  const several = equal.find(({ length }) => length > 1);
  return several && fault(`The same photo counts ${several.length} times: ${named(several)}`, "Leave it in once");
}

function fault(message: string, hint: string): PetageError {
  return new PetageError("DATASET_INVALID", message, {
    hint: `${hint}; \`petage dataset split\` keeps copies together`,
  });
}

function named(copies: readonly Copy[]): string {
  const shown = copies.slice(0, MAX_NAMED).map(({ id, label, split }) => {
    const age = label === null ? "" : `, ${label} month${label === 1 ? "" : "s"}`;
    return `"${id}" (${split}${age})`;
  });
  const more = copies.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
