import assert from "node:assert/strict";
import { usePrograms } from "#test/support/cluster.ts";
import type { AuditEvent } from "../../scripts/cluster/audit.ts";
import {
  cadenceOf,
  creationMs,
  histogramBound,
  podsMs,
  podsOf,
  readsSince,
  writesSince,
} from "./controller-figures.ts";
import { controller } from "./controller.ts";
import type { Measurement } from "./benchmark.ts";

const TINY_TIMEOUT_MS = 240_000;

function request(
  verb: string,
  resource: string,
  more: Partial<AuditEvent> & { readonly atMs?: number } = {},
): AuditEvent {
  const { atMs = 0, ...fields } = more;
  const about = {
    user: "admin",
    userAgent: "petage",
    uri: "/",
    namespace: "bench",
    name: "",
    code: 200,
    durationMs: 5,
    body: undefined,
  };
  return { ...about, verb, resource, receivedAt: new Date(1_000_000 + atMs), ...fields };
}

function created(resource: string, name: string, atMs: number): AuditEvent {
  return request("create", resource, { name, atMs, code: 201 });
}

const LOG = [
  created("trainingjobs", "a", 10),
  created("trainingjobs", "ab", 11),
  created("configmaps", "a-1234", 15),
  created("pods", "a-0-0", 20),
  created("pods", "a-0-1", 30),
  request("create", "pods", { name: "a-0-2", atMs: 90, code: 409 }),
  created("pods", "ab-0-0", 80),
  request("patch", "trainingjobs/status", { name: "a", atMs: 40 }),
  request("update", "leases", { atMs: 41 }),
  request("watch", "pods", { atMs: 42 }),
  request("list", "pods", { atMs: 43 }),
  request("get", "", { atMs: 44 }),
  request("deletecollection", "pods", { atMs: 95 }),
  request("patch", "trainingjobs/status", { namespace: "elsewhere", atMs: 96 }),
];

describe("figures of the controller's benchmark", () => {
  it("counts from the job's request to the answer of its last pod, of that job alone", () => {
    assert.equal(creationMs(LOG, "a"), 25);
    assert.equal(podsMs(LOG, "a"), 15);
    assert.deepEqual(
      podsOf(LOG, "a").map(({ name }) => name),
      ["a-0-0", "a-0-1"],
    );
    assert.throws(() => creationMs(LOG, "b"), { code: "NOT_FOUND" });
  });

  it("counts all writes of the namespace, refused ones too, but not leases and what applied the jobs", () => {
    const written = writesSince(LOG, "a", "bench").map(({ verb, resource }) => `${verb} ${resource}`);
    assert.deepEqual(written.toSorted(), [
      "create configmaps",
      "create pods",
      "create pods",
      "create pods",
      "create pods",
      "deletecollection pods",
      "patch trainingjobs/status",
    ]);
  });

  it("counts apart what is put off for a second, and grows with the time that a job takes", () => {
    const patch = (atMs: number, status: object): AuditEvent =>
      request("patch", "trainingjobs/status", { name: "a", atMs, body: { status } });
    const written = [
      created("pods", "a-0-0", 0),
      patch(100, { phase: "Starting", allPodsCreatedTime: "2026-01-02T03:04:05Z" }),
      patch(1_000, { workers: { ready: 1 } }),
      patch(2_000, { phase: "Scheduling", message: "Waiting" }),
      patch(2_500, { phase: "Running" }),
      request("patch", "pods", { name: "a-0-0", atMs: 4_000 }),
      created("events", "a.0123", 4_000),
    ];
    assert.deepEqual(cadenceOf(written), { due: 4, putOffPerSecond: 0.5 });
  });

  it("counts reads of objects, not watches and not what the API server can do", () => {
    assert.deepEqual([readsSince(LOG, 1_000_000).length, readsSince(LOG, 1_000_050).length], [1, 0]);
  });

  it("reads a share of a histogram off its buckets", () => {
    const lines = [
      'petage_x_bucket{le="0.1"} 90',
      'petage_x_bucket{le="0.25"} 99',
      'petage_x_bucket{le="+Inf"} 100',
      'petage_y_bucket{le="+Inf"} 7',
    ].join("\n");
    assert.deepEqual(
      [0.5, 0.95, 0.995].map((share) => histogramBound(lines, "petage_x", share)),
      [0.1, 0.25, Infinity],
    );
  });
});

describe("the controller's benchmark", () => {
  usePrograms(2);

  it("measures every case on a cluster, and finds neither reads nor needless writes", async function () {
    this.timeout(TINY_TIMEOUT_MS);
    const found = new Map<string, Measurement>();
    for await (const measurement of controller.run({ size: "tiny", python: undefined, say: () => {} })) {
      found.set(measurement.case, measurement);
    }
    assert.deepEqual(
      [...found.keys()],
      [
        "writes per job, 4 pods",
        "writes of counts, per second",
        "1 pod",
        "3 jobs x 2 pods, reconcile p99",
        "idle writes",
        "RSS at 12 pods",
        "RSS at its highest",
        "reads in steady state",
        "3 jobs x 2 pods",
      ],
    );
    for (const name of ["writes per job, 4 pods", "writes of counts, per second", "reads in steady state"]) {
      const { value, targetValue = Number.NaN } = found.get(name) as Measurement;
      assert.ok(value <= targetValue, `${name}: ${value}, wanted at most ${targetValue}`);
    }
  });
});
