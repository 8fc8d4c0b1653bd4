import { z } from "zod";
import { dataLoaderVariables } from "#lib/jobs/worker-environment.ts";

/** Environment of the data-loader. */
export const Environment = z.object(dataLoaderVariables);
