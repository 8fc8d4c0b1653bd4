import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments, parseDocument } from "yaml";
import { synthesize } from "#lib/host/pictures/synth.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import type { AccessSettings } from "#lib/jobs/access-settings.ts";
import { openAccess } from "#lib/rpc/access/access.ts";
import { dial } from "#lib/rpc/client.ts";
import { NODE } from "../../../scripts/cluster/network.ts";
import { imageSupport } from "../../../scripts/image/store.ts";
import { useCluster } from "../../support/cluster.ts";
import { petage } from "../../support/cli.ts";
import { until } from "../../support/until.ts";
import { assertWithin } from "../../support/within.ts";
import { describeOutage } from "./nats-outage.ts";
import { describeAccess, ReleaseCallers } from "./petage-access.ts";
import { CALM, CALM_SPEC, epochs, JOB_TIMEOUT_MS, NAMESPACE, Release, SAVED_EVERY } from "./release.ts";

const GPUS = 2;
/** Building the image the first time, on a busy machine. */
const SETUP_TIMEOUT_MS = 30 * 60_000;
const STEP_TIMEOUT_MS = 5 * 60_000;
/** Whether everything is done over TLS, and not only what is about it. */
const WITH_TLS = process.env["PETAGE_TLS"] === "on";
const SAMPLES = new URL("../../../deploy/samples/", import.meta.url);

interface RenderedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

