import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "#test/support/sources.ts";
import { failure } from "../../lib/k8s/proxied-cluster.ts";
import { askedManifests, checkManifests, noConfigMap } from "../../../cli/jobs/manifests-of-flags.ts";
import type { JobFlags } from "../../../cli/jobs/manifests-of-flags.ts";
import { isJob, readManifests } from "../../../cli/jobs/manifest-files.ts";

const SAMPLES = join(ROOT, "deploy/samples");
const JOB = "apiVersion: petage.dev/v1alpha1\nkind: TrainingJob\n";

describe("manifests of jobs", () => {
  let file = "";
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-manifests-"));
    file = join(folder, "a.yaml");
  });
  after(() => rm(folder, { recursive: true }));

  it("of every sample are read, and their configs found sound", async () => {
    for (const sample of await readdir(SAMPLES)) {
      const manifests = await readManifests([join(SAMPLES, sample)]);
      const resolved = await checkManifests(manifests, noConfigMap);
      assert.equal(resolved.size, 1, sample);
    }
  });

  it("are read from lists and from JSON", async () => {
    const job = {
      apiVersion: "petage.dev/v1alpha1",
      kind: "TrainingJob",
      metadata: { name: "a" },
      spec: { config: {} },
    };
    await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: [job, job] }));
    assert.equal((await readManifests([file])).filter(isJob).length, 2);
  });

  it("keep what is not known here", async () => {
    await writeFile(
      file,
      `${JOB}metadata: { name: a, labels: { x: z } }\nspec: { config: { name: b }, podTemplate: { spec: { z: 1 } } }`,
    );
    const job = (await readManifests([file])).find(isJob);
    assert.deepEqual([job?.metadata.labels, job?.spec.podTemplate], [{ x: "z" }, { spec: { z: 1 } }]);
  });

  it("are read from several files, and from a folder, in order", async () => {
    const pets = join(folder, "pets");
    await mkdir(pets);
    await writeFile(file, `${JOB}metadata: { name: a }\nspec: { config: {} }`);
    await writeFile(join(pets, "c.yml"), `${JOB}metadata: { name: c }\nspec: { config: {} }`);
    await writeFile(
      join(pets, "b.json"),
      JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "b" } }),
    );
    await writeFile(join(pets, "config.py"), "a = 1");
    const manifests = await readManifests([file, pets]);
    assert.deepEqual(
      manifests.map(({ metadata }) => metadata.name),
      ["a", "b", "c"],
    );
  });

  it("mean what kubectl takes them for", async () => {
    await writeFile(
      file,
      `${JOB}metadata: { name: a }\nspec: { config: {}, podTemplate: { mode: 0400, yes: on, at: 12:30, day: 2026-11-23 } }`,
    );
    const job = (await readManifests([file])).find(isJob);
    assert.deepEqual(job?.spec.podTemplate, { mode: 256, true: true, at: "12:30", day: "2026-11-23" });
  });

  const bad: readonly (readonly [string, string, RegExp])[] = [
    ["no YAML", "a: [\n", /a\.yaml:\d+:\d+: .*\[INVALID_ARGUMENT\]/],
    ["an alias of nothing", `${JOB}metadata: *words`, /a\.yaml: Unresolved alias .*words \[INVALID_ARGUMENT\]/],
    ["nothing", "# a comment\n---\n", /a\.yaml holds no manifest/],
    [
      "another kind",
      "apiVersion: v1\nkind: Pod\nmetadata: { name: a }",
      /object 1: kind is "Pod", expected TrainingJob or ConfigMap.*kubectl apply -f/,
    ],
    ["a text", "hello", /object 1: it: .*expected object/],
    [
      "another version",
      "apiVersion: petage.dev/v1\nkind: TrainingJob\nmetadata: { name: a }\nspec: { config: {} }",
      /apiVersion: .*petage\.dev\/v1alpha1/,
    ],
    ["no name", `${JOB}metadata: {}\nspec: { config: { name: a } }`, /metadata\.name: /],
    ["no config", `${JOB}metadata: { name: a }\nspec: {}`, /spec\.config: /],
    ["a number for a text", `${JOB}metadata: { name: a }\nspec: { config: { inline: 1 } }`, /spec\.config\.inline: /],
  ];
  for (const [what, text, message] of bad) {
    it(`are refused where a file holds ${what}`, async () => {
      await writeFile(file, text);
      const error = await failure(readManifests([file]));
      assert.equal(error.code, "INVALID_ARGUMENT");
      assert.match(error.describe(), message);
    });
  }

  it("are refused where there is no file", async () => {
    assert.equal((await failure(readManifests([join(folder, "none")]))).code, "NOT_FOUND");
  });

  const sample = join(SAMPLES, "suspended.yaml");
  const asked: readonly (readonly [string, string | undefined, JobFlags, RegExp])[] = [
    ["nothing is named", undefined, {}, /Name either a config or, with -f, a manifest/],
    ["a folder holds none", undefined, { filename: [join(ROOT, "docs/adr")] }, /docs.adr holds no manifest/],
    ["both are named", "a", { filename: [sample] }, /Name either a config or/],
    ["a flag repeats the manifest", undefined, { filename: [sample], workers: 2 }, /--workers does not go with -f/],
  ];
  for (const [what, config, flags, message] of asked) {
    it(`are refused where ${what}`, async () => {
      const error = await failure(askedManifests(config, flags));
      assert.equal(error.code, "INVALID_ARGUMENT");
      assert.match(error.message, message);
    });
  }

  it("get the namespace of the flag, unless they name another one", async () => {
    const [placed] = await askedManifests(undefined, { filename: [sample], namespace: "pets" });
    assert.equal(placed?.metadata.namespace, "pets");
    await writeFile(file, `${JOB}metadata: { name: a, namespace: cats }\nspec: { config: { name: b } }`);
    const error = await failure(askedManifests(undefined, { filename: [file], namespace: "pets" }));
    assert.match(error.message, /TrainingJob a is of namespace cats, and -n says pets/);
  });

  it("are refused where the ConfigMap that they name is nowhere", async () => {
    await writeFile(file, `${JOB}metadata: { name: a }\nspec: { config: { configMapRef: { name: words } } }`);
    const error = await failure(checkManifests(await readManifests([file]), noConfigMap));
    assert.match(error.describe(), /no ConfigMap words with the key config\.py.*kubectl create configmap words/);
  });
});
