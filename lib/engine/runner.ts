import { tmpdir } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import { EagerRunner } from "./eager-runner.ts";
import { GraphRunner } from "./graph/graph-runner.ts";
import { StaticGraphRunner } from "./graph/static-graph-runner.ts";
import type { Engine } from "./load.ts";
import type { NativeBackend } from "./native/backend.ts";
import type { Precision } from "./op.ts";
import type { Runner } from "./program.ts";

export interface RunnerOptions {
  /** Op by op, as the code is written, where a graph could be compiled. */
  readonly eager?: boolean;
  /** Where graphs are written on their way to the library; by default that of temporary files. */
  readonly folder?: string;
  /** What a graph may need at most: it is refused before it runs. */
  readonly memoryLimitBytes?: number | undefined;
}

/** What a runner is to know of its functions. */
export interface FunctionOptions {
  /** Whether they set no variables. */
  readonly areStatic?: boolean;
  /** What a graph computes in. */
  readonly precision?: Precision;
}

/** Compiled where the native library is, else op by op. */
export function openRunner(
  { backend }: Engine,
  {
    eager = false,
    folder = tmpdir(),
    areStatic = false,
    precision = "float32",
    memoryLimitBytes = Infinity,
  }: RunnerOptions & FunctionOptions = {},
): Runner {
  if (eager || backend !== "tensorflow") return new EagerRunner();
  const options = { backend: tf.backend() as unknown as NativeBackend, folder, precision, memoryLimitBytes };
  return areStatic ? new StaticGraphRunner(options) : new GraphRunner(options);
}
