/** x' = m[0] x + m[1] y + m[2], y' = m[3] x + m[4] y + m[5], in pixels from the centre of the first one. */
export type Affine = readonly [number, number, number, number, number, number];

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Turns by `degrees`, counter-clockwise, and scales, about a point (`cv2.getRotationMatrix2D`). */
export function rotation(centre: Point, degrees: number, scale: number): Affine {
  const angle = degrees * (Math.PI / 180);
  const along = Math.cos(angle) * scale;
  const across = Math.sin(angle) * scale;
  const [x, y] = [Math.fround(centre.x), Math.fround(centre.y)];
  return [along, across, (1 - along) * x - across * y, -across, along, across * x + (1 - along) * y];
}

export type Direction = "horizontal" | "vertical";

/** Moves each row (or column) by `magnitude` times its position; single precision, as in mmcv. */
export function shear(magnitude: number, direction: Direction): Affine {
  const by = Math.fround(magnitude);
  return direction === "horizontal" ? [1, by, 0, 0, 1, 0] : [1, 0, 0, by, 1, 0];
}

/** Moves by `offset` pixels, right or down; single precision, as in mmcv. */
export function translation(offset: number, direction: Direction): Affine {
  const by = Math.fround(offset);
  return direction === "horizontal" ? [1, 0, by, 0, 1, 0] : [1, 0, 0, 0, 1, by];
}

/** The way back, in the order of operations of `cv2.warpAffine`; of a singular one, 0 but for rounding. */
export function inverse([a, b, c, d, e, f]: Affine): Affine {
  const determinant = a * e - b * d;
  const factor = determinant === 0 ? 0 : 1 / determinant;
  const [first, second, third, fourth] = [e * factor, b * -factor, d * -factor, a * factor];
  return [first, second, -first * c - second * f, third, fourth, -third * c - fourth * f];
}
