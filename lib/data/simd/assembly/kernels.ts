// AssemblyScript, compiled to WebAssembly by `npm run gen`. Pixels are BGR, uint8. Loads and stores are 4 to 16 bytes
// wide and go up to 15 bytes past a row's end: rows are written from first to last, and the arena leaves room behind each
// block. What is computed is what `lib/data/resize` computes, to the bit; warps are in a file of their own.

export { warpCubic } from "./warp";

// A table of columns or rows has an entry for each of the result: where its neighbours lie (bytes from the start of a row,
// or rows), then their weights.

/** Two neighbours, and their weights of 16 bits in one word. */
const LINEAR_BYTES: usize = 12;

/** One row of OpenCV's horizontal bilinear sums, without the 4 bits that the vertical pass drops: int16. */
// @ts-ignore: decorator
@inline
function mixLinearColumns(row: usize, columns: usize, width: i32, sums: usize): void {
  // Two pixels at a time; where the width is odd, the last entry is read twice.
  for (let x = 0; x < width; x += 2) {
    const next = x + 1 < width ? columns + LINEAR_BYTES : columns;
    let pixels = v128.load32_zero(row + load<u32>(columns));
    pixels = v128.load32_lane(row + load<u32>(columns, 4), pixels, 1);
    pixels = v128.load32_lane(row + load<u32>(next), pixels, 2);
    pixels = v128.load32_lane(row + load<u32>(next, 4), pixels, 3);
    const pairs = v128.shuffle<u8>(pixels, pixels, 0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
    const first = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(pairs), v128.load32_splat(columns + 8));
    const second = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(pairs), v128.load32_splat(next + 8));
    const both = i16x8.narrow_i32x4_s(i32x4.shr_s(first, 4), i32x4.shr_s(second, 4));
    v128.store(sums, v128.shuffle<u16>(both, both, 0, 1, 2, 4, 5, 6, 6, 6));
    columns += 2 * LINEAR_BYTES;
    sums += 12;
  }
}

/** One row of pixels of two rows of sums. OpenCV drops 16 bits after each product and rounds the last 2. */
// @ts-ignore: decorator
@inline
function mixLinearRows(upper: usize, lower: usize, upperWeight: i32, lowerWeight: i32, target: usize, length: i32): void {
  const a = i16x8.splat(upperWeight as i16);
  const b = i16x8.splat(lowerWeight as i16);
  const two = i32x4.splat(2);
  for (let i = 0; i < length; i += 8) {
    const above = v128.load(upper);
    const below = v128.load(lower);
    const low = i32x4.add(
      i32x4.shr_s(i32x4.extmul_low_i16x8_s(above, a), 16),
      i32x4.shr_s(i32x4.extmul_low_i16x8_s(below, b), 16),
    );
    const high = i32x4.add(
      i32x4.shr_s(i32x4.extmul_high_i16x8_s(above, a), 16),
      i32x4.shr_s(i32x4.extmul_high_i16x8_s(below, b), 16),
    );
    const mixed = i16x8.narrow_i32x4_s(i32x4.shr_s(i32x4.add(low, two), 2), i32x4.shr_s(i32x4.add(high, two), 2));
    v128.store64_lane(target, i8x16.narrow_i16x8_u(mixed, mixed), 0);
    upper += 16;
    lower += 16;
    target += 8;
  }
}

/**
 * OpenCV's bilinear resize. `window` holds two rows of sums; their sources are neighbours, so that an even and an odd row
 * never drop one that is still needed.
 */
export function resizeLinear(
  source: usize,
  stride: i32,
  columns: usize,
  width: i32,
  rows: usize,
  height: i32,
  window: usize,
  target: usize,
): void {
  const sumsBytes: usize = ((width * 6 + 31) & ~15) as usize;
  let even = -1;
  let odd = -1;
  for (let y = 0; y < height; y++) {
    for (let tap: usize = 0; tap < 8; tap += 4) {
      const row = load<i32>(rows + tap);
      const isOdd = (row & 1) as bool;
      if ((isOdd ? odd : even) == row) continue;
      mixLinearColumns(source + row * stride, columns, width, window + (isOdd ? sumsBytes : 0));
      if (isOdd) odd = row;
      else even = row;
    }
    mixLinearRows(
      window + (load<i32>(rows) & 1 ? sumsBytes : 0),
      window + (load<i32>(rows, 4) & 1 ? sumsBytes : 0),
      load<i16>(rows, 8),
      load<i16>(rows, 10),
      target,
      width * 3,
    );
    rows += LINEAR_BYTES;
    target += width * 3;
  }
}

/** An entry of a table of spans: where the first neighbour lies, how many there are, the address of their weights. */
const SPAN_BYTES: usize = 12;
const PILLOW_WEIGHT_BITS = 32 - 8 - 2;

/** The horizontal pass of Pillow's resize over `height` rows: int32 weights of 22 bits, a byte after each pass. */
export function filterColumns(
  source: usize,
  stride: i32,
  height: i32,
  spans: usize,
  width: i32,
  target: usize,
): void {
  const half = i32x4.splat(1 << (PILLOW_WEIGHT_BITS - 1));
  for (let y = 0; y < height; y++) {
    let span = spans;
    for (let x = 0; x < width; x++) {
      let pixel = source + load<u32>(span);
      let weight = load<u32>(span, 8) as usize;
      let sum = half;
      for (let taps = load<i32>(span, 4); taps > 0; taps--) {
        const colour = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(pixel)));
        sum = i32x4.add(sum, i32x4.mul(colour, v128.load32_splat(weight)));
        pixel += 3;
        weight += 4;
      }
      const clipped = i16x8.narrow_i32x4_s(i32x4.shr_s(sum, PILLOW_WEIGHT_BITS), half);
      v128.store32_lane(target, i8x16.narrow_i16x8_u(clipped, clipped), 0);
      target += 3;
      span += SPAN_BYTES;
    }
    source += stride;
  }
}

