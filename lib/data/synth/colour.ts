/** Red, green, blue, each 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

export function hex(text: string): Colour {
  const value = Number.parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** `share` of `to`, the rest of `from`. */
export function mix(from: Colour, to: Colour, share: number): Colour {
  const part = (a: number, b: number): number => a + (b - a) * Math.min(Math.max(share, 0), 1);
  return [part(from[0], to[0]), part(from[1], to[1]), part(from[2], to[2])];
}

export function darker(colour: Colour, share: number): Colour {
  return mix(colour, [30, 20, 25], share);
}

export function lighter(colour: Colour, share: number): Colour {
  return mix(colour, [255, 250, 240], share);
}

/** A colour between evenly spaced stops; `position` runs from 0 to 1. */
export function gradient(stops: readonly Colour[], position: number): Colour {
  const at = Math.min(Math.max(position, 0), 1) * (stops.length - 1);
  const index = Math.min(Math.floor(at), stops.length - 2);
  return mix(stops[index] ?? [0, 0, 0], stops[index + 1] ?? [0, 0, 0], at - index);
}

export function css([red, green, blue]: Colour): string {
  return `rgb(${Math.round(red)},${Math.round(green)},${Math.round(blue)})`;
}
