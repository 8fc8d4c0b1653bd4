import assert from "node:assert/strict";
import { discoverGangs, GANGS, gangOf } from "#lib/k8s/job/gang.ts";
import { NATIVE_GANGS } from "#lib/k8s/job/native-gang.ts";
import type { Gang, GangName } from "#lib/k8s/job/pod-group.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import { render } from "#lib/k8s/job/render.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";
import type { TrainingJobSpec } from "#lib/jobs/training-job.ts";
import { job, podsOf, RESOLVED, SETTINGS } from "./rendered-job.ts";

describe("gangs", () => {
  const all = [GANGS.Native, GANGS.Volcano, GANGS.Coscheduling];
  const choices: readonly (readonly [Partial<TrainingJobSpec>, readonly Gang[], GangName])[] = [
    [{}, all, "Native"],
    [{}, [GANGS.Volcano, GANGS.Coscheduling], "Volcano"],
    [{}, [GANGS.Coscheduling], "Coscheduling"],
    [{}, [], "Gates"],
    [{ workers: 1 }, all, "Native"],
    [{ schedulingPolicy: { gang: "Volcano" } }, all, "Volcano"],
    [{ schedulingPolicy: { gang: "Kueue", queue: "q" } }, all, "Native"],
    [{ schedulingPolicy: { gang: "Kueue", queue: "q" } }, [GANGS.Volcano], "None"],
  ];
  for (const [spec, available, name] of choices) {
    it(`${JSON.stringify(spec)} on a cluster with ${available.map((gang) => gang.name).join(", ") || "nothing"}: ${name}`, () => {
      assert.equal(gangOf(job(spec), available).name, name);
    });
  }

  const marks: Readonly<Record<GangName, RegExp>> = {
    None: /"name":"job-0-0"/,
    Gates: /"schedulingGates":\[\{"name":"petage.dev\/gang"\}\]/,
    Native: /"schedulingGroup":\{"podGroupName":"job-01234567-0"\}/,
    Volcano: /"schedulerName":"volcano".*|"scheduling.k8s.io\/group-name":"job-01234567-0"/,
    Coscheduling: /"scheduling.x-k8s.io\/pod-group":"job-01234567-0"/,
  };
  for (const [name, mark] of Object.entries(marks)) {
    it(`${name} marks every pod`, () => {
      const gangContext = { job: job(), attempt: 0, minCount: 4, instance: "release" };
      for (const pod of podsOf({ schedulingPolicy: { gang: "None" } }).values()) {
        const joined = GANGS[name as GangName].join(
          { ...pod, metadata: { ...pod.metadata, name: "job-0-0" } },
          gangContext,
        );
        assert.match(JSON.stringify(joined), mark);
        assert.equal(joined.metadata.labels?.["petage.dev/job"], "job", "and leaves its labels");
      }
    });
  }

  it("asks for all helpers and at least the fewest workers of an elastic job", () => {
    const elastic = { workers: 4, elastic: { minWorkers: 2, maxWorkers: 8 } };
    const objects = render({ job: job(elastic), settings: SETTINGS, resolved: RESOLVED, gangs: all });
    const group = objects.find(({ kind }) => kind === "PodGroup") as unknown as { spec: unknown };
    assert.deepEqual(group.spec, { schedulingPolicy: { gang: { minCount: 4 } }, disruptionMode: { all: {} } });
  });

  it("of Auto are our own for a job whose group a scheduler has left out of account; what is named stays", () => {
    assert.equal(gangOf(job(), all, true).name, "Gates");
    assert.equal(gangOf(job({ schedulingPolicy: { gang: "Native" } }), all, true).name, "Native");
  });

  describe("of the scheduler itself", () => {
    const spec: Partial<TrainingJobSpec> = {
      workers: 2,
      schedulingPolicy: { gang: "Native", priorityClassName: "low", topologyKey: "rack", topologyMode: "Required" },
      podTemplate: { spec: { preemptionPolicy: "Never" } },
    };
    const common = { schedulingPolicy: { gang: { minCount: 4 } }, priorityClassName: "low" };
    const constraints = { schedulingConstraints: { topology: [{ key: "rack" }] } };
    const newest = { ...common, disruptionMode: { all: {} }, preemptionPolicy: "Never", ...constraints };
    const podGroup = { schedulingGroup: { podGroupName: "job-01234567-0" } };
    /** As the types of k8s.io/api have them: scheduling/v1beta1 and v1alpha3 of v0.37, v1alpha2 of v0.36, v1alpha1 of v0.35. */
    const shapes: Readonly<Record<string, { readonly kind: string; readonly group: object; readonly pod: object }>> = {
      v1beta1: { kind: "PodGroup", group: newest, pod: podGroup },
      v1alpha3: { kind: "PodGroup", group: newest, pod: podGroup },
      v1alpha2: {
        kind: "PodGroup",
        group: { ...common, disruptionMode: "PodGroup", ...constraints },
        pod: podGroup,
      },
      v1alpha1: {
        kind: "Workload",
        group: {
          controllerRef: { apiGroup: "petage.dev", kind: "TrainingJob", name: "job" },
          podGroups: [{ name: "workers", policy: { gang: { minCount: 4 } } }],
        },
        pod: { workloadRef: { name: "job-01234567-0", podGroup: "workers" } },
      },
    };

    for (const native of NATIVE_GANGS) {
      const version = native.type?.version ?? "";
      it(`are as ${version} has them`, () => {
        const objects = render({ job: job(spec), settings: SETTINGS, resolved: RESOLVED, gangs: [native] });
        const shape = shapes[version];
        const group = objects.find(({ apiVersion }) => apiVersion === `scheduling.k8s.io/${version}`);
        assert.deepEqual([group?.kind, (group as unknown as Pod).spec], [shape?.kind, shape?.group]);
        const pods = objects.filter(({ kind }) => kind === "Pod") as Pod[];
        for (const { schedulingGroup, workloadRef, priorityClassName, preemptionPolicy } of pods.map(
          (pod) => pod.spec,
        )) {
          const joined = {
            ...(schedulingGroup !== undefined && { schedulingGroup }),
            ...(workloadRef !== undefined && { workloadRef }),
          };
          assert.deepEqual([joined, priorityClassName, preemptionPolicy], [shape?.pod, "low", "Never"]);
        }
      });
    }

    it("want one value of a topology only where that is required", () => {
      const preferred = { ...spec, schedulingPolicy: { gang: "Native", topologyKey: "rack" } } as const;
      const objects = render({ job: job(preferred), settings: SETTINGS, resolved: RESOLVED, gangs: all });
      assert.doesNotMatch(JSON.stringify(objects), /schedulingConstraints/);
    });
  });

  for (const [topologyMode, affinity] of Object.entries({
    Preferred: "preferredDuringSchedulingIgnoredDuringExecution",
    Required: "requiredDuringSchedulingIgnoredDuringExecution",
  })) {
    it(`keep the pods of an attempt together as ${topologyMode} says, whoever starts them`, () => {
      for (const gang of ["Native", "Gates", "None"] as const) {
        const schedulingPolicy = { topologyKey: "rack", topologyMode: topologyMode as "Required" };
        const gangs = gang === "Native" ? all : [];
        const objects = render({ job: job({ schedulingPolicy }), settings: SETTINGS, resolved: RESOLVED, gangs });
        for (const { spec } of objects.filter(({ kind }) => kind === "Pod") as Pod[]) {
          const { podAffinity = {} } = spec["affinity"] as { podAffinity?: Record<string, object[]> };
          assert.deepEqual(Object.keys(podAffinity), [affinity]);
          assert.match(JSON.stringify(podAffinity), /"topologyKey":"rack".*"petage.dev\/attempt":"0"/);
        }
      }
    });
  }

  describe("have one priority, scheduler and preemption policy, wherever the job says it", () => {
    const priorities: readonly (readonly [string, Partial<TrainingJobSpec>, expected: string | null | undefined])[] = [
      ["nowhere", {}, undefined],
      ["its scheduling policy", { schedulingPolicy: { priorityClassName: "low" } }, "low"],
      ["its template", { podTemplate: { spec: { priorityClassName: "high" } } }, "high"],
      [
        "both, of which the template counts",
        { schedulingPolicy: { priorityClassName: "low" }, podTemplate: { spec: { priorityClassName: "high" } } },
        "high",
      ],
      [
        "its scheduling policy, and its template takes it away",
        { schedulingPolicy: { priorityClassName: "low" }, podTemplate: { spec: { priorityClassName: null } } },
        null,
      ],
    ];
    for (const [where, spec, expected] of priorities) {
      for (const gang of ["Native", "Volcano"] as const) {
        it(`the pods and the group of ${gang}: ${where}`, () => {
          const schedulingPolicy = { ...spec.schedulingPolicy, gang };
          const options = { settings: SETTINGS, resolved: RESOLVED, gangs: all };
          const objects = render({ job: job({ ...spec, schedulingPolicy }), ...options });
          const group = objects.find(({ kind }) => kind === "PodGroup") as KubeObject & { spec: Pod["spec"] };
          assert.equal(group.spec["priorityClassName"], expected ?? undefined);
          const pods = objects.filter(({ kind }) => kind === "Pod") as Pod[];
          assert.deepEqual(
            pods.map((pod) => pod.spec["priorityClassName"]),
            pods.map(() => expected),
          );
        });
      }
    }

    it("the pods of every gang: scheduler and preemption policy", () => {
      const spec = { schedulerName: "other", preemptionPolicy: "Never" };
      for (const gang of ["Native", "Volcano", "Coscheduling", "Kueue"] as const) {
        for (const pod of podsOf({ schedulingPolicy: { gang }, podTemplate: { spec } }).values()) {
          assert.equal(pod.spec["schedulerName"], "other", `${gang} ${pod.metadata.name}`);
          assert.equal(pod.spec["preemptionPolicy"], "Never", `${gang} ${pod.metadata.name}`);
        }
      }
    });
  });

  it("are found by what the cluster serves, and an API server in trouble is no cluster without them", async () => {
    const answers = (status: (path: string) => number): KubeClient =>
      ({
        call: async ({ path }: { path: string }) => {
          const code = status(path);
          if (code !== 200) throw new KubeError("GET", { status: code, reason: "", message: "" });
          return { resources: [{ name: path.endsWith("k8s.io/v1alpha1") ? "workloads" : "podgroups" }] };
        },
      }) as unknown as KubeClient;
    const volcano = await discoverGangs(answers((path) => (path.includes("volcano") ? 200 : 404)));
    assert.deepEqual(volcano, [GANGS.Volcano]);
    for (const [index, native] of NATIVE_GANGS.entries()) {
      const versions = NATIVE_GANGS.slice(index).map(({ type }) => `/apis/scheduling.k8s.io/${type?.version}`);
      const found = await discoverGangs(answers((path) => (versions.includes(path) ? 200 : 404)));
      assert.deepEqual(found, NATIVE_GANGS.slice(index));
      assert.equal(gangOf(job({ schedulingPolicy: { gang: "Native" } }), found), native, "the newest that is there");
    }
    await assert.rejects(discoverGangs(answers(() => 500)), { code: "UNAVAILABLE" });
  });
});
