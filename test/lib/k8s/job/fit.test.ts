import assert from "node:assert/strict";
import { fitOf, OVERTAKING_MS } from "#lib/k8s/job/fit.ts";
import { GATE } from "#lib/k8s/job/names.ts";
import type { Node } from "#lib/k8s/job/node.ts";
import type { Pod, PodSpec } from "#lib/k8s/job/pod.ts";
import { NOW } from "#test/support/observed-job.ts";

const node = (name: string, gpus: number, extra: Partial<Node> = {}): Node => ({
  metadata: { name },
  status: { allocatable: { cpu: "4", memory: "8Gi", pods: "110", "nvidia.com/gpu": String(gpus) } },
  ...extra,
});

interface Wish {
  readonly gpus?: number;
  readonly cpu?: string;
  readonly on?: string;
  readonly held?: boolean;
  readonly phase?: string;
  readonly spec?: Partial<PodSpec>;
  /** Of which job, and for how long it has been there. */
  readonly job?: string;
  readonly ageMs?: number;
  readonly role?: string;
}

let count = 0;
const ownerOf = (uid: string) => ({
  apiVersion: "petage.dev/v1alpha1",
  kind: "TrainingJob",
  name: uid,
  uid,
  controller: true,
});
const pod = ({ gpus = 1, cpu = "1", on, held = false, phase, spec, job, ageMs, role }: Wish): Pod => ({
  metadata: {
    name: `pod-${++count}`,
    ...(role !== undefined && {
      labels: { "petage.dev/role": role, "petage.dev/rank": "0", "petage.dev/attempt": "0" },
    }),
    ...(job !== undefined && { ownerReferences: [ownerOf(job)] }),
    ...(ageMs !== undefined && { creationTimestamp: new Date(NOW - ageMs).toISOString() }),
  },
  spec: {
    ...spec,
    containers: [{ name: "main", resources: { requests: { cpu }, limits: { "nvidia.com/gpu": String(gpus) } } }],
    ...(on !== undefined && { nodeName: on }),
    ...(held && { schedulingGates: [{ name: GATE }] }),
  },
  ...(phase !== undefined && { status: { phase } }),
});
const gang = (size: number, wish: Wish = {}): Pod[] => Array.from({ length: size }, () => pod({ ...wish, held: true }));

/** Whether a gang finds room among others. */
const fitsNow = (held: readonly Pod[], pods: readonly Pod[], nodes: readonly Node[]): boolean =>
  fitOf({ gang: held, pods, nodes, now: NOW }).fits;

