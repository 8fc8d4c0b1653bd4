import { parse } from "yaml";
import { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
import { defined } from "#lib/base/assert.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";
import { withDefaults } from "./defaults.ts";
import { METADATA, metadataProblems } from "./metadata.ts";
import { brokenRules } from "./rules.ts";
import { isObject } from "./schema.ts";
import type { Problem, Schema } from "./schema.ts";
import { structuralProblems, unknownFields } from "./structure.ts";

const definition = z.object({
  spec: z.object({
    versions: z.tuple([z.object({ schema: z.object({ openAPIV3Schema: z.custom<Schema>(isObject) }) })]),
  }),
});

/** The schema of a CustomResourceDefinition of one version, by its text. */
export function schemaOf(crd: string): Schema {
  const { spec } = definition.parse(parse(crd));
  return defined(spec.versions[0], "the version of the resource").schema.openAPIV3Schema;
}

const text: Schema = { type: "object", additionalProperties: { type: "string" } };
/** All of a ConfigMap. */
export const CONFIG_MAP: Schema = {
  type: "object",
  properties: { apiVersion: {}, kind: {}, data: text, binaryData: text, immutable: { type: "boolean" } },
};

/** All that an API server would refuse in an object without a look at its cluster: fields, types, bounds, rules. */
export function problemsOf(schema: Schema, object: KubeObject): readonly Problem[] {
  const whole = { ...schema, properties: { ...schema.properties, metadata: METADATA } };
  const unknown = [...unknownFields(whole, object)];
  if (unknown.length > 0) return unknown;
  const filled = withDefaults(whole, object);
  const structural = [...structuralProblems(whole, filled), ...metadataProblems({ ...object.metadata })];
  return structural.length > 0 ? structural : [...brokenRules(whole, filled)]; // rules take a sound structure for granted
}

/** Refuses an object as an API server would. @throws INVALID_ARGUMENT with the first problem, and how many there are */
export function checkObject(schema: Schema, object: KubeObject & { readonly kind?: string }): void {
  const [first, ...more] = problemsOf(schema, object);
  if (!first) return;
  const { path, message, hint = "`kubectl explain trainingjob.spec` describes the fields" } = first;
  const place = path === "" || message.includes(path) ? "" : `${path}: `;
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
  const what = `${object.kind ?? "object"} ${object.metadata.name}: ${place}${message}${others}`;
  throw new PetageError("INVALID_ARGUMENT", what, { hint });
}
