import assert from "node:assert/strict";
import { until } from "#test/support/until.ts";
import type { Check } from "./case.ts";

const BOUND_TIMEOUT_MS = 60_000;

/** Every pod of the manifest's jobs gets a node. */
export const bound: Check = async ({ path, cluster }) => {
  const here = await cluster();
  const created = await here.apply(path);
  assert.ok(created.length > 0, "there is no job in this manifest");
  for (const { metadata, spec } of created) {
    const look = async (): Promise<boolean> => {
      const pods = await here.jobs.pods(metadata.name);
      return pods.length > (spec.workers ?? 1) && pods.every((pod) => pod.spec?.nodeName !== undefined);
    };
    await until(`all pods of ${metadata.name} have a node`, look, BOUND_TIMEOUT_MS);
  }
};
