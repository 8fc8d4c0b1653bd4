import { z } from "zod";
import { component } from "../../config/component.ts";
import { PRIORITIES } from "../run.ts";
import type { Hook } from "../run.ts";
import { prioritySchema } from "./priority.ts";

const schema = z.strictObject({
  enable: z.literal(false).default(false).describe("Only False: drawing predictions while validating is not supported"),
  interval: z.int().positive().default(5000).describe("Accepted, has no effect while disabled"),
  show: z.boolean().default(false).describe("Accepted, has no effect while disabled"),
  out_dir: z.string().nullable().default(null).describe("Accepted, has no effect while disabled"),
  priority: prioritySchema.default(PRIORITIES.NORMAL).describe("When it runs among the hooks"),
});

/** mmpretrain's default runtime names this hook, disabled; so it stands here, disabled. */
export const VisualizationHook = component({
  schema,
  create: ({ priority }): Hook => ({ name: "VisualizationHook", priority }),
});
