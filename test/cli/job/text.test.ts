import assert from "node:assert/strict";
import type { TrainingJobStatus } from "#lib/jobs/training-job.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { describeJob } from "../../../cli/print/job-page.ts";
import { placeOf } from "../../../cli/commands/job/flags.ts";
import { printDocuments, printObject, printObjects, printTable } from "../../../cli/print/objects.ts";
import { wordsOfShell } from "#test/support/shell.ts";
import { bar, span } from "../../../cli/print/text.ts";
import { columns } from "../../../cli/print/table.ts";

const NOW_MS = Date.parse("2026-11-23T12:00:00Z");
const COMMAND = "petage job";

function job(status?: TrainingJobStatus): TrainingJobObject {
  return {
    apiVersion: "petage.dev/v1alpha1",
    kind: "TrainingJob",
    metadata: { name: "a", namespace: "pets", creationTimestamp: "2026-11-23T11:58:00Z" },
    spec: { config: { name: "resnet18_petage_quickstart", cfgOptions: ["x=1"] } },
    ...(status && { status }),
  };
}

describe("placeOf", () => {
  it("leads a shell to the same cluster again, whatever its file is called", async () => {
    const flags = { namespace: "pets", kubeconfig: "my clusters/it's.yaml" };
    const words = ["--namespace", "pets", "--kubeconfig", "my clusters/it's.yaml"];
    assert.deepEqual(await wordsOfShell(`petage job list${placeOf(flags)}`), ["job", "list", ...words]);
    assert.equal(placeOf({}), "");
  });
});

describe("span()", () => {
  const cases: readonly (readonly [seconds: number, string])[] = [
    [-5, "0s"],
    [0, "0s"],
    [119, "119s"],
    [120, "2m"],
    [200, "3m20s"],
    [601, "10m"],
    [7_200, "2h"],
    [9_000, "2h30m"],
    [172_800, "2d"],
    [950_000, "10d"],
  ];
  for (const [seconds, text] of cases) {
    it(`of ${seconds} s is ${text}`, () => assert.equal(span(seconds * 1000), text));
  }
});

describe("columns()", () => {
  it("sets cells to the left, three blanks between, and none at the end", () => {
    assert.equal(
      columns([
        ["A", "B"],
        ["long", "b"],
        ["c", ""],
      ]),
      "A      B\nlong   b\nc\n",
    );
  });
});

describe("bar()", () => {
  for (const [share, text] of [
    [-1, "░░░░"],
    [0.5, "██░░"],
    [2, "████"],
  ] as const) {
    it(`of ${share} is ${text}`, () => assert.equal(bar(share, 4), text));
  }
});

describe("the page of a job", () => {
  const page = (status?: TrainingJobStatus): string =>
    describeJob(job(status), { nowMs: NOW_MS, command: COMMAND, place: " --namespace pets" });

  it("tells what is known of a job that nobody has looked at", () => {
    assert.equal(
      page(),
      "Job      a, in namespace pets, created 2m ago\nPhase    Pending: No controller has looked at it yet\n" +
        "Config   resnet18_petage_quickstart x=1\n\nNext: petage job watch a --namespace pets\n",
    );
  });

  it("tells of the failure, of conditions, and of steps that were done again", () => {
    const text = page({
      phase: "Restarting",
      message: "trainer-1 failed",
      attempt: 1,
      restarts: 1,
      workers: { desired: 2, created: 2, ready: 1, succeeded: 0, failed: 1, summary: "1/2" },
      progress: { epoch: 2, maxEpochs: 4, step: 30, maxSteps: 80, percent: 37.5, etaSeconds: 65, lostSteps: 1 },
      conditions: [
        {
          type: "Running",
          status: "False",
          reason: "Restarting",
          message: "x",
          lastTransitionTime: "2026-11-23T11:59:00Z",
        },
      ],
      lastFailure: {
        worker: "a-0-1",
        node: "n",
        exitCode: 137,
        reason: "OOMKilled",
        message: "one\ntwo",
        time: "2026-11-23T11:59:30Z",
      },
    });
    assert.match(text, /^Workers +1\/2 ready, attempt 1, 1 restart$/m);
    assert.match(text, /37 %, epoch 2\/4, step 30\/80, 0:01:05 left, 1 step done again$/m);
    assert.match(text, /^Running +False +60s +Restarting +x$/m);
    assert.match(text, /^Last failure: a-0-1 ended on n with exit code 137 30s ago \(OOMKilled\)\n {2}one\n {2}two$/m);
  });

  const next = {
    Running: "logs a --follow",
    Suspended: "resume a",
    Succeeded: "logs a --rank 0 --tail 20",
    Failed: "logs a --tail 50",
    Scheduling: "watch a",
  };
  for (const [phase, command] of Object.entries(next)) {
    it(`says that after ${phase} comes ${command}`, () => {
      assert.ok(page({ phase }).endsWith(`Next: ${COMMAND} ${command} --namespace pets\n`));
    });
  }
});

describe("printTable()", () => {
  it("gives each job one line, also where a message has several", () => {
    const shown = ["Name", "Message"].map((name) => ({ name, priority: 0 }));
    const rows = ["a", "b"].map((name) => ({ cells: [name, "one\ntwo"], object: job() }));
    const text = printTable({ columns: shown, rows }, { wide: false, namespaces: false });
    assert.equal(text, "NAME   MESSAGE\na      one...\nb      one...\n");
  });
});

describe("objects", () => {
  const words = { on: "0x1f", managedFields: "mine", b: [1], a: null };
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", managedFields: [{}] }, data: words };

  it("are printed as YAML that older parsers read, sorted, without who wrote what", () => {
    const text =
      'apiVersion: v1\ndata:\n  a: null\n  b:\n  - 1\n  managedFields: mine\n  "on": "0x1f"\nkind: ConfigMap\nmetadata:\n  name: a\n';
    assert.equal(printObject(object, "yaml"), text);
    assert.equal(printDocuments([object, object]), `${text}---\n${text}`);
  });

  it("are printed as a List, and by their names", () => {
    const list = JSON.parse(printObjects([object, object], "json")) as { kind: string; items: unknown[] };
    assert.deepEqual([list.kind, list.items.length], ["List", 2]);
    assert.equal(printObjects([object, job()], "name"), "configmap/a\ntrainingjob.petage.dev/a\n");
  });
});
