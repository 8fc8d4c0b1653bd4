import assert from "node:assert/strict";
import { until } from "#test/support/until.ts";
import type { Check } from "./case.ts";

const MARGIN_MS = 5_000;

/** A gang that waits in the scheduler's queue holds nothing, and is still there when its start timeout is over. */
export const keepsItsPlace: Check = async ({ path, cluster }) => {
  const here = await cluster();
  for (const { metadata, spec } of await here.apply(path)) {
    const { name, creationTimestamp = "" } = metadata;
    const timeoutMs = (spec.schedulingPolicy?.startTimeoutSeconds ?? 0) * 1000 + MARGIN_MS;
    const isOver = (): boolean => Date.now() - Date.parse(creationTimestamp) > timeoutMs;
    await until(`${name} has waited for ${timeoutMs} ms`, isOver, 2 * timeoutMs);
    const { status } = await here.jobs.get(name);
    assert.deepEqual([status?.phase, status?.attempt, status?.restartsIgnored ?? 0], ["Scheduling", 0, 0]);
    const pods = await here.jobs.pods(name);
    assert.equal(pods.length > (spec.workers ?? 1), true, "its pods are there");
    await here.jobs.deleteJob(name);
  }
};
