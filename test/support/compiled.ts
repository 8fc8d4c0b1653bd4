import { tmpdir } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import { EagerRunner } from "#lib/engine/eager-runner.ts";
import { GraphRunner } from "#lib/engine/graph/graph-runner.ts";
import type { NativeBackend } from "#lib/engine/native/backend.ts";
import type { Feed, Feeds, Runner, TensorFunction } from "#lib/engine/program.ts";
import { assertClose } from "./close.ts";

/** One that compiles; TensorFlow has been loaded. */
export function graphRunner(): GraphRunner {
  return new GraphRunner({ backend: tf.backend() as unknown as NativeBackend, folder: tmpdir() });
}

/** Numbers as a feed, a vector unless a shape is given. */
export function feed(values: readonly number[], shape: readonly number[] = [values.length]): Feed {
  return { type: "float32", shape, values: Float32Array.from(values) };
}

/** A function that needs no variables gives the same as a graph as it gives op by op. */
export function assertCompiles(
  compute: TensorFunction,
  feeds: Feeds,
  { outputs, tolerance = 1e-5 }: { readonly outputs: readonly string[]; readonly tolerance?: number },
): void {
  using eager = new EagerRunner();
  using graph = graphRunner();
  const run = (runner: Runner): ReadonlyMap<string, Float32Array> => {
    using results = runner.run(compute, feeds);
    return new Map(outputs.map((name) => [name, results.read(name)]));
  };
  const [expected, compiled] = [run(eager), run(graph)];
  for (const name of outputs) {
    assertClose(compiled.get(name) ?? [], expected.get(name) ?? [], { tolerance, what: name });
  }
}
