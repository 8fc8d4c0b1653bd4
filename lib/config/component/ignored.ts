import { z } from "zod";
import { objectsIn } from "./schema-errors.ts";

const anything = z.unknown().optional();

/**
 * A key that mmpretrain's configs may have and that has no effect here; its value is still checked, by a schema if one
 * is given.
 * @param why what holds in its place, or why it is not needed.
 */
export function ignored(why: string): typeof anything;
export function ignored<Schema extends z.ZodType>(why: string, schema: Schema): Schema;
export function ignored(why: string, schema: z.ZodType = anything): z.ZodType {
  return schema.meta({ description: `Accepted, has no effect: ${why}.`, ignored: true });
}

/** The keys that a component accepts and ignores, each with what is said of it. */
export function ignoredKeys(schema: z.ZodType): Readonly<Record<string, string>> {
  const keys = objectsIn(schema).flatMap((object) => Object.entries(object._zod.def.shape));
  const marks = keys.map(([key, value]) => [key, z.globalRegistry.get(value)] as const);
  return Object.fromEntries(
    marks.flatMap(([key, mark]) => (mark?.["ignored"] === true ? [[key, mark.description ?? ""]] : [])),
  );
}
