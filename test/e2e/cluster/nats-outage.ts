import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { until } from "../../support/until.ts";
import { CALM_SPEC, JOB_TIMEOUT_MS } from "./release.ts";
import type { Release } from "./release.ts";

/** How long NATS is away: longer than a peer may be silent. PETAGE_OUTAGE_SECONDS=180 is the long form. */
const OUTAGE_MS = Number(process.env["PETAGE_OUTAGE_SECONDS"] ?? 12) * 1000;
const STATEFUL_SET = "statefulset/petage-nats";
const POD = "petage-nats-0";

/** Stories of a job whose NATS goes away, and comes back at another address. */
export function describeOutage(release: () => Release): void {
  const kubectl = (...args: readonly string[]): Promise<string> => release().kubectl(...args);
  const restartsOfNats = (): Promise<string> =>
    kubectl("get", "pod", POD, "--output=jsonpath={.status.containerStatuses[0].restartCount}");
  const addressOfNats = (): Promise<string> => kubectl("get", "pod", POD, "--output=jsonpath={.status.podIP}");

  const ends = (name: string): Promise<TrainingJobObject> =>
    release().isIn(name, "Succeeded", JOB_TIMEOUT_MS + OUTAGE_MS);

  /** The process of NATS, as this machine numbers it: its control group bears the name of its container. */
  async function pidOfNats(): Promise<number> {
    const path = "--output=jsonpath={.status.containerStatuses[0].containerID}";
    const container = (await kubectl("get", "pod", POD, path)).replace(/^.*:\/\//, "");
    assert.match(container, /^[0-9a-f]{64}$/);
    const isIt = (pid: string): boolean => {
      try {
        return readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(container);
      } catch {
        return false; // it has ended
      }
    };
    const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry) && isIt(entry));
    assert.equal(pids.length, 1, `${pids.length} processes of NATS`);
    return Number(pids[0]);
  }

  describe("NATS", function () {
    this.timeout(3 * JOB_TIMEOUT_MS + OUTAGE_MS);
    let calm: TrainingJobObject;
    before("a job that nothing disturbs", async () => {
      calm = await release().calm();
    });

    /** What is the same of a job that was disturbed and of one that was not: its weights, its curve's end, no restart. */
    const outcome = ({ status = {} }: TrainingJobObject): readonly unknown[] => {
      const { lastCheckpoint, progress, attempt, restarts, restartsIgnored = 0 } = status;
      return [lastCheckpoint?.step, lastCheckpoint?.sha256, progress?.loss, attempt, restarts, restartsIgnored];
    };

    it("is killed hard under a job, which goes on", async () => {
      await release().start("patient", CALM_SPEC);
      const { status } = await release().trains("patient");
      const restarts = Number(await restartsOfNats());
      process.kill(await pidOfNats(), "SIGKILL");
      const isBack = async (): Promise<boolean> => Number(await restartsOfNats()) > restarts;
      await until("kubelet has started it again", isBack, JOB_TIMEOUT_MS);
      const before = status?.progress?.step ?? 0;
      await release().reaches("patient", (job) => (job.status?.progress?.step ?? 0) > before + 1);
    });

    it(`is away for ${OUTAGE_MS / 1000} s and comes back elsewhere; the job says so and ends as if nothing had happened`, async () => {
      const address = await addressOfNats();
      await kubectl("scale", STATEFUL_SET, "--replicas=0");
      await kubectl("delete", "pod", POD, "--grace-period=0", "--force", "--ignore-not-found");
      const { status } = await release().reaches(
        "patient",
        (job) => job.status?.message?.startsWith("Waiting for NATS") ?? false,
      );
      const [, since, end] = /^Waiting for NATS since (\S+), gives up at (\S+)$/.exec(status?.message ?? "") ?? [];
      assert.equal(Date.parse(end ?? "") - Date.parse(since ?? ""), 600_000);
      assert.equal(status?.conditions?.find(({ type }) => type === "Running")?.reason, "WaitingForNats");
      await until("it was away", () => Date.now() > Date.parse(since ?? "") + OUTAGE_MS, OUTAGE_MS + 60_000);
      await kubectl("scale", STATEFUL_SET, "--replicas=1");
      await kubectl("rollout", "status", STATEFUL_SET, "--timeout=5m");
      assert.notEqual(await addressOfNats(), address);
      assert.deepEqual(outcome(await ends("patient")), outcome(calm));
      const events = await kubectl("get", "events", "--field-selector=reason=WaitingForNats", "--output=name");
      assert.notEqual(events.trim(), "");
    });
  });
}
