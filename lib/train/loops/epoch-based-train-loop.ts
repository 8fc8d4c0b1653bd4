import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { TrainLoop } from "./types.ts";

const schema = z.strictObject({
  by_epoch: z.literal(true).default(true).describe("Only True: EpochBasedTrainLoop"),
  type: z.literal("EpochBasedTrainLoop").optional().describe("Only EpochBasedTrainLoop"),
  max_epochs: z.int().positive().describe("Epochs to train"),
  val_begin: z.int().positive().default(1).describe("First epoch after which to validate"),
  val_interval: z.int().positive().default(1).describe("Validate every so many epochs"),
});

/** Trains by epochs, and validates after some of them. */
export const EpochBasedTrainLoop = component({
  schema,
  create({ max_epochs: maxEpochs, val_begin: begin, val_interval: interval }): TrainLoop {
    return { maxEpochs, validation: { begin, interval } };
  },
});
