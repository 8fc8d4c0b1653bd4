export interface GaussSmoothing {
  readonly numClasses: number;
  /** Standard deviation of the bell, in classes (months). */
  readonly std: number;
  /** Odd count of neighbouring classes that the bell covers, the label in the middle. */
  readonly sampleCount: number;
}

/** Density of a normal distribution at -half..half classes from its mean, scaled to sum 1. */
export function gaussWeights({ std, sampleCount }: GaussSmoothing): number[] {
  const half = (sampleCount - 1) / 2;
  const density = Array.from({ length: sampleCount }, (_, index) => Math.exp(-(((index - half) / std) ** 2) / 2));
  const total = density.reduce((sum, value) => sum + value, 0);
  return density.map((value) => value / total);
}

type Row = (label: number, smoothing: GaussSmoothing) => Float64Array; // [C]

/** A label's distribution: the bell, cut at the first and last class and scaled back to sum 1. */
export const gaussRow: Row = (label, smoothing) => {
  const half = (smoothing.sampleCount - 1) / 2;
  const row = new Float64Array(smoothing.numClasses);
  gaussWeights(smoothing).forEach((weight, index) => {
    const target = label - half + index;
    if (target >= 0 && target < row.length) row[target] = weight;
  });
  const total = row.reduce((sum, value) => sum + value, 0);
  return row.map((value) => value / total);
};

/**
 * The distribution that the loss's first author trained with. It is not scaled back where it is cut at class 0; and where
 * the bell would pass the last class, the label keeps a full 1 and the bell lands, mirrored and cut, below the label.
 */
export const authorRow: Row = (label, smoothing) => {
  const { numClasses, sampleCount } = smoothing;
  const half = (sampleCount - 1) / 2;
  const passesTheEnd = label >= half && label + half >= numClasses;
  const row = new Float64Array(numClasses);
  if (passesTheEnd) row[label] = 1;
  const written = passesTheEnd ? numClasses - (label - half) : sampleCount;
  gaussWeights(smoothing).forEach((weight, index) => {
    const target = passesTheEnd ? label - half - index : label - half + index;
    if (index < written && target >= 0 && target < numClasses) row[target] = weight;
  });
  return row;
};

/** The rows of all labels as one matrix [C, C], so that smoothing any target distribution is one matrix product. */
export function smoothingMatrix(smoothing: GaussSmoothing, row: Row): Float32Array {
  const { numClasses } = smoothing;
  const matrix = new Float32Array(numClasses * numClasses);
  for (let label = 0; label < numClasses; label++) matrix.set(row(label, smoothing), label * numClasses);
  return matrix;
}
