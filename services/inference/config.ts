import { z } from "zod";
import { optional, unlessEmpty } from "#lib/config/optional-variable.ts";
import type { ImageLimits } from "#lib/data/image-limits.ts";
import { imagePixels } from "#lib/jobs/image-limits.ts";
import { predictingVariables } from "#lib/jobs/worker-environment.ts";
import { DRAIN_GRACE_MS } from "#lib/rpc/limits.ts";
import { SERVING_IMAGE_LIMITS } from "#lib/serve/estimator.ts";

const ONE_MODEL = "Set either PETAGE_CHECKPOINT, or PETAGE_MODEL_STORE and PETAGE_MODEL";
/** As `publish.modelName` of a job: it becomes a folder's name. */
const MODEL_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** What is served: one checkpoint, or whatever is the newest version of a model in a store. */
export type Served =
  | { readonly kind: "checkpoint"; readonly uri: string }
  | { readonly kind: "store"; readonly folder: string; readonly name: string; readonly pollMs: number };

/** The environment of the inference service. */
export const Environment = z
  .object({
    PETAGE_HOST: z.string().default("127.0.0.1").describe("Where to listen; 0.0.0.0 lets other machines in"),
    PETAGE_PORT: z.coerce.number().int().min(0).max(65_535).default(0).describe("Port; 0 takes any free one"),
    ...predictingVariables,
    PETAGE_CHECKPOINT: optional.describe("The checkpoint to serve: its folder, or a file:// URI"),
    PETAGE_MODEL_STORE: optional.describe("The folder of all models"),
    PETAGE_MODEL: optional.describe("The model whose newest version is served"),
    PETAGE_MODEL_POLL_MS: z.coerce.number().int().min(10).default(2000).describe("How often to look for a newer one"),
    PETAGE_MAX_IMAGE_PIXELS: unlessEmpty(
      imagePixels.default(SERVING_IMAGE_LIMITS.maxImagePixels).describe("Pixels of the largest photo that is taken"),
    ),
    PETAGE_DRAIN_SECONDS: unlessEmpty(
      z.coerce
        .number()
        .int()
        .min(1)
        .max(3600)
        .default(DRAIN_GRACE_MS / 1000)
        .describe("How long what was accepted may take when the process is told to end"),
    ),
  })
  .transform((variables, context) => {
    const served = servedOf(variables);
    if (typeof served === "string") {
      context.addIssue({ code: "custom", path: ["PETAGE_MODEL"], message: served });
      return z.NEVER;
    }
    const limits: ImageLimits = { ...SERVING_IMAGE_LIMITS, maxImagePixels: variables.PETAGE_MAX_IMAGE_PIXELS };
    const drainGraceMs = variables.PETAGE_DRAIN_SECONDS * 1000;
    return { host: variables.PETAGE_HOST, port: variables.PETAGE_PORT, served, limits, drainGraceMs };
  });

interface Variables {
  readonly PETAGE_CHECKPOINT: string | undefined;
  readonly PETAGE_MODEL_STORE: string | undefined;
  readonly PETAGE_MODEL: string | undefined;
  readonly PETAGE_MODEL_POLL_MS: number;
  readonly PETAGE_MAX_IMAGE_PIXELS: number;
}

/** What the variables say, or what is wrong with them. */
function servedOf(variables: Variables): Served | string {
  const { PETAGE_CHECKPOINT: uri, PETAGE_MODEL_STORE: store, PETAGE_MODEL: name } = variables;
  if (uri !== undefined) return store === undefined && name === undefined ? { kind: "checkpoint", uri } : ONE_MODEL;
  if (store === undefined || name === undefined) return ONE_MODEL;
  if (!MODEL_NAME.test(name)) return `"${name}" is no name of a model: expected lower-case letters, digits and -`;
  return { kind: "store", folder: `${store}/${name}`, name, pollMs: variables.PETAGE_MODEL_POLL_MS };
}
