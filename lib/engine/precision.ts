import type { Clock } from "#lib/base/clock.ts";
import type { Log } from "#lib/base/log.ts";
import { isFastAtBfloat16 } from "./convolution-rate.ts";
import type { Engine } from "./load.ts";
import type { Precision } from "./op.ts";
import type { RunnerOptions } from "./runner.ts";

/** What is asked for, where it saves time; else float32, and it is said. */
export function precisionHere(
  engine: Engine,
  { asked, by, ...options }: RunnerOptions & { readonly asked: Precision; /** Who asks. */ readonly by: string },
  { log, clock }: { readonly log: Log; readonly clock: Clock },
): Precision {
  if (asked === "float32") return asked;
  const isCompiled = engine.backend === "tensorflow" && !options.eager;
  if (isCompiled && isFastAtBfloat16(engine, options, clock)) return asked;
  const why = isCompiled ? "this machine is not faster at bfloat16" : "it computes op by op";
  log.warn(`${by} asks for bfloat16; it is computed in float32: ${why}`);
  return "float32";
}
