import { z } from "zod";
import type { ImageLimits } from "#lib/data/image-limits.ts";
import { imageLimits, imageVariables } from "#lib/jobs/image-limits.ts";
import { readEnvironment } from "./environment.ts";

/** Those of a command that decodes photos itself. INVALID_ARGUMENT */
export function imageLimitsHere(): ImageLimits {
  return imageLimits(readEnvironment(z.object(imageVariables)));
}
