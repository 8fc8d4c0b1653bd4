import type { Random } from "#lib/base/random.ts";

/** Labels are months, 0 to 191. */
export const AGE_CLASSES = 192;

/**
 * Photos per year of age in the training labels of the Tianchi pet-age contest (dataset 532092), which petage was
 * made for: from the year 0 to the year 16.
 */
const PHOTOS_PER_YEAR = [1254, 2919, 3040, 2488, 1686, 2602, 1241, 1508, 1032, 771, 527, 318, 252, 128, 100, 40, 19];
/** How many of those say exactly 12 months: owners round to the first birthday. */
const PHOTOS_OF_FIRST_BIRTHDAY = 379;
const TOTAL = PHOTOS_PER_YEAR.reduce((sum, count) => sum + count, 0);

/** An age in months as the contest's labels are spread; none is 0, and those of 192 and more are drawn again. */
export function drawAge(random: Random): number {
  for (;;) {
    const age = drawContestAge(random);
    if (age < AGE_CLASSES) return age;
  }
}

function drawContestAge(random: Random): number {
  let left = random.uniform(0, TOTAL);
  const year = PHOTOS_PER_YEAR.findIndex((count) => (left -= count) < 0);
  if (year === 0) return random.integer(1, 11);
  if (year !== 1) return random.integer(12 * year, 12 * year + 11);
  const birthday = random.next() * (PHOTOS_PER_YEAR[1] ?? 1) < PHOTOS_OF_FIRST_BIRTHDAY;
  return birthday ? 12 : random.integer(13, 23);
}
