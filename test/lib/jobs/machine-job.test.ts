import assert from "node:assert/strict";
import { resumeOf } from "#lib/jobs/job-spec.ts";
import { checkMachineJob, continuationOf } from "#lib/jobs/machine-job.ts";
import { checkJobName, nameLike, runName } from "#lib/jobs/names.ts";
import type { TrainingJobSpec } from "#lib/jobs/training-job.ts";

function spec(given: Partial<TrainingJobSpec> = {}): TrainingJobSpec {
  return { config: { name: "tiny" }, ...given };
}

describe("a job of one machine", () => {
  const refused: readonly (readonly [Partial<TrainingJobSpec>, RegExp])[] = [
    [{ runPolicy: { suspend: true } }, /suspend is true, and only a cluster/],
    [{ workers: -1 }, /spec\.workers is -1, expected 1 to 1024/],
    [{ workers: 1025 }, /spec\.workers is 1025, expected 1 to 1024/],
  ];
  for (const [given, message] of refused) {
    it(`is refused with ${JSON.stringify(given)}`, () => {
      assert.throws(() => checkMachineJob({ spec: spec(given) }), { code: "INVALID_ARGUMENT", message });
    });
  }

  for (const given of [{}, { workers: 1 }, { workers: 1024 }, { runPolicy: { suspend: false } }]) {
    it(`is taken with ${JSON.stringify(given)}`, () => checkMachineJob({ spec: spec(given) }));
  }

  for (const name of ["a", "a-1", "1".repeat(45)]) {
    it(`may be named ${name}`, () => assert.equal(checkJobName(name), name));
  }
  for (const name of ["", "-a", "a-", "A", "a_b", "1".repeat(46)]) {
    it(`may not be named ${JSON.stringify(name)}`, () => {
      assert.throws(() => checkJobName(name), { code: "INVALID_ARGUMENT" });
    });
  }

  const names: readonly (readonly [string, string])[] = [
    ["resnet18_petage_quickstart", "resnet18-petage-quickstart"],
    ["_ResNet18 (2)", "resnet18-2"],
    ["___", "job"],
    [`${"a".repeat(29)}_b`, "a".repeat(29)],
  ];
  for (const [config, name] of names) {
    it(`has a name like ${name} for ${config}`, () => assert.equal(nameLike(config), name));
  }

  it("names its run by the time", () => assert.equal(runName(new Date(2026, 10, 3, 6, 15, 9)), "20261103_061509"));

  const resumes: readonly (readonly [string | undefined, boolean, string])[] = [
    [undefined, false, "Never"],
    [undefined, true, "Auto"],
    ["Never", true, "Never"],
    ["work_dirs/a/epoch_1", false, "work_dirs/a/epoch_1"],
  ];
  for (const [own, resume, expected] of resumes) {
    it(`begins with ${expected} where it says ${own} and its config ${resume}`, () => {
      assert.equal(resumeOf(spec(own === undefined ? {} : { checkpoint: { resume: own } }), { resume }), expected);
    });
  }

  const places = { source: "tiny.py", written: "run/tiny.py" };
  const rest = { workers: 2, workDir: "work", loadFrom: undefined };
  const wishes = [
    {
      what: "by its config and overrides",
      config: { path: "tiny.py", cfgOptions: ["a=1"] },
      resume: "Auto",
      wish: { config: "tiny.py", cfgOptions: ["a=1"], resume: true },
    },
    {
      what: "by the text that lies in its folder, which has the overrides",
      config: { inline: "a = 1", cfgOptions: ["a=1"] },
      resume: "Never",
      wish: { config: "run/tiny.py", cfgOptions: [], resume: true },
    },
    {
      what: "from where it began",
      config: { name: "tiny" },
      resume: "work_dirs/a/epoch_1",
      wish: { config: "tiny.py", cfgOptions: [], resume: "work_dirs/a/epoch_1" },
    },
  ] as const;
  for (const { what, config, resume, wish } of wishes) {
    it(`is continued ${what}`, () => {
      const wanted = continuationOf(spec({ config, workers: 2, workDir: "work" }), resume, places);
      assert.deepEqual(wanted, { ...rest, ...wish });
    });
  }
});
