import { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import type { CheckpointMeta } from "#lib/model/checkpoint.ts";

/** What makes a folder a checkpoint: written last, so that it vouches for the files that it names. */
export interface Manifest {
  readonly meta: CheckpointMeta;
  /** SHA-256 by file name. */
  readonly files: Readonly<Record<string, string>>;
}

const count = z.int().min(0);

const meta: z.ZodType<CheckpointMeta> = z.object({
  format: z.literal(1),
  petageVersion: z.string(),
  createTime: z.string(),
  configName: z.string(),
  config: z.custom<ConfigDict>((value) => typeof value === "object" && value !== null && !Array.isArray(value)),
  classes: z.array(z.string()),
  progress: z.object({
    epoch: count,
    iteration: count,
    step: count,
    schedule: z.unknown(), // checked by the schedule that takes it
    seed: count,
    worldSize: z.int().positive(),
    best: z.object({ metric: z.string(), value: z.number(), name: z.string() }).nullable(),
  }),
  continues: z.array(z.object({ path: z.string(), step: count })).optional(),
  metrics: z.record(
    z.string(),
    z
      .number()
      .nullable()
      .transform((value) => value ?? NaN),
  ), // JSON has no NaN
});

const manifest = z.object({ meta, files: z.record(z.string(), z.string()) });

export function formatManifest(value: Manifest): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

/** @throws CHECKPOINT_INVALID naming `path` and what in it is not as it must be */
export function parseManifest(text: string, path: string): Manifest {
  const parsed = manifest.safeParse(jsonOrNothing(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue && issue.path.length > 0 ? ` (${issue.path.join(".")})` : "";
  throw new PetageError("CHECKPOINT_INVALID", `${path} is not a manifest of checkpoint format 1${where}`);
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
