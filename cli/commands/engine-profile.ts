import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { randomStream } from "#lib/base/random.ts";
import { buildComponent } from "#lib/config/component/build.ts";
import { configNode } from "#lib/config/component/node.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";
import { loaderSettings } from "#lib/data/loader-settings.ts";
import { pipelineNodes } from "#lib/data/datasets/nested.ts";
import { buildTransforms, plannedSize } from "#lib/data/pipeline.ts";
import { memoryOf } from "#lib/engine/graph/memory.ts";
import { loadEngine } from "#lib/engine/load.ts";
import { measuredStep } from "#lib/engine/profile/primitives.ts";
import type { MeasuredStep } from "#lib/engine/profile/primitives.ts";
import { profileRows } from "#lib/engine/profile/profile.ts";
import type { ProfileRow } from "#lib/engine/profile/profile.ts";
import { availableCores, threadEnvironment } from "#lib/host/process/cores.ts";
import { describeExit, startProcess } from "#lib/host/process/processes.ts";
import { modelSettings } from "#lib/train/settings.ts";
import { stepGraph } from "#lib/train/step/step-graph.ts";
import type { BatchForm } from "#lib/train/step/step-graph.ts";
import { wholeNumber } from "../numbers.ts";
import { table } from "../print/table.ts";
import { bar } from "../print/text.ts";
import type { ProfiledSteps } from "../profiled-steps-entry.ts";
import { loadUserConfig } from "./config.ts";

interface Flags {
  readonly batchSize?: number;
  readonly steps: number;
  readonly cfgOptions?: readonly string[];
  readonly json?: true;
}

/** A photo of a phone, held upright, as the transforms of a config get it. */
const PHOTO = { height: 4000, width: 3000 };
const BAR_WIDTH = 20;

export function engineProfileCommand(): Command {
  return new Command("profile")
    .description("Say where the time and the memory of a compiled training step go, by type of layer.")
    .argument("<config>", "a file, or the name of a config that comes with petage")
    .option("--batch-size <number>", "in place of the config's", wholeNumber)
    .option("--steps <number>", "how many are measured, after a warm-up", wholeNumber, 5)
    .option("--cfg-options <key=value...>", "overrides of the config")
    .option("--json", "as JSON instead of a table")
    .addHelpText(
      "after",
      `
The batch is noise. Times are those of oneDNN's primitives; what it does not time is "other". Memory is an estimate, of
the moment at which the step needs most.

Example:
  petage engine profile resnet18_8xb32_in1k --batch-size 16`,
    )
    .action(async (config: string, flags: Flags) => {
      const profile = await profileOf(config, flags);
      process.stdout.write(flags.json ? `${JSON.stringify(profile, undefined, 2)}\n` : textOf(profile));
    });
}

/** What is printed. */
interface Profile extends BatchForm {
  readonly config: string;
  readonly precision: string;
  readonly steps: number;
  readonly stepMs: number;
  /** What this machine reaches at a convolution alone. */
  readonly peakGflops: number;
  readonly memoryBytes: number;
  readonly rows: readonly (ProfileRow & { readonly share: number })[];
}

async function profileOf(config: string, { batchSize, steps, cfgOptions = [] }: Flags): Promise<Profile> {
  const loaded = loadUserConfig(config, cfgOptions);
  const settings = modelSettings(loaded);
  const form = { ...batchForm(loaded), ...(batchSize && { count: batchSize }) };
  await requireOneDnn();
  const classes = settings.model.head.numClasses;
  const measured = await runSteps({ config, cfgOptions, classes, steps: Math.max(1, steps), ...form });
  const { graph, fetches } = stepGraph({ ...settings, precision: measured.precision }, form);
  const rows = profileRows(measured, graph, fetches);
  const stepMs = measured.gradientsMs + measured.updateMs;
  return {
    config,
    ...form,
    precision: measured.precision,
    steps: measured.steps,
    stepMs,
    peakGflops: measured.rates[measured.precision],
    memoryBytes: memoryOf(graph, fetches).bytes,
    rows: rows.map((row) => ({ ...row, share: row.ms / stepMs })),
  };
}

/** The batches of a config's training. */
function batchForm(config: ResolvedConfig): BatchForm {
  const options = { purpose: "train", seed: 0, build: buildComponent } as const;
  const { settings, dataset } = loaderSettings(configNode(config, "train_dataloader"), options);
  const [pipeline = dataset] = pipelineNodes(dataset);
  const transforms = buildTransforms(pipeline, buildComponent);
  return { count: settings.batch_size, ...plannedSize(transforms, PHOTO, randomStream(0)) };
}

async function requireOneDnn(): Promise<void> {
  const { backend, device } = await loadEngine();
  if (backend !== "tensorflow") {
    throw new PetageError("TENSORFLOW_UNAVAILABLE", "Only TensorFlow's library compiles steps, and it is not there", {
      hint: "Run `npm run setup`; `petage engine` says what computes",
    });
  }
  if (device === "gpu") {
    throw new PetageError("FAILED_PRECONDITION", "oneDNN, which is what tells the times, computes on processors only", {
      hint: "Hide the GPU with CUDA_VISIBLE_DEVICES=-1, or use the profiler of its vendor",
    });
  }
}

/** In a process of its own, since the library reads what it is to say of itself when it is loaded. */
async function runSteps(asked: ProfiledSteps): Promise<MeasuredStep> {
  const lines: string[] = [];
  await using child = startProcess({
    name: "profile",
    entry: fileURLToPath(new URL("../profiled-steps-entry.ts", import.meta.url)),
    args: [JSON.stringify(asked)],
    environment: { ...threadEnvironment(availableCores()), ONEDNN_VERBOSE: "1" },
    onLine: ({ stream, line }) => void (stream === "stdout" && lines.push(line)),
  });
  const exit = await child.exited;
  if (exit.error) throw exit.error;
  if (exit.exitCode !== 0)
    throw new PetageError("PROCESS_FAILED", describeExit("The process that ran the steps", exit));
  return measuredStep(lines);
}

function textOf({
  config,
  count,
  height,
  width,
  precision,
  steps,
  stepMs,
  peakGflops,
  memoryBytes,
  rows,
}: Profile): string {
  const head = ["", "number", "ms", "share", "GFLOP", "GFLOP/s", "of peak", "MB"];
  const body = rows.filter(({ ms, bytes }) => ms > 0 || bytes > 0).map((row) => [...cellsOf(row, peakGflops)]);
  const total = ["all", "", stepMs.toFixed(1), "100", "", "", "", (memoryBytes / 1e6).toFixed(0)];
  return `${config}: ${count} images of ${width} x ${height}, ${precision}, the fastest of ${steps} steps
A step takes ${stepMs.toFixed(0)} ms: ${((count / stepMs) * 1000).toFixed(1)} images/s
A convolution alone reaches ${peakGflops.toFixed(0)} GFLOP/s here

${table([head, ...body, total])}
`;
}

function cellsOf({ type, count, ms, share, flops, bytes }: Profile["rows"][number], peakGflops: number): string[] {
  const number = (value: number, digits: number): string => (value > 0 ? value.toFixed(digits) : "");
  const rate = flops > 0 && ms > 0 ? flops / ms / 1e6 : 0;
  return [
    type,
    number(count, 0),
    number(ms, 1),
    number(share * 100, 0),
    number(flops / 1e9, 1),
    number(rate, 0),
    number((rate / peakGflops) * 100, 0),
    number(bytes / 1e6, 0),
    ms > 0 ? bar(share, BAR_WIDTH) : "",
  ];
}
