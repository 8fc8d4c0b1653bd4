import assert from "node:assert/strict";
import { fitsNow, parseQuantity } from "#lib/k8s/job/fit.ts";
import type { Node } from "#lib/k8s/job/fit.ts";
import { GATE } from "#lib/k8s/job/names.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";

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
}

let count = 0;
const pod = ({ gpus = 1, cpu = "1", on, held = false, phase }: Wish): Pod => ({
  metadata: { name: `pod-${++count}` },
  spec: {
    containers: [{ name: "main", resources: { requests: { cpu }, limits: { "nvidia.com/gpu": String(gpus) } } }],
    ...(on !== undefined && { nodeName: on }),
    ...(held && { schedulingGates: [{ name: GATE }] }),
  },
  ...(phase !== undefined && { status: { phase } }),
});
const gang = (size: number, wish: Wish = {}): Pod[] => Array.from({ length: size }, () => pod({ ...wish, held: true }));

describe("fitsNow", () => {
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
});

describe("parseQuantity", () => {
  const cases: readonly (readonly [string | number, number])[] = [
    ["500m", 0.5],
    ["2", 2],
    [3, 3],
    ["2Gi", 2 ** 31],
    ["1.5k", 1500],
    ["1e3", 1000],
    ["128974848", 128_974_848],
    ["much", Number.NaN],
    ["1X", Number.NaN],
  ];
  for (const [text, value] of cases) it(`reads ${text}`, () => assert.equal(parseQuantity(text), value));
});
