import assert from "node:assert/strict";
import { relative } from "node:path";
import { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
import type { Component, Table } from "#lib/config/component/component.ts";
import { objectsIn } from "#lib/config/component/schema-errors.ts";
import { buildFrom } from "./build.ts";
import { ROOT } from "./sources.ts";

/**
 * What holds of all components of all tables. The suite of each kind calls it with its table and, for each entry, one
 * or several ways to write it. An entry without fails, and so does a table without a suite (test/components.test.ts).
 */
export function conforms<Built, Context>(
  table: Table<Built, Context>,
  examples: Readonly<Record<string, object | readonly object[]>>,
  context: Context,
): void {
  it("is in this suite", function () {
    const place = relative(ROOT, this.test?.file ?? "");
    const [known, shown] = [Object.keys(table.components), Object.keys(examples)];
    const missing = known.filter((name) => !shown.includes(name)).join(", ");
    assert.ok(missing === "", `The ${table.kind} ${missing} has no example: add a line for it to ${place}`);
    assert.deepEqual(
      shown.toSorted(),
      known.toSorted(),
      `${place} has an example of a ${table.kind} that is in no table: add it there, or remove the example`,
    );
  });

  for (const [type, component] of Object.entries<Component<unknown, Built, Context>>(table.components)) {
    const configs: readonly object[] = [examples[type] ?? {}].flat();

    it(`${type} is built from each of its examples`, async () => {
      for (const config of configs) await buildFrom(table, { type, ...config }, context);
    });

    it(`${type} refuses a key that it does not have`, () => {
      assert.throws(
        () => buildFrom(table, { type, ...configs[0], no_such_key: 1 }, context),
        (error) => error instanceof PetageError && error.code === "CONFIG_UNKNOWN_KEY",
      );
    });

    it(`${type} describes each of its keys`, () => {
      const keys = objectsIn(component.schema).flatMap((object) => Object.entries(object._zod.def.shape));
      const mute = keys.filter(([, schema]) => !z.globalRegistry.get(schema)?.description).map(([key]) => key);
      assert.deepEqual(mute, [], `say what these keys of ${type} are for, with .describe() or ignored()`);
    });
  }
}
