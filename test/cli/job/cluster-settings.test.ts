import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { readText } from "#test/support/sources.ts";
import { CHART_DEFAULTS } from "../../../cli/jobs/cluster-settings.ts";

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly { readonly env: readonly { name: string; value?: string }[] }[] };
    };
  };
}

describe("CHART_DEFAULTS", () => {
  it("are what the chart gives to the controller when nothing is set", () => {
    const documents = parseAllDocuments(readText("test/golden/charts/default.yaml"));
    const objects = documents.map((document) => document.toJS() as Document | null);
    const controller = objects.find(
      (object) => object?.kind === "Deployment" && /controller/.test(object.metadata.name),
    );
    const env = controller?.spec.template.spec.containers[0]?.env ?? [];
    const given = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    for (const [name, value] of Object.entries(CHART_DEFAULTS)) assert.equal(value, given[name], name);
  });
});
