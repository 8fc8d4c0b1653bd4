import assert from "node:assert/strict";
import { checkJobLimits } from "#lib/jobs/job-limits.ts";
import type { TrainingJob, TrainingJobSpec } from "#lib/jobs/training-job.ts";

const CONFIG = { name: "tiny" };
const HUGE = "x".repeat(2 ** 21);
const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, "1"]));
const rule = (exitCodes: readonly number[]) => ({ exitCodes, action: "Restart" as const });

function job({ labels = {}, name = "a", ...spec }: Partial<TrainingJobSpec & TrainingJob["metadata"]>): TrainingJob {
  return { metadata: { name, labels }, spec: { config: CONFIG, ...spec } };
}

describe("what a job may ask for", () => {
  const refused: readonly (readonly [what: string, wish: Parameters<typeof job>[0], says: RegExp])[] = [
    ["a thousand million workers", { workers: 1e9 }, /^spec\.workers is 1000000000, expected 1 to 1024$/],
    ["no worker", { workers: -1 }, /^spec\.workers is -1/],
    ["workers that are no number", { workers: Number.NaN }, /^spec\.workers is NaN/],
    ["negative GPUs", { gpu: { count: -1 } }, /^spec\.gpu\.count is -1/],
    ["restarts without end", { failurePolicy: { maxRestarts: 2 ** 31 - 1 } }, /max_restarts is 2147483647/],
    ["a deadline of ages", { runPolicy: { activeDeadlineSeconds: 1e15 } }, /active_deadline is 1000000000000000/],
    ["an end before its begin", { runPolicy: { ttlSecondsAfterFinished: -5 } }, /ttl_after_finished is -5/],
    ["negative steps", { checkpoint: { everySteps: -3 } }, /every_steps is -3/],
    [
      "a fate of checkpoints that there is not",
      { checkpoint: { retain: "Sometimes" as "Always" } },
      /^spec\.checkpoint\.retain is "Sometimes", expected Always or Never$/,
    ],
    ["a huge name", { name: HUGE }, /^metadata\.name has 2097152 characters, expected at most 1024$/],
    ["a huge path", { config: { path: HUGE } }, /^spec\.config\.path has 2097152/],
    [
      "a huge text",
      { config: { inline: HUGE } },
      /^spec\.config\.text has 2097152 characters, expected at most 1048576$/,
    ],
    ["a huge name of its text", { config: { inline: "a=1", fileName: HUGE } }, /^spec\.config\.file_name has/],
    ["a huge work dir", { workDir: HUGE }, /^spec\.work_dir has/],
    ["a huge place to start from", { loadFrom: HUGE }, /^spec\.load_from has/],
    ["a huge place to resume from", { checkpoint: { resume: HUGE } }, /^spec\.checkpoint\.resume has/],
    [
      "200,000 overrides",
      { config: { ...CONFIG, cfgOptions: Array.from({ length: 200_000 }, (_, index) => `a${index}=1`) } },
      /^spec\.config\.cfg_options has 200000 entries, expected at most 1000$/,
    ],
    ["a huge override", { config: { ...CONFIG, cfgOptions: [`a=${HUGE}`] } }, /option of .*has 2097154 characters/],
    [
      "overrides that are huge together",
      { config: { ...CONFIG, cfgOptions: Array.from({ length: 100 }, () => `a=${"x".repeat(10_000)}`) } },
      /cfg_options have 1000200 characters/,
    ],
    ["labels without end", { labels: many(200_000) }, /^metadata\.labels has 200000 entries, expected at most 64$/],
    ["a huge label", { labels: { team: HUGE } }, /^metadata\.labels has 2097152 characters/],
    ["resources without end", { resources: { limits: many(65) } }, /^spec\.resources\.limits has 65 entries/],
    ["rules without end", { failurePolicy: { rules: Array.from({ length: 17 }, () => rule([1])) } }, /rules has 17/],
    [
      "exit codes without end",
      { failurePolicy: { rules: [rule(Array.from({ length: 33 }, () => 1))] } },
      /has 33 entries/,
    ],
    ["an exit code that is none", { failurePolicy: { rules: [rule([256])] } }, /exit_codes is 256, expected 0 to 255/],
  ];
  for (const [what, wish, message] of refused) {
    it(`is not ${what}`, () => {
      assert.throws(() => checkJobLimits(job(wish)), { code: "INVALID_ARGUMENT", message });
    });
  }

  const taken: readonly (readonly [what: string, wish: Parameters<typeof job>[0]])[] = [
    ["nothing but a config", {}],
    ["as many workers as can be", { workers: 1024 }],
    ["ten years", { runPolicy: { activeDeadlineSeconds: 315_360_000 } }],
    ["a thousand overrides", { config: { ...CONFIG, cfgOptions: Array.from({ length: 1000 }, () => "a=1") } }],
    ["a list as an override", { config: { ...CONFIG, cfgOptions: [`a=[${"1.25,".repeat(2000)}]`] } }],
  ];
  for (const [what, wish] of taken) it(`may be ${what}`, () => checkJobLimits(job(wish)));
});
