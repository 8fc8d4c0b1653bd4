import { z } from "zod";
import { defined } from "#lib/base/assert.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { component } from "#lib/config/component/component.ts";
import { dictionary } from "#lib/config/dictionary.ts";
import { inViews } from "#lib/data/views.ts";
import { nested } from "./nested.ts";
import { notesOf } from "./transform.ts";
import type { Transform } from "./transform.ts";

/** Views of one photo at most; each is an image of the batch. */
const MAX_VIEWS = 64;
const views = z.int().positive();

/** Makes several views of an image, as self-supervised training compares them; all must come out equal in size. */
export const MultiView = component({
  schema: z
    .strictObject({
      transforms: z
        .array(z.union([dictionary, z.array(dictionary)]))
        .nonempty()
        .describe("Pipelines, each a list of transforms."),
      num_views: z
        .union([views, z.array(views)])
        .describe("How many views each pipeline makes: a number, or one for each."),
    })
    .refine(({ transforms, num_views }) => [num_views].flat().length === transforms.length, {
      path: ["num_views"],
      error: "expected one number for each pipeline",
    })
    .refine(({ num_views }) => [num_views].flat().reduce((sum, one) => sum + one, 0) <= MAX_VIEWS, {
      path: ["num_views"],
      error: `expected at most ${MAX_VIEWS} views together`,
    }),
  create({ num_views }, builder: Builder<unknown, Transform>): Transform {
    const pipelines = builder.node
      .at("transforms")
      .items()
      .map((pipeline) => nested(pipeline, builder));
    const counts = [num_views].flat();
    const each = pipelines.flatMap((pipeline, index) =>
      Array.from({ length: defined(counts[index], "a number of views") }, () => pipeline),
    );
    return {
      notes: notesOf(pipelines),
      plan: (size, random) => [inViews(each.map((pipeline) => pipeline.plan(size, random)))],
    };
  },
});
