import assert from "node:assert/strict";
import type { TrainFlags } from "../../../cli/commands/train.ts";
import { cfgOptionsOf, specOf, trainCommand, withPlace } from "../../../cli/commands/train.ts";
import { continueCommand } from "#lib/jobs/command-line.ts";
import type { TrainRequest } from "#lib/jobs/command-line.ts";
import { wordsOfShell } from "#test/support/shell.ts";

const PLAIN: TrainRequest = { config: "configs/a.py", workers: 1, cfgOptions: [], resume: true };
const NO_VALIDATION = ["val_dataloader=None", "val_cfg=None", "val_evaluator=None"];
const SCALED = ["auto_scale_lr.enable=True"];

interface Case {
  readonly what: string;
  readonly wish: Partial<TrainRequest>;
  /** Words after `petage train configs/a.py --nproc 1`; without them, only what they are understood as is looked at. */
  readonly words?: readonly string[];
}

const CASES: readonly Case[] = [
  { what: "nothing but a config", wish: {}, words: ["--resume"] },
  { what: "a folder with a blank", wish: { workDir: "runs/sp ace" }, words: ["--resume", "--work-dir", "runs/sp ace"] },
  { what: "weights to start from", wish: { loadFrom: "a b.pth" }, words: ["--resume", "--load-from", "a b.pth"] },
  { what: "a checkpoint", wish: { resume: "runs/it's/epoch_1" }, words: ["--resume=runs/it's/epoch_1"] },
  {
    what: "overrides",
    wish: { cfgOptions: ["train_cfg.max_epochs=3", "a.b=[1, 'x y', \"$HOME\"]", "c=*.!{1,2}\n~"] },
    words: ["--resume", "--cfg-options", "train_cfg.max_epochs=3", "a.b=[1, 'x y', \"$HOME\"]", "c=*.!{1,2}\n~"],
  },
  {
    what: "flags that are overrides",
    wish: { cfgOptions: ["a=1", ...NO_VALIDATION, ...SCALED] },
    words: ["--resume", "--no-validate", "--auto-scale-lr", "--cfg-options", "a=1"],
  },
  { what: "one such flag", wish: { cfgOptions: SCALED }, words: ["--resume", "--auto-scale-lr"] },
  {
    what: "overrides that are like those of a flag, and others after them",
    wish: { cfgOptions: [...NO_VALIDATION, "val_cfg=dict()"] },
    words: ["--resume", "--cfg-options", ...NO_VALIDATION, "val_cfg=dict()"],
  },
  { what: "values that look like flags", wish: { workDir: "-w", loadFrom: "--x", resume: "-c" } },
];

describe("continueCommand", () => {
  for (const { what, wish, words } of CASES) {
    it(`says ${what} so that a shell and petage understand it`, async () => {
      const whole = { ...PLAIN, ...wish };
      const given = await wordsOfShell(continueCommand(whole));
      if (words) assert.deepEqual(given, ["train", "configs/a.py", "--nproc", "1", ...words]);
      assert.deepEqual(understood(given.slice(1)), whole);
    });
  }

  it("asks for a checkpoint only where --resume is given: else the config decides", () => {
    const asked = ([undefined, true, "runs/1/epoch_1"] as const).map(
      (resume) => specOf("configs/a.py", { ...(resume !== undefined && { resume }) }).checkpoint?.resume,
    );
    assert.deepEqual(asked, ["", "Auto", "runs/1/epoch_1"]);
  });

  it("is led to the same controller and the same NATS again", async () => {
    const message = `It failed. Continue with: ${continueCommand({ ...PLAIN, cfgOptions: ["a=1"] })}`;
    const [, command = ""] = withPlace(message, { controller: "a:1", nats: "nats://u:p$w@h:1" }).split(
      "Continue with: ",
    );
    const words = ["--resume", "--cfg-options", "a=1", "--controller", "a:1", "--nats", "nats://u:p$w@h:1"];
    assert.deepEqual(await wordsOfShell(command), ["train", "configs/a.py", "--nproc", "1", ...words]);
    assert.equal(withPlace("Training is complete", { controller: "a:1" }), "Training is complete");
    assert.equal(withPlace(message, {}), message);
  });

  it("names a config that looks like a flag as a file", async () => {
    const given = await wordsOfShell(continueCommand({ ...PLAIN, config: "-a b.py" }));
    assert.equal(understood(given.slice(1)).config, "./-a b.py");
  });
});

/** What `petage train` takes these words for. */
function understood(words: readonly string[]): TrainRequest {
  const command = trainCommand().exitOverride();
  let wish: TrainRequest | undefined;
  command.action((config: string, flags: TrainFlags) => {
    const { nproc = 1, workDir, loadFrom, resume = "" } = flags;
    const cfgOptions = cfgOptionsOf(flags);
    wish = { config, workers: nproc, cfgOptions, resume, ...(workDir && { workDir }), ...(loadFrom && { loadFrom }) };
  });
  command.parse(words, { from: "user" });
  return wish ?? assert.fail("no action");
}
