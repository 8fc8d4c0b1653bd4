import { isObject, join } from "./schema.ts";
import type { Fields, Problem, Schema } from "./schema.ts";

const text: Schema = { type: "string" };
const texts: Schema = { type: "object", additionalProperties: text };

/** Metadata that a manifest may set; what only the server sets is let pass, as it does. */
export const METADATA: Schema = {
  type: "object",
  required: ["name"],
  properties: {
    name: text,
    generateName: text,
    namespace: text,
    labels: texts,
    annotations: texts,
    finalizers: { type: "array", items: text },
    ownerReferences: { type: "array", items: { type: "object" } },
    ...Object.fromEntries(
      ["uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "selfLink"].map((name) => [name, {}]),
    ),
    generation: {},
    deletionGracePeriodSeconds: {},
    managedFields: {},
  },
};

const LABEL = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_LABEL_CHARACTERS = 63;
const MAX_NAME_CHARACTERS = 253;

/** Where names, labels and annotations break the rules of all objects. */
export function* metadataProblems(metadata: Fields): Generator<Problem> {
  const { name, namespace, labels, annotations } = metadata;
  if (typeof name === "string" && !isSubdomain(name)) {
    const message = `Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character`;
    yield { path: "metadata.name", message };
  }
  if (typeof namespace === "string" && !(isSubdomain(namespace) && isLabel(namespace) && !namespace.includes("."))) {
    yield { path: "metadata.namespace", message: `Invalid value: "${namespace}": expected a lowercase RFC 1123 label` };
  }
  for (const [path, keys] of [
    ["metadata.labels", labels],
    ["metadata.annotations", annotations],
  ] as const) {
    for (const key of Object.keys(isObject(keys) ? keys : {})) {
      if (!isKey(key)) yield { path, message: `Invalid value: "${key}": expected name or prefix/name as a key` };
    }
  }
  for (const [key, value] of Object.entries(isObject(labels) ? labels : {})) {
    if (typeof value !== "string" || isLabel(value)) continue;
    const expected = `at most ${MAX_LABEL_CHARACTERS} letters, digits, '-', '_' and '.', and a letter or digit first and last`;
    yield { path: join("metadata.labels", key), message: `Invalid value: "${value}": expected ${expected}` };
  }
}

function isLabel(value: string): boolean {
  return value.length <= MAX_LABEL_CHARACTERS && LABEL.test(value);
}

function isSubdomain(value: string): boolean {
  return value.length <= MAX_NAME_CHARACTERS && SUBDOMAIN.test(value);
}

function isKey(key: string): boolean {
  const [name = "", prefix, ...more] = key.split("/").toReversed();
  return name !== "" && isLabel(name) && more.length === 0 && (prefix === undefined || isSubdomain(prefix));
}
