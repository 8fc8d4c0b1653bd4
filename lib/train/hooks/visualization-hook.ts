import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { PRIORITIES } from "#lib/train/hook.ts";
import type { Hook } from "#lib/train/hook.ts";
import { prioritySchema } from "./priority.ts";

const schema = z.strictObject({
  enable: z.literal(false).default(false).describe("Only False: drawing predictions while validating is not supported"),
  interval: ignored("nothing is drawn", z.int().positive().default(5000)),
  show: ignored("nothing is drawn", z.boolean().default(false)),
  out_dir: ignored("nothing is drawn", z.string().nullable().default(null)),
  priority: prioritySchema.default(PRIORITIES.NORMAL).describe("When it runs among the hooks"),
});

/** mmpretrain's default runtime names this hook, disabled; so it stands here, disabled. */
export const VisualizationHook = component({
  schema,
  create: ({ priority }): Hook => ({ name: "VisualizationHook", priority }),
});