describe("petage on Kubernetes", function () {
  this.timeout(JOB_TIMEOUT_MS);
  const cluster = useCluster(3);
  let folder = "";
  let installed: Release;
  const release = (): Release => installed;
  const kubectl = (...args: readonly string[]): Promise<string> => installed.kubectl(...args);

  before("the release", async function () {
    this.timeout(SETUP_TIMEOUT_MS);
    const support = imageSupport();
    if (!support.available) {
      console.log(`      Left out: petage in containers: ${support.why}`);
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "petage-photos-"));
    installed = await Release.install(cluster(), GPUS, WITH_TLS ? ["--set", "tls.enabled=true"] : []);
  });

  after("no photos", () => {
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it("installs by helm, and everything gets ready", async () => {
    const ready = await kubectl("get", "pods", "--output=jsonpath={.items[*].status.containerStatuses[*].ready}");
    assert.equal(ready, "true true true");
  });

  it("passes helm test", async () => {
    assert.match(await installed.helm("test", "petage", "--timeout", "5m", "--logs"), /Phase:\s+Succeeded/);
  });

  it("answers Predict with what to do while no model has been published", async () => {
    await assert.rejects(predict(), /no model named pet-age has been published yet/i);
  });

  it("trains the sample: a gang of two with a GPU each, data-loader and evaluator", async () => {
    const sample = sampleFile("quickstart");
    await kubectl("apply", "--filename", sample);
    await installed.isIn("quickstart", "Running");
    const pods = await installed.pods("quickstart");
    const gpus = pods.map(({ metadata, spec }) => [
      metadata.name,
      spec.containers[0]?.resources.limits?.["nvidia.com/gpu"],
    ]);
    assert.deepEqual(
      gpus.toSorted(([a = ""], [b = ""]) => a.localeCompare(b)),
      [
        ["quickstart-0-0", "1"],
        ["quickstart-0-1", "1"],
        ["quickstart-0-data-loader", undefined],
        ["quickstart-0-evaluator", undefined],
      ],
    );
    assert.match(await kubectl("get", "podgroups.scheduling.k8s.io", "--output=name"), /podgroup.*\/quickstart-.*-0/);
    await rendersWhatIsThere(sample);
    const { status } = await installed.succeeds("quickstart");
    assert.equal(status?.attempt, 0);
    assert.match(status?.result?.published ?? "", /models\/pet-age\/1$/);
    assert.ok((status?.result?.metrics["petage/mae_median"] ?? Infinity) < 34, "better than the constant answer");
  });

  /** A sample as it stands, or with a quarter of its epochs, which shows the same in a third of the time. */
  function sampleFile(name: string): string {
    const file = new URL(`${name}.yaml`, SAMPLES);
    if (process.env["PETAGE_SAMPLES"] === "whole") return file.pathname;
    const document = parseDocument(readFileSync(file, "utf8"));
    document.setIn(["spec", "config", "cfgOptions"], ["train_cfg.max_epochs=3"]);
    const short = join(folder, `${name}.yaml`);
    writeFileSync(short, String(document));
    return short;
  }

  /** `petage job render` says what the controller made of a file; the cluster may have added defaults to it. */
  async function rendersWhatIsThere(file: string): Promise<void> {
    const flags = ["--namespace", NAMESPACE, "--kubeconfig", cluster().kubeconfig];
    const { stdout } = await petage(["job", "render", "--filename", file, ...flags]);
    const rendered = parseAllDocuments(stdout).map((document) => document.toJS() as RenderedObject);
    assert.deepEqual(rendered.map(({ kind }) => kind).toSorted(), [
      "ConfigMap",
      "Pod",
      "Pod",
      "Pod",
      "Pod",
      "PodGroup",
    ]);
    for (const object of rendered) {
      const type = object.kind === "PodGroup" ? "podgroups.scheduling.k8s.io" : object.kind.toLowerCase();
      const real: unknown = JSON.parse(await kubectl("get", type, object.metadata.name, "--output=json"));
      assertWithin(object, real, object.metadata.name);
    }
  }

  async function predict(caller?: AccessSettings) {
    const ofRelease = WITH_TLS ? await new ReleaseCallers(installed, folder).callerWith("predict") : {};
    await using way = await installed.forward("service", "petage-inference");
    using access = await openAccess({ ...(caller ?? ofRelease), serverName: "petage-inference" });
    await using inference = dial(`${way.host}:${way.port}`, "InferenceService", { access });
    return await inference.predict({ image: await drawnPet() });
  }

  async function drawnPet(): Promise<Buffer> {
    const pets = join(folder, "pets");
    await synthesize({ out: pets, count: 10, seed: 1, layout: "annotation" });
    const [photo = ""] = readdirSync(join(pets, "test"));
    return readFileSync(join(pets, "test", photo));
  }

  /** The process of a worker, as this machine numbers it: its environment bears its job and its name. */
  function pidOf(job: string, worker: string): number {
    const read = (pid: string, file: string): readonly string[] =>
      readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
    const isIt = (pid: string): boolean => {
      try {
        if (!read(pid, "cmdline").some((word) => /^services\/.*\/main\.ts$/.test(word))) return false; // a child: the compiler
        const variables = read(pid, "environ");
        return variables.includes(`JOB_NAME=${job}`) && variables.includes(`PETAGE_NAME=${worker}`);
      } catch {
        return false; // it has ended
      }
    };
    const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry) && isIt(entry));
    assert.equal(pids.length, 1, `${pids.length} processes of ${worker} of ${job}`);
    return Number(pids[0]);
  }

  it("says what is wrong with a bad config, and where, without making a pod", async () => {
    const inline = "_base_ = ['resnet/resnet18_petage_quickstart.py']\nmodel = dict(backbone=dict(depht=18))\n";
    await installed.start("bad-config", { config: { inline, fileName: "mine.py" } });
    const { status } = await installed.isIn("bad-config", "Failed");
    assert.match(status?.message ?? "", /mine\.py:2.*depht/s);
    assert.deepEqual(await installed.pods("bad-config"), []);
  });

  it("says that an image cannot be had", async () => {
    await installed.start("bad-image", { image: "localhost:1/no-such-image:1" });
    const { status } = await installed.reaches("bad-image", (job) =>
      /ImagePull|ErrImage/.test(job.status?.message ?? ""),
    );
    assert.equal(status?.phase, "Starting");
    assert.match(status?.message ?? "", /no-such-image/);
    await kubectl("delete", "tj", "bad-image");
  });

  async function sampleHasRun(): Promise<void> {
    await kubectl("apply", "--filename", sampleFile("quickstart"));
    await installed.succeeds("quickstart");
  }

  describe("a trained sample", () => {
    before("it has run", sampleHasRun);

    it("is served as the model that it published", async () => {
      const answer = await until("inference has the model", () => predict().catch(() => undefined), STEP_TIMEOUT_MS);
      assert.equal(answer.servedBy?.version, "1");
      const months = answer.estimate?.ageMonths ?? -1;
      assert.ok(months >= 0 && months < 192, `${months} months`);
    });
  });

  describe("a job that has much to bear", () => {
    /** A job that would never end; what may happen to a job happens to it. As it was last. */
    const WORN = "worn";
    let worn: TrainingJobObject;
    const stepOf = ({ status }: TrainingJobObject): number => status?.progress?.step ?? 0;
    const attemptOf = ({ status }: TrainingJobObject): number => status?.attempt ?? 0;
    const savedStep = ({ status }: TrainingJobObject): number => status?.lastCheckpoint?.step ?? 0;
    /** Those that count, and those that do not, which the status leaves out while there is none. */
    const restartsOf = ({ status }: TrainingJobObject): readonly (number | undefined)[] => [
      status?.restarts,
      status?.restartsIgnored ?? 0,
    ];
    /** It trains in that attempt, and has done more steps than before. */
    const goesOn = (attempt: number): Promise<TrainingJobObject> =>
      installed.reaches(
        WORN,
        (job) => job.status?.phase === "Running" && job.status.attempt === attempt && stepOf(job) > stepOf(worn) + 1,
      );

    before("it trains", async () => {
      await installed.start(WORN, { config: epochs(1000), dataLoader: { replicas: 2 } });
      worn = await installed.trains(WORN);
    });

    it("goes on when the controller is killed", async () => {
      await kubectl(
        "delete",
        "pod",
        "--selector=app.kubernetes.io/component=controller",
        "--grace-period=0",
        "--force",
      );
      worn = await goesOn(attemptOf(worn));
      assert.deepEqual(restartsOf(worn), [0, 0]);
    });

    it("goes on when one of its data-loaders is killed, without a restart", async () => {
      const attempt = attemptOf(worn);
      process.kill(pidOf(WORN, "data-loader-1"), "SIGKILL");
      await until("its pod has failed", async () => {
        const pod = `pod/${WORN}-${attempt}-data-loader-1`;
        return (await kubectl("get", pod, "--output=jsonpath={.status.phase}")) === "Failed";
      });
      worn = await installed.job(WORN);
      worn = await goesOn(attempt);
      assert.deepEqual(restartsOf(worn), [0, 0]);
    });

    it("goes on when a trainer is killed, and says what that cost", async () => {
      const attempt = attemptOf(worn);
      process.kill(pidOf(WORN, "trainer-1"), "SIGKILL");
      worn = await goesOn(attempt + 1);
      const { lastFailure, progress } = worn.status ?? {};
      assert.deepEqual(restartsOf(worn), [1, 0]);
      assert.deepEqual(
        [lastFailure?.worker, lastFailure?.signal],
        [`${WORN}-${attempt}-1`, "SIGKILL"],
        lastFailure?.message,
      );
      const { lostSteps } = progress ?? {};
      assert.ok(lostSteps !== undefined && lostSteps <= SAVED_EVERY, `${lostSteps} steps lost`);
    });

    it("goes on when a trainer is drained from its node, and does not count that", async () => {
      const [attempt, saved] = [attemptOf(worn), savedStep(worn)];
      worn = await installed.reaches(WORN, (job) => savedStep(job) > saved);
      const drain = ["drain", NODE.name, `--pod-selector=petage.dev/job=${WORN},petage.dev/rank=1`];
      await kubectl(...drain, "--force", "--delete-emptydir-data", "--timeout=3m");
      await kubectl("uncordon", NODE.name);
      worn = await goesOn(attempt + 1);
      const { lastFailure } = worn.status ?? {};
      assert.deepEqual(restartsOf(worn), [0, 1], lastFailure?.message); // a new checkpoint makes good for what was before
      assert.equal(lastFailure?.worker, `${WORN}-${attempt}-1`);
    });

    describe("and another gang for its GPUs", () => {
      let waiting: TrainingJobObject;
      before("it waits", async () => {
        await installed.start(CALM, CALM_SPEC);
        waiting = await installed.reaches(CALM, ({ status }) =>
          /Insufficient nvidia.com\/gpu|minCount|cannot be satisfied/.test(status?.message ?? ""),
        );
      });

      it("waits whole, and says why", async () => {
        assert.equal(waiting.status?.phase, "Scheduling");
        assert.equal(waiting.status?.conditions?.find(({ type }) => type === "GangScheduled")?.status, "False");
        const ofCalm = ["get", "pods", `--selector=petage.dev/job=${CALM}`];
        const phases = await kubectl(...ofCalm, "--output=jsonpath={.items[*].status.phase}");
        assert.equal(phases, "Pending Pending Pending Pending");
      });

      it("runs to its end when the first is cancelled", async () => {
        await kubectl("patch", "tj", WORN, "--type=merge", '--patch={"spec":{"runPolicy":{"cancel":true}}}');
        await installed.isIn(WORN, "Cancelled");
        const { status } = await installed.succeeds(CALM);
        assert.deepEqual([status?.attempt, status?.restarts], [0, 0]);
        assert.equal(status?.progress?.step, status?.progress?.maxSteps);
      });
    });
  });

  describeOutage(release);

  describeAccess({ release, predict, folder: () => folder });

  describe("a job that is to leave nothing", () => {
    before("it and another one have run", async () => {
      await installed.calm();
      await sampleHasRun();
    });

    it("takes its checkpoints with it when it is deleted, and nobody else's", async () => {
      const output = join(cluster().folder, "volumes/petage-output");
      const runs = ["quickstart", CALM].map(async (name) => {
        const { status } = await installed.job(name);
        return join(output, (status?.workDir ?? "").replace("work_dirs/", ""));
      });
      const [other = "", own = ""] = await Promise.all(runs);
      assert.ok(readdirSync(own).some((name) => name.startsWith("epoch_")));
      await kubectl("delete", "tj", CALM, "--timeout=2m");
      assert.deepEqual([existsSync(own), existsSync(other)], [false, true]);
    });
  });

  describe("uninstalled", () => {
    it("leaves nothing but what is kept on purpose", async () => {
      await kubectl("delete", "tj", "--all", "--wait");
      await installed.uninstall();
      const kept = ["petage-data", "petage-output"].map((name) => `persistentvolumeclaim/${name}`);
      let left: readonly string[] = [];
      const isClean = async (): Promise<boolean> => {
        const found = await kubectl("get", "all,secrets,configmaps,pvc,networkpolicies,roles,leases", "--output=name");
        left = found.split("\n").filter((name) => name !== "" && !name.includes("kube-root-ca.crt"));
        return left.length <= kept.length;
      };
      await until("its pods are gone", isClean, STEP_TIMEOUT_MS).catch(() => undefined);
      assert.deepEqual(left.toSorted(), kept);
    });
  });
});
