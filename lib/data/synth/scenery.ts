import type { Random } from "#lib/base/random.ts";
import { css, gradient, hex, lighter } from "./colour.ts";
import type { Traits } from "./traits.ts";

// The four seasons of a life: spring, high summer, autumn, winter.
const SKY = ["#bfe6fb", "#8fd0f5", "#f6d9a8", "#c9d2e4"].map(hex);
const GROUND = ["#a5dc86", "#63b04f", "#c9883f", "#f1f4f8"].map(hex);
const HILL = ["#8ed07a", "#4d9a48", "#a9672f", "#dfe6ef"].map(hex);
const SUN = ["#fff3b0", "#ffe169", "#ffb347", "#f4f1e6"].map(hex);

/** Sky, hills and what flies, blooms or falls; a 160 x 160 picture's background. */
export function drawScenery({ season }: Traits, random: Random): string {
  const horizon = random.uniform(88, 104);
  const sky = gradient(SKY, season);
  const sunHeight = 26 + 34 * season + random.uniform(-6, 6);
  const sunX = random.next() < 0.5 ? random.uniform(14, 40) : random.uniform(120, 146);
  const bulge = random.uniform(8, 22);
  return [
    `<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">`,
    `<stop offset="0" stop-color="${css(sky)}"/><stop offset="1" stop-color="${css(lighter(sky, 0.6))}"/></linearGradient></defs>`,
    `<rect x="-30" y="-30" width="220" height="220" fill="url(#sky)"/>`,
    `<circle cx="${sunX}" cy="${sunHeight}" r="13" fill="${css(gradient(SUN, season))}"/>`,
    `<path d="M-30 ${horizon} Q 40 ${horizon - bulge} 90 ${horizon} T 200 ${horizon - 6} V190 H-30Z" fill="${css(gradient(HILL, season))}"/>`,
    `<path d="M-30 ${horizon + 16} Q 70 ${horizon + 4} 200 ${horizon + 18} V190 H-30Z" fill="${css(gradient(GROUND, season))}"/>`,
    ...Array.from({ length: 14 }, () => drawBit(season, random)),
  ].join("");
}

/** One flower, tuft, leaf or flake, whichever the season has. */
function drawBit(season: number, random: Random): string {
  const at = season * 3 + random.normal(0, 0.35);
  const [x, y] = [random.uniform(0, 160), random.uniform(0, 160)];
  if (at < 0.7) return y > 108 ? flower(x, y, random) : random.next() < 0.15 ? butterfly(x, y, random) : "";
  if (at < 1.6)
    return y > 108
      ? `<path d="M${x} ${y} q1 -7 -2 -9 m2 9 q0 -7 3 -8" stroke="#2f7a36" stroke-width="1.6" fill="none"/>`
      : "";
  if (at < 2.5) {
    const leaf = ["#d9622b", "#e39a2d", "#b5482a"][random.integer(0, 2)];
    return `<ellipse cx="${x}" cy="${y}" rx="4" ry="2" fill="${leaf}" transform="rotate(${random.uniform(0, 180)} ${x} ${y})"/>`;
  }
  return `<circle cx="${x}" cy="${y}" r="${random.uniform(1, 2.4)}" fill="#fff" opacity="0.95"/>`;
}

function flower(x: number, y: number, random: Random): string {
  const petals = ["#ff8fb3", "#ffd23f", "#ffffff", "#c58bf2"][random.integer(0, 3)];
  const ring = [0, 72, 144, 216, 288].map(
    (turn) => `<circle cx="${x}" cy="${y - 2.4}" r="1.9" transform="rotate(${turn} ${x} ${y})"/>`,
  );
  return `<g fill="${petals}">${ring.join("")}</g><circle cx="${x}" cy="${y}" r="1.4" fill="#f7b500"/>`;
}

function butterfly(x: number, y: number, random: Random): string {
  const turn = random.uniform(-30, 30);
  return `<g transform="rotate(${turn} ${x} ${y})" fill="#f48fb1"><ellipse cx="${x - 3}" cy="${y}" rx="3" ry="4.4"/><ellipse cx="${x + 3}" cy="${y}" rx="3" ry="4.4"/><rect x="${x - 0.6}" y="${y - 4}" width="1.2" height="8" fill="#5d4037"/></g>`;
}
