import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Neck } from "#lib/nn/types.ts";

const schema = z.strictObject({
  dim: z.literal(2).default(2).describe("Spatial dimensions; only images (2)"),
});

/** Mean of each feature map over height and width: [N, H, W, C] -> [N, C]. */
export const GlobalAveragePooling = component({
  schema,
  create(): Neck {
    return (features) => features.map((map) => tf.mean(map, [1, 2]));
  },
});
