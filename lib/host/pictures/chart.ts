export const WIDTH_PX = 960;
export const HEIGHT_PX = 480;
export const MARGIN_PX = 56;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What the axes show: from 0 to `lastX`, from `low` to `high`. */
export interface Extent {
  readonly lastX: number;
  readonly low: number;
  readonly high: number;
}

/** An SVG of what is drawn on a white ground with two axes. */
export function chart(parts: readonly string[]): string {
  const right = WIDTH_PX - MARGIN_PX;
  const bottom = HEIGHT_PX - MARGIN_PX;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH_PX}" height="${HEIGHT_PX}">
<rect width="100%" height="100%" fill="white"/>
<path d="M${MARGIN_PX} ${MARGIN_PX}V${bottom}H${right}V${MARGIN_PX}" stroke="#bbb" fill="none"/>
${parts.filter(Boolean).join("\n")}
</svg>`;
}

export function label(x: number, y: number, content: string, style = ""): string {
  return `<text x="${x}" y="${y}" font-family="sans-serif" font-size="14" fill="#444" ${style}>${content}</text>`;
}

/** Where a point lies: "X Y" in pixels. */
export function place({ x, y }: Point, { lastX, low, high }: Extent): string {
  const across = MARGIN_PX + (x / lastX) * (WIDTH_PX - 2 * MARGIN_PX);
  const up = HEIGHT_PX - MARGIN_PX - ((y - low) / (high - low || 1)) * (HEIGHT_PX - 2 * MARGIN_PX);
  return `${across.toFixed(1)} ${up.toFixed(1)}`;
}

export function curve(points: readonly Point[], extent: Extent, colour: string): string {
  const path = points.map((point, index) => `${index === 0 ? "M" : "L"}${place(point, extent)}`);
  const dot = points.length === 1 ? "h0" : ""; // a line of no length is drawn as the round of its ends
  return `<path d="${path.join("")}${dot}" stroke="${colour}" stroke-width="${dot ? 8 : 2}" stroke-linecap="round" fill="none"/>`;
}
