import assert from "node:assert/strict";
import { runStages, shareOf } from "../../../scripts/cluster/stages.ts";
import type { Stage } from "../../../scripts/cluster/stages.ts";
import type { Report } from "../../../scripts/setup/report.ts";

function stage(title: string, seconds: number, work: Stage["work"] = async () => {}): Stage {
  return { title, seconds, work };
}

describe("shareOf()", () => {
  const build = stage("build", 80);
  const at = { stage: build, before: 20, total: 200 };
  for (const [what, progress, share] of [
    ["begins with the stages before", { known: 0, seconds: 0 }, 0.1],
    ["goes by what the work says", { known: 0.5, seconds: 1 }, 0.3],
    ["goes by the time where the work says nothing", { known: 0, seconds: 40 }, 0.3],
    ["is not at the end of a stage that takes longer", { known: 0, seconds: 800 }, 0.48],
  ] as const) {
    it(what, () => assert.equal(shareOf(at, progress).toFixed(2), share.toFixed(2)));
  }
});

describe("runStages()", () => {
  it("says the total first, then each stage and what it tells", async () => {
    const lines: string[] = [];
    const report: Report = {
      interactive: false,
      say: (line) => void lines.push(line),
      bar: () => assert.fail("there is one bar for all"),
    };
    const talk = async (own: Report): Promise<void> => {
      using bar = own.bar("Linking");
      bar.update(0.5);
      own.say("at work");
    };
    await runStages([stage("packages", 20), stage("programs", 100, talk)], report);
    const told = lines.map((line) => line.replaceAll(/\d+ s\b/g, "N s"));
    assert.deepEqual(told, [
      "2 steps, about 2 min N s: packages, programs",
      "1 of 2, packages",
      "1 of 2, packages: done in N s, N s in all",
      "2 of 2, programs",
      "at work",
      "2 of 2, programs: done in N s, N s in all",
    ]);
  });

  it("ends with the first stage that fails", async () => {
    const failing = stage("first", 1, () => Promise.reject(new Error("no room")));
    const never = stage("second", 1, () => assert.fail("it must not begin"));
    const report: Report = { interactive: false, say() {}, bar: () => assert.fail("unused") };
    await assert.rejects(runStages([failing, never], report), /no room/);
  });
});
