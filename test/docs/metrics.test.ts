import assert from "node:assert/strict";
import { silentMetrics, type MetricOptions, type Metrics } from "#lib/base/metrics.ts";
import { CallMetrics } from "#lib/rpc/call-metrics.ts";
import { ServingMetrics } from "#lib/serve/serving-metrics.ts";
import { systemClock } from "#lib/system/clock.ts";
import { batchMetrics } from "#services/data-loader/metrics.ts";
import { evaluationMetrics } from "#services/evaluator/metrics.ts";
import { trainingMetrics } from "#services/trainer/metrics.ts";
import { tableRows } from "../support/markdown.ts";
import { readText, sourceFiles } from "../support/sources.ts";

/** `petage_inference_rejected_total counter code`, for each metric that a part of petage registers. */
function registered(): string[] {
  const rows: string[] = [];
  const remember = (kind: string, { name, labels = [] }: MetricOptions<string>): void =>
    void rows.push(`${name} ${kind} ${labels.join(", ")}`);
  const recorder: Metrics = {
    counter: (options) => (remember("counter", options), silentMetrics.counter(options)),
    gauge: (options) => (remember("gauge", options), silentMetrics.gauge(options)),
    histogram: (options) => (remember("histogram", options), silentMetrics.histogram(options)),
  };
  assert.ok(new CallMetrics(recorder));
  assert.ok(new ServingMetrics(recorder, systemClock));
  batchMetrics(recorder);
  evaluationMetrics(recorder);
  trainingMetrics(recorder, "job");
  return [...rows, ...written()];
}

/** Metrics of the controller, which are read from its source: it does not start without a cluster. */
function written(): string[] {
  const pattern = /metrics\.(\w+)\(\{\s*name: "(petage_\w+)",\s*help: "[^"]*",(?:\s*labels: \[([^\]]+)\],)?/g;
  return sourceFiles("services/controller").flatMap(({ text }) =>
    [...text.matchAll(pattern)].map(([, kind, name, label = ""]) => `${name} ${kind} ${label.replaceAll('"', "")}`),
  );
}

function section(): string {
  return /^## Metrics\n(.*?)^## /ms.exec(readText("docs/operations.md"))?.[1] ?? "";
}

describe("metrics", () => {
  it("are all in docs/operations.md, with their kind and labels, and no others", () => {
    const documented = tableRows(section()).map(([name, kind, labels]) => `${name} ${kind} ${labels}`);
    assert.deepEqual(documented.map((row) => row.replaceAll("`", "")).toSorted(), registered().toSorted());
  });

  it("are registered nowhere but where this test looks", () => {
    const known = new Set(registered().map((row) => row.split(" ")[0]));
    const named = sourceFiles("lib", "services").flatMap(({ text }) =>
      [...text.matchAll(/\bname: "(petage_\w+)"/g)].map(([, name]) => name),
    );
    assert.ok(named.length > 10);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
  });

  for (const [what, path] of [
    ["the dashboard", "charts/petage/files/dashboard.json"],
    ["the autoscaler", "charts/petage/values.yaml"],
  ] as const) {
    it(`that ${what} asks for are there`, () => {
      const known = new Set(registered().flatMap((row) => series(row)));
      const asked = [...readText(path).matchAll(/\bpetage_[a-z_]*[a-z]\b/g)].map(([name]) => name);
      assert.ok(asked.length > 0);
      assert.deepEqual(
        asked.filter((name) => !known.has(name)),
        [],
      );
    });
  }
});

/** What can be asked of a metric by name. */
function series(row: string): string[] {
  const [name = "", kind] = row.split(" ");
  return kind === "histogram" ? ["_bucket", "_sum", "_count"].map((ending) => name + ending) : [name];
}
