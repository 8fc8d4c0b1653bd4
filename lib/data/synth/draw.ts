import type { Random } from "#lib/base/random.ts";
import { drawBody } from "./body.ts";
import { drawScenery } from "./scenery.ts";
import { drawTraits } from "./traits.ts";

/** Width and height of a picture in SVG's units. */
export const PICTURE_UNITS = 160;

/**
 * A picture of a dog or cat of the given age in months, as SVG of 160 x 160 units. What shows the age: size and
 * proportions, grey hair, eyes, posture, season, light; each with noise of its own.
 */
export function drawPet(age: number, random: Random): string {
  const traits = drawTraits(age, random);
  const scenery = drawScenery(traits, random);
  const [x, y] = traits.offset;
  const scale = (0.72 + 0.38 * traits.growth) * traits.zoom;
  const place = `translate(${80 + x * 1.6} ${146 + y * 1.6}) rotate(${traits.turnDegrees}) scale(${scale})`;
  const { brightness } = traits;
  const light = brightness < 1 ? `#1d1235` : `#fff`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 160" width="160" height="160">`,
    scenery,
    `<g transform="${place}">${drawBody(traits)}</g>`,
    `<rect width="160" height="160" fill="${light}" opacity="${Math.min(Math.abs(1 - brightness), 0.4)}"/>`,
    `</svg>`,
  ].join("");
}
