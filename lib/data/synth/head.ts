import { css, darker, hex, lighter, mix, type Colour } from "./colour.ts";
import type { Traits } from "./traits.ts";

const WHITE = hex("#f7f5f2");
const INK = "#2b2024";

/** A face of about 60 x 56 around (0, 0), to be placed and scaled by whoever draws the body. */
export function drawHead(traits: Traits): string {
  const { coat, grey, hasEyePatch, patch } = traits;
  // Young heads are round and their faces sit low; old ones are longer.
  const height = 26 + 2 * traits.growth;
  const width = 31 - 2 * traits.growth;
  return [
    drawEars(traits, width),
    `<ellipse rx="${width}" ry="${height}" fill="${css(coat)}"/>`,
    // The mask of grey that creeps up from the muzzle.
    `<ellipse cy="${14 - 7 * grey}" rx="${15 + 12 * grey}" ry="${9 + 14 * grey}" fill="${css(WHITE)}" opacity="${0.9 * grey}"/>`,
    hasEyePatch ? `<ellipse cx="-12" cy="-3" rx="10" ry="11" fill="${css(patch)}" opacity="0.8"/>` : "",
    drawMuzzle(traits),
    drawEye(traits, -12.5),
    drawEye(traits, 12.5),
    drawBrows(traits),
    drawProp(traits),
  ].join("");
}

function drawEars({ species, coat, droop, grey, growth }: Traits, width: number): string {
  const outer = css(darker(mix(coat, WHITE, 0.25 * grey), species === "dog" ? 0.22 : 0.05));
  const inner = css(mix(hex("#f2b8b5"), WHITE, 0.4 * grey));
  if (species === "cat") {
    const ear = (side: number): string =>
      `<g transform="scale(${side} 1) rotate(${droop * 22} 16 -20)"><path d="M6 -23 L${width - 5} -${40 + 4 * growth} L${width - 2} -8Z" fill="${outer}" stroke="${outer}" stroke-width="4" stroke-linejoin="round"/><path d="M12 -22 L${width - 8} -${34 + 3 * growth} L${width - 6} -14Z" fill="${inner}"/></g>`;
    return ear(1) + ear(-1);
  }
  const length = 15 + 8 * growth + 4 * droop;
  const ear = (side: number): string =>
    `<ellipse cx="${side * (width - 1)}" cy="${-9 + length * 0.55}" rx="9" ry="${length}" fill="${outer}" transform="rotate(${side * (-24 + 16 * droop)} ${side * (width - 4)} -14)"/>`;
  return ear(1) + ear(-1);
}

function drawMuzzle({ species, coat, grey, age, growth, collar }: Traits): string {
  const fur = mix(lighter(coat, 0.45), WHITE, grey);
  const nose = species === "dog" ? INK : "#d98880";
  const size = species === "dog" ? 1 : 0.72;
  const whiskers = [-1, 1].map((side) =>
    [-3, 1, 5].map((dy) => `<path d="M${side * 10} ${12 + dy / 2} L${side * 32} ${9 + dy * 1.6}"/>`).join(""),
  );
  return [
    species === "dog"
      ? `<ellipse cy="13" rx="${12 + 2 * growth}" ry="${9 + 2 * growth}" fill="${css(fur)}"/>`
      : `<ellipse cx="-5" cy="13" rx="7.5" ry="6" fill="${css(fur)}"/><ellipse cx="5" cy="13" rx="7.5" ry="6" fill="${css(fur)}"/>`,
    species === "dog" && age < 70
      ? `<path d="M-4 17 q4 13 8 0Z" fill="${css(mix(hex("#ef7d8b"), collar, 0.1))}"/>`
      : "",
    `<path d="M0 11 V15 M-7 15.5 Q-3.5 19.5 0 15.5 Q3.5 19.5 7 15.5" stroke="${INK}" stroke-width="1.6" fill="none" stroke-linecap="round"/>`,
    `<ellipse cy="8" rx="${5.4 * size}" ry="${3.8 * size}" fill="${nose}"/><ellipse cx="-1.6" cy="6.9" rx="1.5" ry="0.8" fill="#fff" opacity="0.7"/>`,
    species === "cat" ? `<g stroke="#fff" stroke-width="0.9" opacity="0.9">${whiskers.join("")}</g>` : "",
  ].join("");
}

function drawEye(traits: Traits, x: number): string {
  const { species, iris, cloudiness, droop, growth, coat, grey } = traits;
  const size = 7.4 - 2.5 * growth - 0.8 * droop;
  const lens = mix(iris, hex("#cfdbe6"), 0.85 * cloudiness);
  const pupil: Colour = mix(hex("#191317"), hex("#aebfce"), 0.75 * cloudiness);
  const lid = css(darker(mix(coat, WHITE, 0.6 * grey), 0.12));
  const slit = species === "cat" ? 0.3 + 0.45 * (1 - growth) : 0.66;
  return `<g transform="translate(${x} -3)">
<circle r="${size + 1}" fill="#fdfcf9"/><circle r="${size}" fill="${css(lens)}"/>
<ellipse rx="${size * slit}" ry="${size * 0.72}" fill="${css(pupil)}"/>
<circle cx="${size * 0.3}" cy="${-size * 0.35}" r="${size * 0.28}" fill="#fff" opacity="${1 - 0.6 * cloudiness}"/>
<path d="M${-size - 2} ${-size - 2} H${size + 2} V${-size + 1 + droop * size * 0.95} Q0 ${-size - 3 + droop * size * 1.5} ${-size - 2} ${-size + 1 + droop * size * 0.95}Z" fill="${lid}"/></g>`;
}

function drawBrows({ grey, droop }: Traits): string {
  if (grey < 0.25) return "";
  const brow = (side: number): string =>
    `<path d="M${side * 6} ${-13 + droop} q${side * 7} ${-4 * grey} ${side * 14} ${2 + 2 * droop}" stroke="${css(WHITE)}" stroke-width="${1 + 3.4 * grey}" stroke-linecap="round" fill="none"/>`;
  return brow(1) + brow(-1);
}

function drawProp({ prop, collar }: Traits): string {
  if (prop === "party hat") {
    return `<g transform="rotate(8)"><path d="M-13 -22 L0 -56 L13 -22Z" fill="${css(collar)}"/><path d="M-9 -31 L8 -35 M-5 -42 L4 -45" stroke="#ffe169" stroke-width="3.4"/><circle cy="-57" r="4.5" fill="#ffe169"/></g>`;
  }
  if (prop === "spectacles") {
    return `<g fill="none" stroke="#5d4037" stroke-width="1.8"><circle cx="-12.5" cy="-2" r="9.5"/><circle cx="12.5" cy="-2" r="9.5"/><path d="M-3 -3 Q0 -6 3 -3"/></g>`;
  }
  return "";
}