/** The vertical pass: each row of `length` bytes is mixed of whole rows that lie `stride` bytes apart. */
export function filterRows(source: usize, stride: i32, spans: usize, height: i32, length: i32, target: usize): void {
  const half = i32x4.splat(1 << (PILLOW_WEIGHT_BITS - 1));
  for (let y = 0; y < height; y++) {
    const first = source + load<u32>(spans) * stride;
    const taps = load<i32>(spans, 4);
    const weights = load<u32>(spans, 8) as usize;
    for (let i = 0; i < length; i += 16) {
      let one = half;
      let two = half;
      let three = half;
      let four = half;
      let at = first + i;
      for (let tap = 0; tap < taps; tap++) {
        const bytes = v128.load(at);
        const weight = v128.load32_splat(weights + ((tap as usize) << 2));
        const low = i16x8.extend_low_i8x16_u(bytes);
        const high = i16x8.extend_high_i8x16_u(bytes);
        one = i32x4.add(one, i32x4.mul(i32x4.extend_low_i16x8_u(low), weight));
        two = i32x4.add(two, i32x4.mul(i32x4.extend_high_i16x8_u(low), weight));
        three = i32x4.add(three, i32x4.mul(i32x4.extend_low_i16x8_u(high), weight));
        four = i32x4.add(four, i32x4.mul(i32x4.extend_high_i16x8_u(high), weight));
        at += stride;
      }
      const low = i16x8.narrow_i32x4_s(i32x4.shr_s(one, PILLOW_WEIGHT_BITS), i32x4.shr_s(two, PILLOW_WEIGHT_BITS));
      const high = i16x8.narrow_i32x4_s(i32x4.shr_s(three, PILLOW_WEIGHT_BITS), i32x4.shr_s(four, PILLOW_WEIGHT_BITS));
      v128.store(target + i, i8x16.narrow_i16x8_u(low, high));
    }
    target += length;
    spans += SPAN_BYTES;
  }
}

/** Taps of OpenCV's bicubic resize, in each axis. */
const CUBIC_TAPS = 4;
/** Four neighbours, and their weights in single precision. */
const CUBIC_BYTES: usize = 32;

// @ts-ignore: decorator
@inline
function mixCubicColumns(row: usize, columns: usize, width: i32, sums: usize): void {
  for (let x = 0; x < width; x++) {
    let sum = f32x4.splat(0);
    for (let tap: usize = 0; tap < 16; tap += 4) {
      const pixel = v128.load32_zero(row + load<u32>(columns + tap));
      const colour = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(pixel)));
      sum = f32x4.add(sum, f32x4.mul(colour, v128.load32_splat(columns + tap + 16)));
    }
    v128.store(sums, sum);
    columns += CUBIC_BYTES;
    sums += 12;
  }
}

/** OpenCV's bicubic resize in single precision; halves go to the even neighbour. `window` holds four rows of sums. */
export function resizeCubic(
  source: usize,
  stride: i32,
  columns: usize,
  width: i32,
  rows: usize,
  height: i32,
  window: usize,
  target: usize,
): void {
  const sumsBytes: usize = ((width * 12 + 63) & ~15) as usize;
  const held = window + sumsBytes * CUBIC_TAPS;
  for (let slot: usize = 0; slot < 16; slot += 4) store<i32>(held + slot, -1);
  for (let y = 0; y < height; y++) {
    for (let tap: usize = 0; tap < 16; tap += 4) {
      const row = load<i32>(rows + tap);
      const slot: usize = (row & 3) as usize;
      if (load<i32>(held + slot * 4) == row) continue;
      store<i32>(held + slot * 4, row);
      mixCubicColumns(source + row * stride, columns, width, window + slot * sumsBytes);
    }
    for (let i: usize = 0; i < ((width * 3) as usize); i += 4) {
      let sum = f32x4.splat(0);
      for (let tap: usize = 0; tap < 16; tap += 4) {
        const sums = window + ((load<i32>(rows + tap) & 3) as usize) * sumsBytes;
        sum = f32x4.add(sum, f32x4.mul(v128.load(sums + i * 4), v128.load32_splat(rows + tap + 16)));
      }
      const whole = i32x4.trunc_sat_f32x4_s(f32x4.nearest(sum));
      const clipped = i16x8.narrow_i32x4_s(whole, whole);
      v128.store32_lane(target + i, i8x16.narrow_i16x8_u(clipped, clipped), 0);
    }
    rows += CUBIC_BYTES;
    target += width * 3;
  }
}

/** Pixels in another order: `alongRow` bytes from one to the next of a row, `alongColumn` from one row to the next. */
export function walk(
  source: usize,
  alongRow: i32,
  alongColumn: i32,
  width: i32,
  height: i32,
  target: usize,
): void {
  for (let y = 0; y < height; y++) {
    let at = source + y * alongColumn;
    for (let x = 0; x < width; x++) {
      store<u32>(target, load<u32>(at));
      at += alongRow;
      target += 3;
    }
  }
}
