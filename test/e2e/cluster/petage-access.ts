import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PetageError } from "#lib/base/errors.ts";
import type { AccessSettings } from "#lib/jobs/access-settings.ts";
import { WORKER_NAME } from "#lib/k8s/job/names.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { openAccess } from "#lib/rpc/access/access.ts";
import { dial } from "#lib/rpc/client.ts";
import type { PredictResponse__Output } from "#proto/petage/v1/PredictResponse.ts";
import { collect } from "#test/lib/rpc/support.ts";
import type { Cluster } from "../../../scripts/cluster/cluster.ts";
import { CHART } from "../../../scripts/deploy.ts";

/** Half a minute to four minutes where nobody else works on this machine; pods yield to everybody. */
export const JOB_TIMEOUT_MS = 20 * 60_000;

/** What the file of petage's tests on Kubernetes has at hand. */
export interface InstalledPetage {
  readonly cluster: () => Cluster;
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  readonly release: (...args: readonly string[]) => Promise<string>;
  readonly smallJob: (name: string) => object;
  readonly isTraining: (name: string) => Promise<TrainingJobObject>;
  readonly isIn: (name: string, phase: string, timeoutMs?: number) => Promise<TrainingJobObject>;
  /** Asks for the age on a photo, through the Service. */
  readonly predict: (caller: AccessSettings) => Promise<PredictResponse__Output>;
  /** For what callers need; there when the tests run. */
  readonly folder: () => string;
}

/** Callers of a release that has TLS and roles switched on. */
interface ReleaseCallers {
  /** A Secret of the release, its texts decoded. */
  secret(name: string): Promise<ReadonlyMap<string, string>>;
  /** The settings of somebody who trusts the release, and has the token of a role, or none. */
  callerWith(role?: string): Promise<AccessSettings>;
}

export function releaseCallers({ kubectl, folder }: Pick<InstalledPetage, "kubectl" | "folder">): ReleaseCallers {
  async function secret(name: string): Promise<ReadonlyMap<string, string>> {
    const { data } = JSON.parse(await kubectl("get", "secret", name, "--output=json")) as {
      data: Readonly<Record<string, string>>;
    };
    return new Map(Object.entries(data).map(([key, text]) => [key, String(Buffer.from(text, "base64"))]));
  }

  async function callerWith(role?: string): Promise<AccessSettings> {
    const ca = join(folder(), "ca.crt");
    writeFileSync(ca, (await secret("petage-tls")).get("ca.crt") ?? "");
    if (role === undefined) return { ca };
    const lines = (await secret("petage-tokens")).get("tokens")?.split("\n") ?? [];
    const tokenFile = join(folder(), `${role}.token`);
    writeFileSync(tokenFile, lines.find((line) => line.endsWith(` ${role}`))?.split(" ")[0] ?? "");
    return { ca, tokenFile };
  }

  return { secret, callerWith };
}

/** The tests of who may call a release that has TLS and roles switched on. */
export function describeAccess({
  cluster,
  kubectl,
  release,
  smallJob,
  isTraining,
  isIn,
  predict,
  folder,
}: InstalledPetage): void {
  describe("with TLS and roles", () => {
    /** What the release makes once, and keeps. */
    const MADE = ["petage-ca", "petage-tls", "petage-worker-tls", "petage-tokens", "petage-job-key"];
    const upgrade = ["upgrade", "petage", CHART, "--reuse-values", "--wait", "--timeout", "5m"];

    const { secret, callerWith } = releaseCallers({ kubectl, folder });

    before("an upgrade switches them on", () => release(...upgrade, "--set", "tls.enabled=true"));

    it("keeps what it made at the next upgrade, and passes helm test", async () => {
      const made = await Promise.all(MADE.map(secret));
      await release(...upgrade);
      assert.deepEqual(await Promise.all(MADE.map(secret)), made);
      assert.match(await release("test", "petage", "--timeout", "5m", "--logs"), /Phase:\s+Succeeded/);
    });

    it("answers over TLS who has the role, and nobody else", async () => {
      const { spec } = await cluster().get<{ spec: { clusterIP: string } }>(
        "service",
        "petage-controller",
        "--namespace",
        "petage",
      );
      await using way = await cluster().forward(spec.clusterIP, 50051);
      const answer = async (settings: AccessSettings): Promise<unknown> => {
        using access = await openAccess({ ...settings, serverName: "petage-controller" });
        await using controller = dial(`${way.host}:${way.port}`, "ControllerService", { access });
        return await controller.listTrainingJobs({}).then(
          () => "jobs",
          ({ code }: PetageError) => code,
        );
      };
      assert.equal(await answer(await callerWith("train")), "jobs");
      assert.equal(await answer(await callerWith("predict")), "PERMISSION_DENIED");
      assert.equal(await answer(await callerWith()), "UNAUTHENTICATED");
      assert.equal(await answer({}), "UNAVAILABLE");
    });

    it("tells ages over TLS whom may ask for them, and nobody else", async () => {
      const { servedBy } = await predict(await callerWith("predict"));
      assert.equal(servedBy?.name, "pet-age");
      await assert.rejects(predict(await callerWith()), { code: "UNAUTHENTICATED" });
      await assert.rejects(predict({}), { code: "UNAVAILABLE" });
    });

    it("trains over TLS, while the services of the job refuse who is not of it", async () => {
      await cluster().apply(smallJob("encrypted"));
      await isTraining("encrypted");
      const pod = await cluster().get<{ status: { podIP: string } }>(
        "pod",
        "encrypted-0-data-loader",
        "--namespace",
        "petage",
      );
      await using way = await cluster().forward(pod.status.podIP, 50051);
      using access = await openAccess({ ...(await callerWith()), serverName: WORKER_NAME });
      await using stranger = dial(`${way.host}:${way.port}`, "DataLoaderService", { access });
      await assert.rejects(collect(stranger.streamBatches({ split: "SPLIT_TRAIN", worldSize: 1 })), {
        code: "PERMISSION_DENIED",
      });
      const { status } = await isIn("encrypted", "Succeeded", JOB_TIMEOUT_MS);
      assert.equal(status?.progress?.step, status?.progress?.maxSteps);
    });
  });
}
