import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PetageError } from "#lib/base/errors.ts";
import type { AccessSettings } from "#lib/jobs/access-settings.ts";
import { WORKER_NAME } from "#lib/k8s/job/names.ts";
import { openAccess } from "#lib/rpc/access/access.ts";
import { dial } from "#lib/rpc/client.ts";
import type { PredictResponse__Output } from "#proto/petage/v1/PredictResponse.ts";
import { collect } from "#test/lib/rpc/support.ts";
import type { Release } from "./release.ts";

/** What the file of petage's tests on Kubernetes has at hand. */
export interface InstalledPetage {
  readonly release: () => Release;
  /** Asks for the age on a photo, through the Service. */
  readonly predict: (caller: AccessSettings) => Promise<PredictResponse__Output>;
  /** For what callers need; there when the tests run. */
  readonly folder: () => string;
}

/** Callers of a release that has TLS and roles switched on. */
export class ReleaseCallers {
  readonly #release: Release;
  readonly #folder: string;

  /** @param folder for what they need */
  constructor(release: Release, folder: string) {
    this.#release = release;
    this.#folder = folder;
  }

  /** A Secret of the release, its texts decoded. */
  async secret(name: string): Promise<ReadonlyMap<string, string>> {
    const { data } = JSON.parse(await this.#release.kubectl("get", "secret", name, "--output=json")) as {
      data: Readonly<Record<string, string>>;
    };
    return new Map(Object.entries(data).map(([key, text]) => [key, String(Buffer.from(text, "base64"))]));
  }

  /** The settings of somebody who trusts the release, and has the token of a role, or none. */
  async callerWith(role?: string): Promise<AccessSettings> {
    const ca = join(this.#folder, "ca.crt");
    writeFileSync(ca, (await this.secret("petage-tls")).get("ca.crt") ?? "");
    if (role === undefined) return { ca };
    const lines = (await this.secret("petage-tokens")).get("tokens")?.split("\n") ?? [];
    const tokenFile = join(this.#folder, `${role}.token`);
    writeFileSync(tokenFile, lines.find((line) => line.endsWith(` ${role}`))?.split(" ")[0] ?? "");
    return { ca, tokenFile };
  }
}

/** The tests of who may call a release that has TLS and roles switched on. */
export function describeAccess({ release, predict, folder }: InstalledPetage): void {
  describe("with TLS and roles", () => {
    /** What the release makes once, and keeps. */
    const MADE = ["petage-ca", "petage-tls", "petage-worker-tls", "petage-tokens", "petage-job-key"];
    let callers: ReleaseCallers;

    before("an upgrade switches them on", async () => {
      callers = new ReleaseCallers(release(), folder());
      await release().upgrade("--set", "tls.enabled=true");
    });

    it("keeps what it made at the next upgrade, and passes helm test", async () => {
      const secrets = async () => await Promise.all(MADE.map((name) => callers.secret(name)));
      const made = await secrets();
      await release().upgrade();
      assert.deepEqual(await secrets(), made);
      assert.match(await release().helm("test", "petage", "--timeout", "5m", "--logs"), /Phase:\s+Succeeded/);
    });

    it("answers over TLS who has the role, and nobody else", async () => {
      await using way = await release().forward("service", "petage-controller");
      const answer = async (settings: AccessSettings): Promise<unknown> => {
        using access = await openAccess({ ...settings, serverName: "petage-controller" });
        await using controller = dial(`${way.host}:${way.port}`, "ControllerService", { access });
        return await controller.listTrainingJobs({}).then(
          () => "jobs",
          ({ code }: PetageError) => code,
        );
      };
      assert.equal(await answer(await callers.callerWith("train")), "jobs");
      assert.equal(await answer(await callers.callerWith("predict")), "PERMISSION_DENIED");
      assert.equal(await answer(await callers.callerWith()), "UNAUTHENTICATED");
      assert.equal(await answer({}), "UNAVAILABLE");
    });

    it("tells ages over TLS whom may ask for them, and nobody else", async () => {
      const { servedBy } = await predict(await callers.callerWith("predict"));
      assert.equal(servedBy?.name, "pet-age");
      await assert.rejects(predict(await callers.callerWith()), { code: "UNAUTHENTICATED" });
      await assert.rejects(predict({}), { code: "UNAVAILABLE" });
    });

    it("trains over TLS, while the services of the job refuse who is not of it", async () => {
      await release().start("encrypted");
      await release().trains("encrypted");
      await using way = await release().forward("pod", "encrypted-0-data-loader");
      using access = await openAccess({ ...(await callers.callerWith()), serverName: WORKER_NAME });
      await using stranger = dial(`${way.host}:${way.port}`, "DataLoaderService", { access });
      await assert.rejects(collect(stranger.streamBatches({ split: "SPLIT_TRAIN", worldSize: 1 })), {
        code: "PERMISSION_DENIED",
      });
      const { status } = await release().succeeds("encrypted");
      assert.equal(status?.progress?.step, status?.progress?.maxSteps);
    });
  });
}
