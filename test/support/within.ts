import assert from "node:assert/strict";

/** Everything of `part` is in `whole`; maps may have more there. A failure names the place. */
export function assertWithin(part: unknown, whole: unknown, place = ""): void {
  if (Array.isArray(part) && Array.isArray(whole)) {
    assert.equal(whole.length, part.length, `${place} has ${whole.length} elements, expected ${part.length}`);
    part.forEach((item: unknown, index) => assertWithin(item, whole[index], `${place}[${index}]`));
  } else if (isMap(part) && isMap(whole)) {
    for (const [key, value] of Object.entries(part)) assertWithin(value, whole[key], `${place}.${key}`);
  } else {
    assert.deepEqual(whole, part, `${place} is ${JSON.stringify(whole)}, expected ${JSON.stringify(part)}`);
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
