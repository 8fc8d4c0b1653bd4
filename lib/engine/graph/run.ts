import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { defined } from "#lib/base/assert.ts";
import { checkFeeds } from "#lib/engine/feeds.ts";
import { runEagerly } from "#lib/engine/native/backend.ts";
import type { NativeBackend } from "#lib/engine/native/backend.ts";
import type { Feed, Feeds, Forms, Parts, Results } from "#lib/engine/program.ts";
import type { Output } from "./graph.ts";
import type { Session } from "./session.ts";
import { fetchesOf } from "./segments.ts";
import type { Segment } from "./segments.ts";
import type { TracedVariable } from "./variable.ts";

/** What tells the graphs of a function apart: the names, types and shapes of what it is fed, and how it is cut. */
export function keyOf(forms: Forms, parts?: Parts): string {
  return JSON.stringify([Object.entries(forms).map(([name, { type, shape }]) => [name, type, shape]), parts]);
}

/** Runs a segment of a function that a session holds. Its results stay in the library until they are read. */
export function runSegment(backend: NativeBackend, session: Session, segment: Segment, feeds: Feeds): Results {
  checkFeeds(feeds);
  const fed = new Map<Output, number>();
  try {
    for (const [name, place] of segment.placeholders) fed.set(place, upload(backend, defined(feeds[name], name)));
    const names = [...segment.outputs.keys()];
    const fetched = session.run(fed, fetchesOf(segment));
    return resultsOf(backend, new Map(fetched.map(({ id }, index) => [names[index] ?? "", id])));
  } finally {
    for (const id of fed.values()) backend.binding.deleteTensor(id);
  }
}

/** Runs one segment after the other, each when its results are asked for. */
export function* runSegments(
  backend: NativeBackend,
  session: Session,
  segments: readonly Segment[],
  feeds: Feeds,
): Generator<Pick<Results, "read">, void, undefined> {
  for (const segment of segments) {
    using results = runSegment(backend, session, segment, feeds);
    yield results;
  }
}

function upload({ binding }: NativeBackend, { type, shape, values }: Feed): number {
  const types = { float32: binding.TF_FLOAT, int32: binding.TF_INT32, uint8: binding.TF_UINT8 };
  return binding.createTensor([...shape], types[type], values);
}

function resultsOf({ binding }: NativeBackend, ids: Map<string, number>): Results {
  return {
    read(name) {
      const values = binding.tensorDataSync(defined(ids.get(name), `output ${name}`));
      return values instanceof Float32Array ? values : Float32Array.from(values);
    },
    [Symbol.dispose]() {
      for (const id of ids.values()) binding.deleteTensor(id);
      ids.clear();
    },
  };
}

/**
 * A copy in memory of the library's own. What JavaScript made a tensor of stays JavaScript's memory, which the library
 * gives back when it drops its last use, in whichever thread that is; only that of JavaScript may. Variables are dropped
 * in others.
 */
export function owned(backend: NativeBackend, value: Tensor): Tensor {
  const outputs = [{ type: "float32", shape: value.shape }] as const;
  const attributes = { T: { type: "float32" } } as const;
  const [copy] = runEagerly(backend)({ op: "DeepCopy", inputs: [value], attributes, outputs, typed: UNTYPED });
  return tf.keep(defined(copy, "a copy"));
}

const UNTYPED = { inputs: [], outputs: [] };

/** Gives values to variables of a session; they share the memory. */
export function sendValues(
  backend: NativeBackend,
  session: Session,
  { variables, values }: { variables: ReadonlyMap<string, TracedVariable>; values: ReadonlyMap<string, Tensor> },
): void {
  if (values.size === 0) return;
  const places = [...values.keys()].map((name) => defined(variables.get(name), name));
  const ids = backend.getInputTensorIds([...values.values()]);
  const fed = new Map(places.map(({ fed: place }, index) => [place, defined(ids[index], "a tensor")]));
  const written = places.map((place) => place.written);
  runFor(backend, session, written, fed);
}

/** Runs what is fetched for what it does. */
export function runFor(
  { binding }: NativeBackend,
  session: Session,
  fetches: readonly Output[],
  feeds: ReadonlyMap<Output, number> = new Map(),
): void {
  for (const { id } of session.run(feeds, fetches)) binding.deleteTensor(id);
}

/** What variables are now, as tensors of the caller that share their memory. */
export function valuesOf(backend: NativeBackend, session: Session, variables: readonly TracedVariable[]): Tensor[] {
  const read = session.run(
    new Map(),
    variables.map(({ value }) => value),
  );
  return read.map((metadata) => tf.keep(backend.createOutputTensor(metadata)));
}
