import { css, darker, hex, lighter, mix } from "./colour.ts";
import { drawHead } from "./head.ts";
import type { Traits } from "./traits.ts";

/** The pet, in a frame where (0, 0) is where it sits or lies and up is negative. */
export function drawBody(traits: Traits): string {
  return traits.lies ? drawLying(traits) : drawSitting(traits);
}

function fur({ coat, grey }: Traits): { coat: string; shade: string; chest: string } {
  return {
    coat: css(coat),
    shade: css(darker(coat, 0.16)),
    chest: css(mix(lighter(coat, 0.4), hex("#f7f5f2"), 0.8 * grey)),
  };
}

function drawSitting(traits: Traits): string {
  const { growth, belly, droop } = traits;
  const { coat, shade, chest } = fur(traits);
  const height = 40 + 26 * growth;
  const width = 21 + 6 * growth + 9 * belly;
  const headScale = 1.06 - 0.16 * growth;
  const neck = height - 8 - 9 * droop;
  const leg = (side: number): string =>
    `<path d="M${side * 8} ${-height * 0.5} V-5" stroke="${coat}" stroke-width="${10 + 2 * growth}" stroke-linecap="round"/><ellipse cx="${side * 9}" cy="-3" rx="8" ry="5" fill="${chest}"/>`;
  return [
    shadow(width + 8),
    drawTail(traits, width),
    `<path d="M0 ${-height} C ${width * 0.75} ${-height} ${width} ${-height * 0.35} ${width} -12 Q ${width} 0 0 0 Q ${-width} 0 ${-width} -12 C ${-width} ${-height * 0.35} ${-width * 0.75} ${-height} 0 ${-height}Z" fill="${coat}"/>`,
    `<ellipse cx="${-width + 6}" cy="-8" rx="10" ry="8" fill="${shade}"/><ellipse cx="${width - 6}" cy="-8" rx="10" ry="8" fill="${shade}"/>`,
    `<ellipse cy="${-height * 0.6}" rx="${width * 0.42}" ry="${height * 0.2}" fill="${chest}"/>`,
    leg(-1) + leg(1),
    drawNeckwear(traits, -neck + 16),
    `<g transform="translate(0 ${-neck - 10}) rotate(${4 * droop}) scale(${headScale})">${drawHead(traits)}</g>`,
    drawBall(traits, width),
  ].join("");
}

function drawLying(traits: Traits): string {
  const { growth, belly } = traits;
  const { coat, shade, chest } = fur(traits);
  const length = 34 + 16 * growth;
  const height = 17 + 4 * growth + 6 * belly;
  return [
    shadow(length + 6),
    drawTail(traits, length - 6),
    `<ellipse cx="8" cy="${-height}" rx="${length}" ry="${height}" fill="${coat}"/>`,
    `<ellipse cx="${length * 0.6}" cy="-10" rx="15" ry="12" fill="${shade}"/>`,
    `<ellipse cx="-26" cy="-4" rx="14" ry="5.5" fill="${chest}"/><ellipse cx="6" cy="-4" rx="14" ry="5.5" fill="${chest}"/>`,
    drawNeckwear(traits, -14),
    `<g transform="translate(-10 ${-height - 7}) rotate(5) scale(0.9)">${drawHead(traits)}</g>`,
  ].join("");
}

function shadow(width: number): string {
  return `<ellipse cy="1" rx="${width}" ry="6" fill="#000" opacity="0.18"/>`;
}

function drawTail({ species, coat, growth, droop, lies }: Traits, width: number): string {
  const stroke = css(darker(coat, 0.12));
  const lift = (species === "cat" ? 46 : 34) * (0.5 + 0.5 * growth) * (1 - 0.75 * droop) * (lies ? 0.3 : 1);
  const thickness = species === "cat" ? 7 : 9 - 2 * growth;
  const tip = species === "cat" ? 12 : -4;
  return `<path d="M${width - 6} -8 q20 -2 14 ${-lift * 0.6} t${tip} ${-lift * 0.4}" stroke="${stroke}" stroke-width="${thickness}" stroke-linecap="round" fill="none"/>`;
}

function drawNeckwear({ prop, collar }: Traits, y: number): string {
  if (prop === "scarf") {
    return `<path d="M-17 ${y} Q0 ${y + 9} 17 ${y}" stroke="${css(collar)}" stroke-width="9" stroke-linecap="round" fill="none"/><path d="M8 ${y + 4} l6 20" stroke="${css(collar)}" stroke-width="8" stroke-linecap="round"/><path d="M10.5 ${y + 12} l2 7" stroke="#fff" stroke-width="8" opacity="0.5"/>`;
  }
  return `<path d="M-14 ${y} Q0 ${y + 8} 14 ${y}" stroke="${css(collar)}" stroke-width="4.5" fill="none"/><circle cy="${y + 7}" r="3.4" fill="#ffd23f"/>`;
}

function drawBall({ prop, collar }: Traits, width: number): string {
  if (prop !== "ball") return "";
  const x = -width - 10;
  return `<circle cx="${x}" cy="-8" r="9" fill="${css(collar)}"/><path d="M${x - 8} -11 Q${x} -4 ${x + 8} -11" stroke="#fff" stroke-width="2.2" fill="none"/>`;
}
