import assert from "node:assert/strict";
import { until } from "#test/support/until.ts";
import type { Check } from "./case.ts";

const FAILED_TIMEOUT_MS = 60_000;

/** Each job of the manifest fails by its config, with what was meant, and before any pod. */
export const failedBeforePods: Check = async ({ path, cluster }) => {
  const here = await cluster();
  for (const { metadata } of await here.apply(path)) {
    const look = async (): Promise<boolean> => (await here.jobs.get(metadata.name)).status?.phase === "Failed";
    await until(`${metadata.name} has failed`, look, FAILED_TIMEOUT_MS);
    assert.match((await here.jobs.get(metadata.name)).status?.message ?? "", /Did you mean/);
    assert.deepEqual(await here.jobs.pods(metadata.name), []);
  }
};
