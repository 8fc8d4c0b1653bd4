import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { KubeClient } from "#lib/k8s/client.ts";
import { Credentials } from "#lib/k8s/credentials.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import { CONFIG_MAPS, TRAINING_JOBS } from "#lib/k8s/objects.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";
import { useCluster } from "#test/support/cluster.ts";
import { until } from "#test/support/until.ts";
import { CHART_CRD, CRD, ROOT } from "../../scripts/deploy.ts";
import { BAD_CHANGES, BAD_MANIFESTS, GOOD_CHANGES, job } from "./manifests.ts";
import type { Job } from "./manifests.ts";

const SAMPLES = join(ROOT, "deploy/samples");

function samples(): (readonly [file: string, object: KubeObject])[] {
  return readdirSync(SAMPLES).flatMap((file) =>
    parseAllDocuments(readFileSync(join(SAMPLES, file), "utf8")).map(
      (document) => [file, document.toJSON() as KubeObject] as const,
    ),
  );
}

/** What a schema's node says; all of them, with their paths. */
type Node = Readonly<Record<string, unknown>>;
function* nodes(node: Node, path: string): Generator<readonly [string, Node]> {
  yield [path, node];
  for (const [name, child] of Object.entries((node["properties"] ?? {}) as Record<string, Node>)) {
    yield* nodes(child, `${path}.${name}`);
  }
  if (node["items"]) yield* nodes(node["items"] as Node, `${path}[]`);
  if (node["additionalProperties"]) yield* nodes(node["additionalProperties"] as Node, `${path}{}`);
}

describe("the TrainingJob resource", () => {
  const crd = parse(readFileSync(CRD, "utf8")) as {
    spec: { versions: [{ schema: { openAPIV3Schema: Node } }] };
  };
  const all = [...nodes(crd.spec.versions[0].schema.openAPIV3Schema, "")];

  it("is the one that the chart installs", () => {
    assert.equal(
      readFileSync(CHART_CRD, "utf8"),
      readFileSync(CRD, "utf8"),
      "Run: node --import tsx scripts/deploy.ts",
    );
  });

  it("describes every field", () => {
    const silent = all.filter(([, node]) => typeof node["description"] !== "string").map(([path]) => path);
    const metadata = [".metadata", ".metadata.name"]; // the API server describes it itself
    assert.deepEqual(silent, metadata);
  });

  it("says of every field of a status what it alone is, for `kubectl explain`", () => {
    const ofConditions = /\.(observedGeneration|reason|message)$/; // as everywhere in Kubernetes
    const own = all.filter(([path]) => path.startsWith(".status") && !ofConditions.test(path));
    const counts = new Map<string, string[]>();
    for (const [path, { description }] of own)
      counts.set(String(description), [...(counts.get(String(description)) ?? []), path]);
    assert.deepEqual(
      [...counts.values()].filter((paths) => paths.length > 1),
      [],
    );
  });

  it("bounds every string, list and map", () => {
    const bounds: Readonly<Record<string, string>> = { string: "maxLength", array: "maxItems" };
    const boundless = all.filter(([path, node]) => {
      if (path === ".metadata.name") return false; // by a rule that says why
      if (node["additionalProperties"]) return node["maxProperties"] === undefined;
      if (node["x-kubernetes-int-or-string"]) return node["maxLength"] === undefined;
      const bound = bounds[String(node["type"])];
      return bound !== undefined && node[bound] === undefined && node["enum"] === undefined;
    });
    assert.deepEqual(
      boundless.map(([path]) => path),
      [],
    );
  });

  it("bounds every number of the spec", () => {
    const boundless = all.filter(([path, node]) => {
      const counts = node["type"] === "integer" && path.startsWith(".spec");
      return counts && (node["minimum"] === undefined || node["maximum"] === undefined);
    });
    assert.deepEqual(
      boundless.map(([path]) => path),
      [],
    );
  });
});

