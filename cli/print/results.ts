import { extname } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { estimateAge } from "#lib/model/age-estimate.ts";
import type { EvaluationResult, SamplePrediction } from "#lib/train/evaluate.ts";

export interface Results {
  readonly predictions: readonly SamplePrediction[];
  readonly result: EvaluationResult;
}

/** What is written of one image. */
function rowOf({ sampleId, label, probabilities }: SamplePrediction) {
  const { ageMonths, meanMonths, modeMonths, interval } = estimateAge(probabilities);
  return {
    name: sampleId,
    months: ageMonths,
    meanMonths: Number(meanMonths.toFixed(3)),
    modeMonths,
    lowMonths: interval.lowMonths,
    highMonths: interval.highMonths,
    ...(label >= 0 && { label }),
  };
}

function csv({ predictions }: Results): string {
  const columns = ["name", "months", "meanMonths", "modeMonths", "lowMonths", "highMonths", "label"] as const;
  const cell = (value: string | number | undefined): string => {
    const text = String(value ?? "");
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = predictions.map(rowOf).map((row) => columns.map((column) => cell(row[column])).join(","));
  return `${[columns.join(","), ...lines].join("\n")}\n`;
}

/** How results are written, by the ending of the file. */
export const RESULT_FORMATS: Readonly<Record<string, (results: Results) => string>> = {
  ".csv": csv,
  ".txt": ({ predictions }) =>
    predictions
      .map(rowOf)
      .map(({ name, months }) => `${name}\t${months}\n`)
      .join(""),
  ".jsonl": ({ predictions }) => predictions.map((prediction) => `${JSON.stringify(rowOf(prediction))}\n`).join(""),
  ".json": ({ predictions, result }) => {
    const { metrics, sampleCount, skippedIds } = result;
    return `${JSON.stringify({ metrics, sampleCount, skippedIds, predictions: predictions.map(rowOf) }, null, 1)}\n`;
  },
};

/** @throws INVALID_ARGUMENT for an ending that is none of them */
export function formatOf(path: string): (results: Results) => string {
  const format = RESULT_FORMATS[extname(path)];
  if (format) return format;
  throw new PetageError("INVALID_ARGUMENT", `${path} does not end in ${Object.keys(RESULT_FORMATS).join(", ")}`);
}
