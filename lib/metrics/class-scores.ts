import { topClasses } from "./distribution.ts";
import { labelledSamples } from "./samples.ts";
import type { Predictions } from "./types.ts";

/** Precision, recall and F1 in percent; support is a count of samples. */
export interface ClassScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number;
}

interface Counts {
  readonly correct: number;
  readonly predicted: number;
  readonly actual: number;
}

const FLOAT32_EPSILON = 2 ** -23;

function scoresOf({ correct, predicted, actual }: Counts): ClassScores {
  const precision = (correct / Math.max(predicted, 1)) * 100;
  const recall = (correct / Math.max(actual, 1)) * 100;
  const f1 = (2 * precision * recall) / Math.max(precision + recall, FLOAT32_EPSILON);
  return { precision, recall, f1, support: actual };
}

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}

/** How often each label (row) was predicted as each class (column); a top probability <= threshold predicts nothing. [C, C] */
export function confusionMatrix(predictions: Predictions, threshold: number | null = null): number[][] {
  const { numClasses } = predictions;
  const matrix = Array.from({ length: numClasses }, () => zeros(numClasses));
  for (const { probabilities, label } of labelledSamples(predictions)) {
    const [best = 0] = topClasses(probabilities, 1);
    const row = matrix[label];
    if (row && (threshold === null || (probabilities[best] ?? 0) > threshold)) row[best] = (row[best] ?? 0) + 1;
  }
  return matrix;
}

function countsPerClass(predictions: Predictions, threshold: number | null): Counts[] {
  const matrix = confusionMatrix(predictions, threshold);
  const actual = zeros(predictions.numClasses);
  for (const { label } of labelledSamples(predictions)) actual[label] = (actual[label] ?? 0) + 1;
  return matrix.map((row, index) => ({
    correct: row[index] ?? 0,
    predicted: matrix.reduce((sum, other) => sum + (other[index] ?? 0), 0),
    actual: actual[index] ?? 0,
  }));
}

/** Scores of each class by itself. [C] */
export function classwiseScores(predictions: Predictions, threshold: number | null): ClassScores[] {
  return countsPerClass(predictions, threshold).map(scoresOf);
}

/** Scores of all classes counted together. */
export function microScores(predictions: Predictions, threshold: number | null): ClassScores {
  const counts = countsPerClass(predictions, threshold);
  const sum = (key: keyof Counts): number => counts.reduce((total, count) => total + count[key], 0);
  return scoresOf({ correct: sum("correct"), predicted: sum("predicted"), actual: sum("actual") });
}

/** The mean of the classes' scores; support is the count of all samples. */
export function macroScores(predictions: Predictions, threshold: number | null): ClassScores {
  const scores = classwiseScores(predictions, threshold);
  const sum = (key: keyof ClassScores): number => scores.reduce((total, score) => total + score[key], 0);
  const count = scores.length;
  return {
    precision: sum("precision") / count,
    recall: sum("recall") / count,
    f1: sum("f1") / count,
    support: sum("support"),
  };
}
