// What `lib/data/warp` computes of a framed image, to the bit. `first` is the address of the pixel at (0, 0), around which
// there are four more on each side; `matrix` has six single-precision numbers, which say where a pixel of the result lies.

/** A sum of products that are rounded one by one is doubtful if it is so near to a half: fused ones may round otherwise. */
const CERTAIN: f32 = 0.498;

// @ts-ignore: decorator
@inline
function colourAt(address: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(address))));
}

/** Four pixels, `step` bytes apart. */
// @ts-ignore: decorator
@inline
function mixLine(at: usize, step: i32, w0: f32, w1: f32, w2: f32, w3: f32): v128 {
  let sum = f32x4.mul(colourAt(at), f32x4.splat(w0));
  sum = f32x4.add(sum, f32x4.mul(colourAt(at + step), f32x4.splat(w1)));
  const far = f32x4.mul(colourAt(at + step * 2), f32x4.splat(w2));
  return f32x4.add(sum, f32x4.add(far, f32x4.mul(colourAt(at + step * 3), f32x4.splat(w3))));
}

// @ts-ignore: decorator
@inline
function isDoubtful(sum: v128): bool {
  const off = f32x4.abs(f32x4.sub(sum, f32x4.nearest(sum)));
  return (i32x4.bitmask(f32x4.gt(off, f32x4.splat(CERTAIN))) & 7) != 0;
}

/** a * b + c, rounded once. */
// @ts-ignore: decorator
@inline
function fused(a: f32, b: f32, c: f32): f32 {
  return ((a as f64) * (b as f64) + (c as f64)) as f32;
}

/** Four bytes of a row, as OpenCV rounds. */
function mixExactly(at: usize, w0: f32, w1: f32, w2: f32, w3: f32): f32 {
  let sum: f32 = w0 * (load<u8>(at) as f32);
  sum = fused(w1, load<u8>(at, 3) as f32, sum);
  sum = fused(w2, load<u8>(at, 6) as f32, sum);
  return fused(w3, load<u8>(at, 9) as f32, sum);
}

/** The weight of the first of four pixels for a place `t` past the second of them, and `u` before the third. */
// @ts-ignore: decorator
@inline
function outerWeight(t: f32, u: f32): f32 {
  return -0.75 * (t * (u * u));
}

// @ts-ignore: decorator
@inline
function innerWeight(t: f32): f32 {
  return fused(fused(1.25, t, -2.25), t * t, 1);
}

/** OpenCV 5's `warpAffine` with INTER_CUBIC. */
export function warpCubic(first: usize, line: i32, matrix: usize, width: i32, height: i32, target: usize): void {
  let a0: f32, a1: f32, a2: f32, a3: f32, d0: f32, d1: f32, d2: f32, d3: f32;
  a0 = a1 = a2 = a3 = d0 = d1 = d2 = d3 = 0;
  let heldX: f32 = NaN;
  let heldY: f32 = NaN;
  for (let y = 0; y < height; y++) {
    const startX: f32 = (y as f32) * load<f32>(matrix, 4) + load<f32>(matrix, 8);
    const startY: f32 = (y as f32) * load<f32>(matrix, 16) + load<f32>(matrix, 20);
    for (let x = 0; x < width; x++) {
      const placeX: f32 = load<f32>(matrix) * (x as f32) + startX;
      const placeY: f32 = load<f32>(matrix, 12) * (x as f32) + startY;
      const left = floor(placeX);
      const top = floor(placeY);
      const tx: f32 = placeX - left;
      const ty: f32 = placeY - top;
      if (tx != heldX) {
        heldX = tx;
        a0 = outerWeight(tx, 1 - tx);
        a1 = innerWeight(tx);
        a3 = outerWeight(1 - tx, tx);
        a2 = 1 - a0 - a1 - a3;
      }
      if (ty != heldY) {
        heldY = ty;
        d0 = outerWeight(ty, 1 - ty);
        d1 = innerWeight(ty);
        d3 = outerWeight(1 - ty, ty);
        d2 = 1 - d0 - d1 - d3;
      }
      const column = max(min(left, (width + 1) as f32), -3) as i32;
      const row = max(min(top, (height + 1) as f32), -3) as i32;
      const at = first + (row - 1) * line + (column - 1) * 3;
      let sum: v128;
      // Shears and moves: the other rows, or columns, would add 0.
      if (ty == 0) sum = mixLine(at + line, 3, a0, a1, a2, a3);
      else if (tx == 0) sum = mixLine(at + 3, line, d0, d1, d2, d3);
      else {
        sum = f32x4.mul(mixLine(at, 3, a0, a1, a2, a3), f32x4.splat(d0));
        sum = f32x4.add(sum, f32x4.mul(mixLine(at + line, 3, a0, a1, a2, a3), f32x4.splat(d1)));
        sum = f32x4.add(sum, f32x4.mul(mixLine(at + line * 2, 3, a0, a1, a2, a3), f32x4.splat(d2)));
        sum = f32x4.add(sum, f32x4.mul(mixLine(at + line * 3, 3, a0, a1, a2, a3), f32x4.splat(d3)));
      }
      if (isDoubtful(sum)) {
        for (let channel: usize = 0; channel < 3; channel++) {
          let from = at + channel;
          let exact: f32 = d0 * mixExactly(from, a0, a1, a2, a3);
          exact = fused(d1, mixExactly(from + line, a0, a1, a2, a3), exact);
          exact = fused(d2, mixExactly(from + line * 2, a0, a1, a2, a3), exact);
          exact = fused(d3, mixExactly(from + line * 3, a0, a1, a2, a3), exact);
          store<f32>(matrix + 32 + channel * 4, exact);
        }
        sum = v128.load(matrix + 32);
      }
      const whole = i32x4.trunc_sat_f32x4_s(f32x4.nearest(sum));
      const clipped = i16x8.narrow_i32x4_s(whole, whole);
      v128.store32_lane(target, i8x16.narrow_i16x8_u(clipped, clipped), 0);
      target += 3;
    }
  }
}
