import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "#lib/k8s/objects.ts";
import { CONFIG_MAP, problemsOf, schemaOf } from "#lib/k8s/schema/check.ts";
import { BAD_MANIFESTS, job } from "#test/deploy/manifests.ts";
import type { Job } from "#test/deploy/manifests.ts";
import { CRD, ROOT } from "../../../../scripts/deploy.ts";

const schema = schemaOf(readFileSync(CRD, "utf8"));
const SAMPLES = join(ROOT, "deploy/samples");

/** As a file would give it: what is undefined is not there. */
function plain(object: Job): KubeObject {
  return JSON.parse(JSON.stringify(object)) as KubeObject;
}

function said(object: Job): string {
  return problemsOf(schema, plain(object))
    .map(({ path, message, hint = "" }) => `${path}: ${message} ${hint}`)
    .join("; ");
}

describe("the rules of the resource, without an API server", () => {
  for (const [what, manifest, message] of BAD_MANIFESTS) {
    it(`refuse ${what} in its words`, () => assert.match(said(manifest), message));
  }

  const label = (key: string, value: unknown): Job => {
    const { metadata, ...rest } = job();
    return { ...rest, metadata: { ...metadata, labels: { [key]: value as string } } };
  };
  for (const [what, manifest, message] of [
    ["a label with a blank", label("team", "data & ml"), /metadata\.labels\.team: Invalid value: "data & ml"/],
    ["a label that is too long", label("x", "a".repeat(64)), /metadata\.labels\.x: .*at most 63/],
    ["a label that is a number", label("x", 5), /metadata\.labels\.x: .*must be of type string/],
    ["a label's key with a blank", label("my team", "a"), /metadata\.labels: Invalid value: "my team"/],
    [
      "a misspelt field, and what was meant",
      job({ wrokers: 2 }),
      /unknown field "spec\.wrokers" Did you mean `workers`/,
    ],
    ["misspelt metadata", { ...job(), metadata: { name: "a", lables: {} } } as unknown as Job, /"metadata\.lables"/],
    ["a misspelt part", { ...job(), spce: {} } as unknown as Job, /unknown field "spce" Did you mean `spec`/],
    ["a cpu that is none", job({ resources: { requests: { cpu: "2cores" } } }), /expected quantities of Kubernetes/],
    ["weights in a bucket", job({ loadFrom: "s3://bucket/weights" }), /spec\.loadFrom: .*"s3:\/\/bucket\/weights"/],
  ] as const) {
    it(`refuse ${what}`, () => assert.match(said(manifest), message));
  }

  for (const loadFrom of ["work_dirs/a/epoch_3", "file:///data/my%20runs/epoch_3", "/data/a.pth"]) {
    it(`take weights from ${loadFrom}`, () => assert.equal(said(job({ loadFrom })), ""));
  }

  it("take a part of a pod that they do not know", () => {
    assert.equal(said(job({ podTemplate: { spec: { anything: { at: ["all"] } } } })), "");
  });

  for (const file of readdirSync(SAMPLES)) {
    it(`take the sample ${file}`, () => {
      for (const document of parseAllDocuments(readFileSync(join(SAMPLES, file), "utf8"))) {
        const object = document.toJSON() as KubeObject;
        assert.deepEqual(problemsOf(object.kind === "TrainingJob" ? schema : CONFIG_MAP, object), []);
      }
    });
  }
});
