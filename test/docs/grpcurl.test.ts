import assert from "node:assert/strict";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { defined } from "#lib/base/assert.ts";
import { CONFIG } from "#test/services/inference/support.ts";
import { useGrpcurl } from "#test/support/grpcurl.ts";
import { saveUntrained } from "#test/support/untrained.ts";
import { startUp, type Up } from "#test/support/up.ts";
import { codeBlocks, shellCommands } from "../support/markdown.ts";
import { readText } from "../support/sources.ts";

const START_TIMEOUT_MS = 120_000;
const [up = "", ...commands] = codeBlocks(readText("README.md"), "console")
  .map(({ text }) => shellCommands(text))
  .find((lines) => lines.some((line) => line.startsWith("grpcurl"))) ?? [""];

describe("the commands of README.md that talk to what `petage up` runs", function () {
  this.timeout(START_TIMEOUT_MS);
  const grpcurl = useGrpcurl();
  let folder = "";
  let running: Up | undefined;

  before("petage up, on free ports", async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-grpcurl-"));
    const checkpoint = join(folder, defined(/--checkpoint (\S+)/.exec(up)?.[1], "the checkpoint"));
    await saveUntrained(dirname(checkpoint), CONFIG, "epoch_12");
    const noise = { type: "gaussian", mean: 128, sigma: 60 } as const;
    // As large as a photo is: too large for an argument of a command.
    await sharp({ create: { width: 1200, height: 900, channels: 3, background: "black", noise } })
      .jpeg()
      .toFile(join(folder, "photo.jpg"));
    await symlink(grpcurl.path, join(folder, "grpcurl"));
    running = await startUp(up, folder);
  });
  after(async () => {
    await running?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  for (const command of commands) {
    it(command, async () => {
      const { exitCode, stdout, stderr } = await defined(running, "petage up").run(command);
      assert.equal(exitCode, 0, stderr);
      assert.match(stdout, defined(ANSWERS[command.split(/[ /]/).at(-1) ?? ""], `what ${command} answers`));
    });
  }
});

/** What is to be seen in the answers, by the last word of the command. */
const ANSWERS: Readonly<Record<string, RegExp>> = {
  "127.0.0.1:50051": /months/,
  list: /^grpc\.health\.v1\.Health$[^]*^petage\.v1\.InferenceService$/m,
  "petage.v1.AgeEstimate": /^ {2}\/\/ .*months.*\n {2}\w+ age_months = \d+;$/m,
  Predict: /"monthProbabilities": \[/,
  GetModel: /"maxImageBytes": "\d+"/,
  ListTrainingJobs: /^\{\}$/m,
  Check: /"status": "SERVING"/,
};
