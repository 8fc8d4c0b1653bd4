import { z } from "zod";
import { PRIORITIES } from "#lib/train/hook.ts";

/** `priority` of any hook: one of mmengine's names, or a number from 0 (first) to 100. */
export const prioritySchema = z
  .union([z.int().min(0).max(100), z.enum(Object.keys(PRIORITIES) as (keyof typeof PRIORITIES)[])])
  .transform((priority) => (typeof priority === "number" ? priority : PRIORITIES[priority]));