describe("fitOf", () => {
  const cordoned = { spec: { unschedulable: true } };
  const cases: readonly (readonly [what: string, gang: Pod[], others: Pod[], nodes: Node[], fits: boolean])[] = [
    ["takes a gang for which there is room on one node", gang(2), [], [node("a", 2)], true],
    ["takes a gang that fits on two nodes together", gang(3), [], [node("a", 2), node("b", 1)], true],
    ["leaves out a gang of which one would find no GPU", gang(3), [], [node("a", 2)], false],
    ["counts what pods of ours use", gang(2), [pod({ on: "a" })], [node("a", 2)], false],
    ["counts what pods will use that are on their way to a node", gang(2), [pod({})], [node("a", 2)], false],
    ["does not count pods that have ended", gang(2), [pod({ on: "a", phase: "Succeeded" })], [node("a", 2)], true],
    ["does not count other gangs that are held back", gang(2), gang(2), [node("a", 2)], true],
    ["does not place on a node that takes no pods", gang(1), [], [{ ...node("a", 2), ...cordoned }], false],
    ["looks at CPU as well", gang(2, { gpus: 0, cpu: "3" }), [], [node("a", 0)], false],
    [
      "places the large ones first",
      [...gang(2, { gpus: 1 }), ...gang(1, { gpus: 2 })],
      [],
      [node("a", 2), node("b", 2)],
      true,
    ],
  ];
  for (const [what, held, others, nodes, fits] of cases) {
    it(what, () => assert.equal(fitsNow(held, [...held, ...others], nodes), fits));
  }

  const onlyA = { metadata: { name: "a", labels: { disk: "fast" } } };
  const tainted = { spec: { taints: [{ key: "team", value: "cats", effect: "NoSchedule" }] } };
  const affinity = (operator: string, values?: readonly string[]): Partial<PodSpec> => {
    const requirement = { key: "disk", operator, ...(values && { values }) };
    const required = { nodeSelectorTerms: [{ matchExpressions: [requirement] }] };
    return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } };
  };
  const placing: readonly (readonly [what: string, spec: Partial<PodSpec>, node: Partial<Node>, fits: boolean])[] = [
    ["its node selector names a label of the node", { nodeSelector: { disk: "fast" } }, onlyA, true],
    ["its node selector names another", { nodeSelector: { disk: "slow" } }, onlyA, false],
    ["its required affinity has the node's value", affinity("In", ["fast", "new"]), onlyA, true],
    ["its required affinity excludes it", affinity("NotIn", ["fast"]), onlyA, false],
    ["its required affinity wants a label that is not there", affinity("Exists"), {}, false],
    ["it bears no taint of the node", {}, tainted, false],
    ["it bears the taint", { tolerations: [{ key: "team", value: "cats", effect: "NoSchedule" }] }, tainted, true],
    ["it bears another value of the taint", { tolerations: [{ key: "team", value: "dogs" }] }, tainted, false],
    ["it bears everything", { tolerations: [{ operator: "Exists" }] }, tainted, true],
  ];
  for (const [what, spec, extra, fits] of placing) {
    it(`${fits ? "takes" : "keeps"} a gang ${fits ? "in" : "out"} where ${what}`, () => {
      const held = gang(2, { spec });
      assert.equal(fitsNow(held, held, [{ ...node("a", 2), ...extra }]), fits);
    });
  }

  it("counts pods on their way that come first, and none that the scheduler would let wait, or that find no room", () => {
    const held = gang(2, { spec: { priority: 10 } });
    const nodes = [node("a", 2)];
    const with_ = (other: Wish): boolean => fitsNow(held, [...held, pod(other)], nodes);
    assert.deepEqual(
      [with_({ spec: { priority: 10 } }), with_({ spec: { priority: 9 } }), with_({ gpus: 3, spec: { priority: 10 } })],
      [false, true, true],
    );
    assert.equal(with_({ spec: { priority: 10, schedulingGates: [{ name: "kueue.x-k8s.io/admission" }] } }), true);
  });

  const first = { job: "first", ageMs: 2_000, spec: { priority: 0 } };
  const second = { job: "second", ageMs: 1_000, spec: { priority: 0 } };
  it("lets in who came first, and those of a higher priority before all", () => {
    const turns = (one: Wish, other: Wish): boolean[] => {
      const [these, those] = [gang(2, one), gang(2, other)];
      return [these, those].map((held) => fitsNow(held, [...these, ...those], [node("a", 3)]));
    };
    assert.deepEqual(turns(first, second), [true, false]);
    assert.deepEqual(turns(first, { ...second, spec: { priority: 1 } }), [false, true]);
    assert.deepEqual(turns(first, { ...second, ageMs: first.ageMs }), [true, false], "one of them in any case");
  });

  it("lets small gangs overtake one that finds no room, but not for ever, and not one that never will", () => {
    const nodes = [node("a", 3), { ...node("b", 0), metadata: { name: "b" } }];
    const small = gang(1, second);
    const running = pod({ on: "a", gpus: 1 });
    const overtakes = (size: number, ageMs: number): boolean => {
      const large = gang(size, { ...first, ageMs });
      return fitsNow(small, [...small, ...large, running], nodes);
    };
    assert.deepEqual([overtakes(3, OVERTAKING_MS), overtakes(3, OVERTAKING_MS + 1)], [true, false]);
    assert.equal(overtakes(4, OVERTAKING_MS + 1), true, "four never fit on three");
    const withoutGpu = gang(1, { ...second, gpus: 0 });
    const large = gang(3, { ...first, ageMs: OVERTAKING_MS + 1 });
    assert.equal(fitsNow(withoutGpu, [...withoutGpu, ...large, running], nodes), true, "it waits for GPUs alone");
  });

  it("says for how many trainers there is room beside the helpers, and what is short", () => {
    const trainers = gang(9, { cpu: "100m" });
    const helper = { ...pod({ held: true, gpus: 0, role: "data-loader" }) };
    const held = [helper, ...trainers];
    const nodes = [node("a", 4), node("b", 4), { ...node("c", 8), ...tainted }];
    const used = pod({ on: "b", gpus: 2 });
    const { fits, trainers: most, shortage } = fitOf({ gang: held, pods: [...held, used], nodes, now: NOW });
    assert.deepEqual([fits, most], [false, 6]);
    assert.equal(shortage, "9 nvidia.com/gpu wanted, 8 nvidia.com/gpu there, 6 nvidia.com/gpu free");
    const wide = gang(2, { gpus: 3 });
    const split = fitOf({ gang: wide, pods: wide, nodes: [node("a", 4), node("b", 2)], now: NOW });
    assert.deepEqual(
      [split.trainers, split.shortage],
      [1, "There is enough in all, but not on nodes on which whole workers fit"],
    );
    const hungry = gang(2, { gpus: 0, cpu: "3" });
    assert.equal(
      fitOf({ gang: hungry, pods: hungry, nodes: [node("a", 0)], now: NOW }).shortage,
      "6 cpu wanted, 4 cpu there, 4 cpu free",
    );
  });

  it("counts a thousand pods on as many nodes", () => {
    const nodes = Array.from({ length: 1_000 }, (_, index) => node(`n-${index}`, 1));
    const held = gang(1_001);
    const { fits, trainers } = fitOf({ gang: held, pods: held, nodes, now: NOW });
    assert.deepEqual([fits, trainers], [false, 1_000]);
  });
});
