import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { z } from "zod";
import type { PetageError } from "#lib/base/errors.ts";
import { startNatsServer } from "#lib/host/process/nats-server.ts";
import type { NatsServer } from "#lib/host/process/nats-server.ts";
import { readEnvironment } from "#lib/host/environment.ts";
import { accessSettings, accessVariables } from "#lib/jobs/access-settings.ts";
import { WORKER_NAME } from "#lib/k8s/job/names.ts";
import { openAccess } from "#lib/rpc/access/access.ts";
import { dial } from "#lib/rpc/client.ts";
import { waitForReady } from "#lib/rpc/ready.ts";
import { readCheckpoint } from "#lib/store/checkpoint-folder.ts";
import type { TerminationReport } from "#lib/jobs/termination.ts";
import { collect } from "#test/lib/rpc/support.ts";
import { startAttempt } from "#test/support/attempt.ts";
import type { AttemptRequest, PodProcess, TestAttempt } from "#test/support/attempt.ts";
import { CertificateAuthority } from "#test/support/certificates.ts";
import { writeTinyProject } from "#test/support/tiny-project.ts";
import type { TinyProject } from "#test/support/tiny-project.ts";
import { until } from "#test/support/until.ts";

const START_TIMEOUT_MS = 60_000;
/** More epochs than any test waits for. */
const ENDLESS = ["train_cfg.max_epochs=100000", "param_scheduler.0.T_max=100000"];

