type Json = unknown;
type JsonObject = Readonly<Record<string, Json>>;

/** What names an element of a list of Kubernetes; the first that all elements have is taken. */
const KEYS = ["name", "mountPath", "topologyKey", "containerPort"] as const;

/**
 * Merges a part of a PodSpec into a whole one as `kubectl patch` does (strategic merge): maps by key, lists of named
 * things by name, other lists of things one after the other, and plain values are replaced. Nothing is dropped, known
 * to us or not.
 */
export function mergeTemplate<T extends JsonObject>(base: T, patch: JsonObject): T {
  return mergeMaps(base, patch) as T;
}

function mergeMaps(base: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(patch)) merged[key] = mergeValues(merged[key], value);
  return merged;
}

function mergeValues(base: Json, patch: Json): Json {
  if (isMap(base) && isMap(patch)) return mergeMaps(base, patch);
  return isListOfMaps(base) && isListOfMaps(patch) ? mergeLists(base, patch) : patch;
}

function mergeLists(base: readonly JsonObject[], patch: readonly JsonObject[]): Json {
  const all = [...base, ...patch];
  const key = KEYS.find((candidate) => all.every((item) => candidate in item));
  if (key === undefined) return all; // tolerations, terms of an affinity
  const merged = new Map(base.map((item) => [item[key], item]));
  for (const item of patch) merged.set(item[key], mergeMaps(merged.get(item[key]) ?? {}, item));
  return [...merged.values()];
}

function isListOfMaps(value: Json): value is readonly JsonObject[] {
  return Array.isArray(value) && value.every(isMap);
}

function isMap(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
