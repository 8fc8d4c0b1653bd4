import { Command } from "commander";
import { convolutionRate } from "#lib/engine/convolution-rate.ts";
import { loadEngine } from "#lib/engine/load.ts";
import type { Engine } from "#lib/engine/load.ts";
import type { Precision } from "#lib/engine/op.ts";
import { computeOptions } from "#lib/host/compute-options.ts";
import { availableCores } from "#lib/host/process/cores.ts";
import { systemClock } from "#lib/system/clock.ts";
import { engineProfileCommand } from "./engine-profile.ts";
import { columns } from "../print/table.ts";

export function engineCommand(): Command {
  return new Command("engine")
    .description("Say what computes here, and how fast.")
    .addCommand(engineProfileCommand())
    .addHelpText(
      "after",
      "\nExamples:\n  petage engine\n  PETAGE_EAGER=1 petage engine\n  petage engine profile --help",
    )
    .action(async () => {
      const engine = await loadEngine();
      process.stdout.write(`${columns(describe(engine))}\n`);
    });
}

function describe(engine: Engine): string[][] {
  const isNative = engine.backend === "tensorflow";
  const eager = computeOptions().eager || !isNative;
  const rate = (precision: Precision): number => convolutionRate(engine, { eager, precision }, systemClock);
  const float32 = rate("float32");
  const bfloat16 = eager ? undefined : rate("bfloat16");
  const threads = availableCores();
  return [
    ["library", isNative ? `TensorFlow ${engine.version}` : `TensorFlow.js ${engine.version}, ${engine.backend}: slow`],
    ["device", engine.device === "gpu" ? "GPU" : `CPU, ${threads} thread${threads === 1 ? "" : "s"}`],
    ["steps", eager ? "op by op" : "compiled into graphs"],
    ["convolution, float32", `${float32.toFixed(0)} GFLOP/s`],
    ...(bfloat16 === undefined
      ? []
      : [["convolution, bfloat16", `${bfloat16.toFixed(0)} GFLOP/s, ${(bfloat16 / float32).toFixed(1)} x float32`]]),
  ];
}
