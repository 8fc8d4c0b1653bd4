import { roundHalfEven, type Size } from "#lib/data/geometry.ts";
import type { Image } from "#lib/data/types.ts";

/** `cv2.resize` with INTER_AREA where the image shrinks: each target pixel is the mean of the area that it covers. */
export function resizeArea(image: Image, size: Size): Image {
  const scaleX = 1 / (size.width / image.width);
  const scaleY = 1 / (size.height / image.height);
  const whole = isWhole(scaleX) && isWhole(scaleY);
  return whole ? averageBlocks(image, size) : averageAreas(image, size);
}

function isWhole(scale: number): boolean {
  return Math.abs(scale - Math.round(scale)) < Number.EPSILON;
}

function averageBlocks(image: Image, size: Size): Image {
  const { channels } = image;
  const block = { height: Math.round(image.height / size.height), width: Math.round(image.width / size.width) };
  const finish = blockFinisher(block);
  const rowLength = size.width * channels;
  const data = new Uint8Array(size.height * rowLength);
  const sums = new Uint32Array(rowLength);
  for (let y = 0; y < size.height; y++) {
    sums.fill(0);
    for (let row = 0; row < block.height; row++) addRow(image, y * block.height + row, block.width, sums);
    for (let i = 0; i < rowLength; i++) data[y * rowLength + i] = finish(sums[i]!);
  }
  return { data, height: size.height, width: size.width, channels };
}

function addRow(image: Image, row: number, blockWidth: number, sums: Uint32Array): void {
  const { channels, data } = image;
  const start = row * image.width * channels;
  const length = (sums.length / channels) * blockWidth * channels;
  for (let i = 0; i < length; i++) {
    const target = Math.floor(i / (blockWidth * channels)) * channels + (i % channels);
    sums[target] = sums[target]! + data[start + i]!;
  }
}

/** 2 x 2 blocks round halves up, others in single precision to even. */
function blockFinisher({ height, width }: Size): (sum: number) => number {
  if (height === 2 && width === 2) return (sum) => (sum + 2) >> 2;
  const scale = Math.fround(1 / (height * width));
  return (sum) => roundHalfEven(Math.fround(sum * scale));
}

/** Which source pixel gives which share to which target pixel, in order of the targets. */
interface Share {
  readonly source: number;
  readonly target: number;
  readonly weight: number;
}

/** Slivers thinner than this share of a pixel are left out, as in OpenCV. */
const SLIVER = 1e-3;

function computeShares(source: number, target: number): readonly Share[] {
  const scale = 1 / (target / source);
  const shares: Share[] = [];
  for (let index = 0; index < target; index++) {
    const start = index * scale;
    const end = start + scale;
    const cell = Math.min(scale, source - start);
    const last = Math.min(Math.floor(end), source - 1);
    const first = Math.min(Math.ceil(start), last);
    const add = (from: number, weight: number): number =>
      shares.push({ source: from, target: index, weight: Math.fround(weight) });
    if (first - start > SLIVER) add(first - 1, (first - start) / cell);
    for (let whole = first; whole < last; whole++) add(whole, 1 / cell);
    if (end - last > SLIVER) add(last, Math.min(end - last, 1, cell) / cell);
  }
  return shares;
}

function averageAreas(image: Image, size: Size): Image {
  const { channels } = image;
  const rowLength = size.width * channels;
  const data = new Uint8Array(size.height * rowLength);
  const columns = computeShares(image.width, size.width);
  const sums = new Float32Array(rowLength);
  const row = new Float32Array(rowLength);
  const flush = (target: number): void => {
    for (let i = 0; i < rowLength; i++) data[target * rowLength + i] = Math.min(roundHalfEven(sums[i]!), 255);
    sums.fill(0);
  };
  let target = 0;
  for (const share of computeShares(image.height, size.height)) {
    if (share.target !== target) flush(target);
    target = share.target;
    averageRow(image, share.source, columns, row);
    for (let i = 0; i < rowLength; i++) sums[i] = sums[i]! + Math.fround(row[i]! * share.weight);
  }
  flush(target);
  return { data, height: size.height, width: size.width, channels };
}

function averageRow(image: Image, row: number, columns: readonly Share[], target: Float32Array): void {
  const { channels } = image;
  const start = row * image.width * channels;
  target.fill(0);
  for (const { source, target: x, weight } of columns) {
    for (let channel = 0; channel < channels; channel++) {
      const at = x * channels + channel;
      target[at] = target[at]! + Math.fround(image.data[start + source * channels + channel]! * weight);
    }
  }
}