/** What was said last of a step: `[2][4/4]` is the eighth of four a epoch. */
function lastStep({ lines }: PodProcess, epochSteps: number): number {
  const found = lines.map((line) => /Epoch\(train\) +\[ *(\d+)\]\[ *(\d+)\//.exec(line)).findLast((match) => match);
  return found ? (Number(found[1]) - 1) * epochSteps + Number(found[2]) : 0;
}

/** The workers of a job as pods: started at once, in any order, with nothing but NATS between them. */
describe("an attempt", function () {
  this.timeout(3 * START_TIMEOUT_MS);
  let folder = "";
  let project: TinyProject;
  let nats: NatsServer;
  let epochSteps = 0;
  let attempts = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-attempt-"));
    project = await writeTinyProject(folder);
    epochSteps = project.steps / 2;
    nats = await startNatsServer();
  });
  beforeEach(() => rm(join(folder, "work"), { recursive: true, force: true }));
  after(async () => {
    await nats?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  function start(request: Partial<AttemptRequest> = {}): Promise<TestAttempt> {
    return startAttempt({ folder, config: project.config, natsUrl: nats.url, attempt: attempts++, ...request });
  }

  async function trained({ trainers }: TestAttempt, steps = 4): Promise<number> {
    const [first] = trainers;
    assert.ok(first);
    return await until(
      "it trains",
      () => {
        const step = lastStep(first, epochSteps);
        return step >= steps ? step : undefined;
      },
      START_TIMEOUT_MS,
    );
  }

  /** What both ranks left behind; both must end with the exit code. */
  async function reportsOf(
    { trainers }: TestAttempt,
    exitCode: number,
  ): Promise<[TerminationReport, TerminationReport]> {
    const ended = await Promise.all(trainers.map((trainer) => trainer.end()));
    for (const end of ended) assert.equal(end.exitCode, exitCode, end.lastLines.join("\n"));
    const [first, second] = ended.map(({ report }) => report);
    return first && second ? [first, second] : assert.fail("no report");
  }

  /** The step with which each rank says that it began. */
  function resumedSteps({ trainers }: TestAttempt): number[] {
    return trainers.map(({ lines }) => Number(/Resumed from .*step=(\d+)/.exec(lines.join("\n"))?.[1]));
  }

  /** Certificates and a key as the chart gives them to pods. */
  async function secured(authority: CertificateAuthority): Promise<Record<string, string>> {
    const paths = await authority.issue("workers", { name: "workers", alternativeNames: [`DNS:${WORKER_NAME}`] });
    return {
      PETAGE_TLS_CERT: paths.cert,
      PETAGE_TLS_KEY: paths.key,
      PETAGE_TLS_CA: authority.ca,
      PETAGE_TLS_REQUIRE_CLIENT: "true",
      PETAGE_TLS_SERVER_NAME: WORKER_NAME,
      PETAGE_JOB_KEY: "key of the release",
    };
  }

  /** A pod of another job has the same certificate and key. */
  async function refusesOthers({ others }: TestAttempt, environment: Record<string, string>): Promise<void> {
    const { address } = others[0] ?? assert.fail();
    using access = await openAccess(accessSettings(readEnvironment(z.object(accessVariables), environment)));
    await using stranger = dial(address, "DataLoaderService", { access, job: "uid-2" });
    await until(
      "it refuses",
      async () => {
        const batches = stranger.streamBatches({ split: "SPLIT_TRAIN", worldSize: 1 });
        const code = await collect(batches).then(
          () => "let in",
          (error: PetageError) => error.code,
        );
        assert.ok(code === "UNAVAILABLE" || code === "PERMISSION_DENIED", code);
        return code === "PERMISSION_DENIED";
      },
      START_TIMEOUT_MS,
    );
  }

  it("finds its services, trains to the end, and publishes what it made as the next version, over TLS, too", async () => {
    await using authority = await CertificateAuthority.make();
    const publish = { PETAGE_PUBLISH_TO: join(folder, "work", "models", "tiny") };
    const cfgOptions = ["default_hooks.checkpoint.save_best=auto"];
    for (const [version, tls] of [["1"], ["2", await secured(authority)]] as const) {
      const environment = { ...publish, ...tls };
      await using attempt = await start({ environment, cfgOptions });
      if (tls) await refusesOthers(attempt, tls);
      const [first, second] = await reportsOf(attempt, 0);
      assert.deepEqual([first.error, first.step, first.checkpoint?.step], ["", project.steps, project.steps]);
      const { modelUri, metrics } = first.result ?? assert.fail("no result");
      assert.match(basename(modelUri), /^best_petage_mae_argmax_epoch_\d$/);
      const best = await readCheckpoint(modelUri);
      assert.deepEqual(metrics, best.meta.metrics);
      assert.ok((metrics["petage/mae_argmax"] ?? 0) > 0);
      assert.equal(first.published, join(environment.PETAGE_PUBLISH_TO, version));
      assert.deepEqual((await readCheckpoint(first.published)).weights, best.weights);
      assert.deepEqual([second.step, second.result, second.published], [project.steps, null, null]);
    }
  });

  it("saves its last step when all are told to end, and the next attempt continues it", async () => {
    let uri = "";
    let step = 0;
    {
      await using attempt = await start({ cfgOptions: ENDLESS });
      await trained(attempt);
      for (const { pid } of attempt.trainers) process.kill(pid, "SIGTERM");
      const reports = await reportsOf(attempt, 143);
      for (const { checkpoint, step: done, error } of reports) {
        assert.equal(checkpoint?.step, done);
        assert.match(error, /ABORTED/);
      }
      const [newest] = reports.map(({ checkpoint }) => checkpoint).toSorted((a, b) => (b?.step ?? 0) - (a?.step ?? 0));
      ({ uri, step } = newest ?? assert.fail("no checkpoint"));
      const { meta } = await readCheckpoint(uri, { withOptimizer: true });
      assert.equal(meta.progress.step, step);
    }
    await using attempt = await start({ cfgOptions: ENDLESS, environment: { PETAGE_RESUME_FROM: uri } });
    assert.ok((await trained(attempt, step + 2)) > step);
    assert.deepEqual(resumedSteps(attempt), [step, step]);
  });

  it("ends with exit code 75 and a checkpoint when it loses a rank, and `auto` continues that on all ranks", async () => {
    let step = 0;
    {
      await using attempt = await start({ cfgOptions: ENDLESS });
      const seen = await trained(attempt);
      const [first, second] = attempt.trainers;
      process.kill(second?.pid ?? 0, "SIGKILL");
      const ended = (await first?.end()) ?? assert.fail();
      assert.equal(ended.exitCode, 75, ended.lastLines.join("\n"));
      assert.match(ended.report?.error ?? "", /[Rr]ank 1.*\[PEER_LOST\]$/);
      step = ended.report?.checkpoint?.step ?? 0;
      assert.ok(step >= seen && step === ended.report?.step, `step ${step}, seen ${seen}`);
    }
    await using attempt = await start({ cfgOptions: ENDLESS, environment: { PETAGE_RESUME_FROM: "auto" } });
    await trained(attempt, step + 2);
    assert.deepEqual(resumedSteps(attempt), [step, step]);
  });

  it("begins anew on all ranks when there is nothing that `auto` could continue", async () => {
    await using attempt = await start({ environment: { PETAGE_RESUME_FROM: "auto" } });
    await reportsOf(attempt, 0);
    assert.deepEqual(resumedSteps(attempt), [NaN, NaN]);
    assert.match(attempt.trainers[0]?.lines.join("\n") ?? "", /nothing to resume: training starts anew/);
  });

  it("reports the best model of the attempt before when it has nothing left to do", async () => {
    const cfgOptions = ["default_hooks.checkpoint.save_best=auto"];
    const results: unknown[] = [];
    for (const resume of ["", "auto"]) {
      await using attempt = await start({ cfgOptions, environment: { PETAGE_RESUME_FROM: resume } });
      const [{ result, step, checkpoint }] = await reportsOf(attempt, 0);
      assert.ok(result);
      results.push({ result, step, checkpoint });
    }
    assert.deepEqual(results[1], results[0]);
  });

  it("keeps the newest of the checkpoints that it writes every few steps", async () => {
    const environment = { PETAGE_CHECKPOINT_EVERY_STEPS: "2", PETAGE_CHECKPOINT_KEEP_LAST: "2" };
    await using attempt = await start({ environment });
    await reportsOf(attempt, 0);
    const names = (await readdir(join(folder, "work", "run"))).filter((name) => name.startsWith("iter_"));
    assert.deepEqual(names.toSorted(), [`iter_${project.steps - 2}`, `iter_${project.steps}`]);
  });

  it("lives, but is not ready, while a service looks for another", async () => {
    await using attempt = await start({ roles: ["evaluator"], workers: 0 });
    const { address } = attempt.others[0] ?? assert.fail();
    const answer = (): Promise<string> => waitForReady(address, 200).then(() => "ready", String);
    await until("its health answers", async () => (await answer()).endsWith(": NOT_SERVING"), START_TIMEOUT_MS);
  });

  it("ends with exit code 75 and one clear line when a service does not come", async () => {
    await using attempt = await start({ roles: [], workers: 1, environment: { PETAGE_PEER_TIMEOUT_MS: "500" } });
    const only = (await attempt.trainers[0]?.end()) ?? assert.fail();
    assert.equal(only.exitCode, 75);
    assert.match(
      only.report?.error ?? "",
      /^The data-loader of attempt \d+ did not say within 0\.5 s where it is\. .*\[UNAVAILABLE\]$/,
    );
  });
});
