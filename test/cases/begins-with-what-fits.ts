import assert from "node:assert/strict";
import type { Check } from "./case.ts";
import { CaseCluster } from "./cluster.ts";

const GPUS_OF_A_NODE = 3;
const BEGIN_TIMEOUT_MS = 90_000;

/** Where nobody starts gangs together, an elastic job tells what is short, and begins with the workers that fit. */
export const beginsWithWhatFits: Check = async ({ path }) => {
  await using here = await CaseCluster.start({ gangs: false, devices: { "example.com/gpu": GPUS_OF_A_NODE } });
  for (const { metadata, spec } of await here.apply(path)) {
    const device = spec.gpu?.resourceName ?? "nvidia.com/gpu";
    const told = `Waiting for room: ${spec.workers} ${device} wanted, 6 ${device} there, 6 ${device} free`;
    await here.jobs.reaches(metadata.name, ({ status }) => status?.message === told);
    const { status } = await here.jobs.isIn(metadata.name, "Running", BEGIN_TIMEOUT_MS);
    assert.deepEqual([status?.workers?.summary, status?.restarts], [`6/${spec.workers}`, 0]);
  }
};
