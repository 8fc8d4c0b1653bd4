import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { configNode } from "#lib/config/component/node.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import type { Dataset } from "./types.ts";

/** How many classes the head of the config's model has; `undefined` where there is no model. */
export function headNumClasses({ config }: ConfigNode): number | undefined {
  const value = configNode(config).find("model.head.num_classes")?.value;
  return typeof value === "number" ? value : undefined;
}

/** A label that the head has no class for would train as if it were nothing. */
export function labelOutsideHead(label: number, count: number): string {
  return `The label ${label} lies outside the head's ${count} classes, 0 to ${count - 1}`;
}

export const HEAD_HINT = "Correct the label, or enlarge model.head.num_classes and the dataset's classes together";

/** One problem for each sample whose label the head has no class for, whatever the kind of dataset. */
export function* findOutsideHead({ samples }: Dataset, count: number | undefined): Generator<PetageError, void> {
  if (count === undefined) return;
  for (const { id, label } of samples) {
    if (label === null || (label >= 0 && label < count)) continue;
    const message = `${labelOutsideHead(label, count)}: "${id}"`;
    yield new PetageError("DATASET_LABEL_OUT_OF_RANGE", message, { hint: HEAD_HINT });
  }
}

/** A photo without a label would train as if it were nothing, too. */
export function requireLabels({ samples }: Dataset): void {
  const unlabelled = samples.find(({ label }) => label === null);
  if (!unlabelled) return;
  throw new PetageError("DATASET_INVALID", `The training photo "${unlabelled.id}" has no label`, {
    hint: "Set with_label=True for the dataset of train_dataloader",
  });
}

/** Tells of classes that the head lacks, or of names that stand for fewer classes than it has. */
export function warnOfOtherCount({ classes }: Dataset, count: number | undefined, log: Log): void {
  if (count === undefined || classes.length === count) return;
  const numbered = classes.every((name, index) => name === String(index));
  if (numbered && classes.length < count) return; // the first months: there may be no older pet in this split
  log.warn(`The dataset has ${classes.length} classes, model.head.num_classes is ${count}: they should be equal`);
}
