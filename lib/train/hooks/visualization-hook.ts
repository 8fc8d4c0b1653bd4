import { z } from "zod";
import { component } from "#lib/config/component.ts";
import { PRIORITIES } from "#lib/train/hook.ts";
import type { Hook } from "#lib/train/hook.ts";
import { prioritySchema } from "./priority.ts";

const schema = z.strictObject({
  enable: z.literal(false).default(false).describe("Only False: drawing predictions while validating is not supported"),
  interval: z.int().positive().default(5000).describe("Accepted, has no effect while disabled"),
  show: z.boolean().default(false).describe("Accepted, has no effect while disabled"),
  out_dir: z.string().nullable().default(null).describe("Accepted, has no effect while disabled"),
  priority: prioritySchema.default(PRIORITIES.NORMAL).describe("When it runs among the hooks"),
});

/** mmpretrain's default runtime names this hook, disabled; so it stands here, disabled. */
export const VisualizationHook = component<z.output<typeof schema>, Hook>({
  schema,
  create: ({ priority }) => ({ name: "VisualizationHook", priority }),
});