describe("the TrainingJob resource in a cluster", function () {
  this.timeout(60_000);
  const cluster = useCluster(1);
  let credentials: Credentials;
  let client: KubeClient;

  before("install the resource", async () => {
    credentials = Credentials.load(cluster().kubeconfig);
    client = new KubeClient(credentials);
    await cluster().kubectl(["apply", "--filename", CRD]);
    // Not `kubectl wait`: it fails where there are no conditions yet.
    const jobs = (): Promise<unknown> => client.list(TRAINING_JOBS, { namespace: "default" }).catch(() => null);
    await until("the path of training jobs", jobs, 30_000);
  });
  after(() => credentials?.[Symbol.dispose]());

  async function refusal(action: Promise<unknown>): Promise<KubeError> {
    const error = await action.then(
      () => assert.fail("it was accepted"),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof KubeError, String(error));
    assert.equal(error.code, "INVALID_ARGUMENT", error.describe());
    return error;
  }

  for (const [file, object] of samples()) {
    it(`accepts the ${object.kind} of ${file}`, async () => {
      const type = object.kind === "ConfigMap" ? CONFIG_MAPS : TRAINING_JOBS;
      const placed = { ...object, metadata: { ...object.metadata, namespace: "default" } };
      await client.create(type, placed, { dryRun: true, strict: true });
    });
  }

  for (const [what, manifest, message] of BAD_MANIFESTS) {
    it(`refuses ${what}`, async () => {
      const error = await refusal(client.create(TRAINING_JOBS, manifest, { dryRun: true, strict: true }));
      assert.match(error.message, message);
    });
  }

  async function changed(before: object, change: object): Promise<Job> {
    const made = await client.create(TRAINING_JOBS, job({ ...before }, "changing"));
    try {
      return await client.replace(TRAINING_JOBS, { ...made, spec: { ...made.spec, ...change } }, { dryRun: true });
    } finally {
      await client.delete(TRAINING_JOBS, made.metadata);
    }
  }

  for (const [what, before, change, message] of BAD_CHANGES) {
    it(`refuses to change ${what}`, async () => {
      assert.match((await refusal(changed(before, change))).message, message);
    });
  }

  for (const [what, before, change] of GOOD_CHANGES) {
    it(`lets users change ${what}`, async () => {
      assert.equal((await changed(before, change)).metadata.generation, 2);
    });
  }

  it("fills in the defaults", async () => {
    const { spec } = await client.create(TRAINING_JOBS, job({ gpu: {}, dataset: { synthetic: {} } }), { dryRun: true });
    assert.deepEqual(spec, {
      config: { name: "resnet18_petage_quickstart", fileName: "config.py" },
      workers: 1,
      gpu: { count: 1 },
      dataset: { synthetic: { count: 1200, seed: 0 } },
      checkpoint: { everySteps: 0, keepLast: 3, retain: "Always" },
      failurePolicy: { maxRestarts: 6, natsOutageSeconds: 600 },
      schedulingPolicy: { gang: "Auto", startTimeoutSeconds: 600 },
      runPolicy: { suspend: false, cancel: false, cleanPodPolicy: "Running" },
      managedBy: "petage.dev/controller",
    });
  });

  it("keeps everything of a pod template, known or not", async () => {
    const spec = { tolerations: [{ key: "a", operator: "Exists" }], schedulingGroup: { podGroupName: "b" }, new: [1] };
    const { spec: kept } = await client.create(TRAINING_JOBS, job({ podTemplate: { spec } }), { dryRun: true });
    assert.deepEqual(kept["podTemplate"], { spec });
  });

  it("keeps the status apart from the spec", async () => {
    const made = await client.create(TRAINING_JOBS, { ...job({}, "split"), status: { phase: "Running" } });
    assert.equal(made.status, undefined);
    const status = { phase: "Running", workers: { ready: 1, summary: "1/1" }, progress: { loss: 0.5, epoch: 3 } };
    const place = { ...made.metadata, subresource: "status" } as const;
    const told = await client.merge<Job>(TRAINING_JOBS, place, { patch: { spec: { workers: 2 }, status } });
    assert.deepEqual([told.spec["workers"], told.status], [1, status]);
  });

  it("shows what matters in a table", async () => {
    const [titles, row] = (await cluster().kubectl(["get", "tj", "split"])).trim().split("\n");
    assert.match(titles ?? "", /^NAME +PHASE +READY +RESTARTS +EPOCH +AGE$/);
    assert.match(row ?? "", /^split +Running +1\/1 +3 +\d+s$/);
    const wide = await cluster().kubectl(["get", "tj", "split", "--output=wide"]);
    assert.match(wide, /AGE +LOSS +VALMAE +CHECKPOINT +MESSAGE\n.* 0\.5/);
  });

  it("can be scaled where it is elastic", async () => {
    await client.create(TRAINING_JOBS, job({ workers: 2, elastic: { minWorkers: 1, maxWorkers: 4 } }, "elastic"));
    await cluster().kubectl(["scale", "tj", "elastic", "--replicas=4"]);
    assert.equal((await client.get<Job>(TRAINING_JOBS, { namespace: "default", name: "elastic" })).spec["workers"], 4);
    await assert.rejects(cluster().kubectl(["scale", "tj", "elastic", "--replicas=5"]), /outside of elastic/);
  });
});
