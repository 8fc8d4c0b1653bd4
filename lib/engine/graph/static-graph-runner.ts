import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assert, defined } from "#lib/base/assert.ts";
import type { Feeds, Forms, Parts, Results, Runner, TensorFunction, Variables } from "#lib/engine/program.ts";
import { Graph } from "./graph.ts";
import type { GraphRunnerOptions } from "./graph-runner.ts";
import { checkFits } from "./memory.ts";
import { hoist } from "./hoist.ts";
import type { Hoisted } from "./hoist.ts";
import { keyOf, owned, runSegment, runFor, runSegments, sendValues, valuesOf } from "./run.ts";
import type { Segment } from "./segments.ts";
import { Session } from "./session.ts";
import { trace } from "./trace.ts";
import { addVariable } from "./variable.ts";

/** Serving sees six sizes of batches, evaluation two. Whoever comes with more, as photos of any size, begins again. */
const MAX_GRAPHS = 16;

interface Prepared {
  readonly session: Session;
  readonly segments: readonly Segment[];
}

/**
 * Runs functions that set no variables, each size of a batch as a graph and session of its own: a new size costs those
 * before it nothing. All share the memory of the variables.
 */
export class StaticGraphRunner implements Runner {
  readonly #options: GraphRunnerOptions;
  readonly #values = new Map<string, Tensor>();
  /** What follows from them alone, by its key. */
  readonly #hoisted = new Map<string, Tensor>();
  readonly #prepared = new Map<TensorFunction, Map<string, Prepared>>();
  #count = 0;

  constructor(options: GraphRunnerOptions) {
    this.#options = options;
  }

  readonly variables: Variables = {
    get: (name) => tf.clone(defined(this.#values.get(name), `variable ${name}`)),
    set: (name, value) => {
      this.#close();
      this.#forgetHoisted();
      this.#values.get(name)?.dispose();
      this.#values.set(name, owned(this.#options.backend, value));
    },
  };

  prepare(compute: TensorFunction, forms: Forms): void {
    this.#prepare(compute, forms);
  }

  run(compute: TensorFunction, feeds: Feeds): Results {
    const { session, segments } = this.#prepare(compute, feeds);
    return runSegment(this.#options.backend, session, defined(segments[0], "a segment"), feeds);
  }

  *runInParts(compute: TensorFunction, feeds: Feeds, parts: Parts): Generator<Pick<Results, "read">, void, undefined> {
    const { session, segments } = this.#prepare(compute, feeds, parts);
    yield* runSegments(this.#options.backend, session, segments, feeds);
  }

  #prepare(compute: TensorFunction, forms: Forms, parts?: Parts): Prepared {
    const key = keyOf(forms, parts);
    const known = this.#prepared.get(compute)?.get(key);
    if (known) return known;
    if (this.#count === MAX_GRAPHS) this.#close();
    const { backend, folder, precision, memoryLimitBytes } = this.#options;
    const graph = new Graph(precision);
    const variables = new Map(
      [...this.#values].map(([name, { shape }]) => [name, addVariable(graph, name, { type: "float32", shape })]),
    );
    const { segments, bytes } = trace(graph, { compute, forms, prefix: "f", variables, parts });
    assert(parts !== undefined || segments[0]?.done === undefined, "a function that sets no variables");
    checkFits(bytes, forms, memoryLimitBytes);
    const hoisted = hoist(graph);
    const session = new Session(backend, graph, folder);
    sendValues(backend, session, { variables, values: this.#values });
    this.#sendHoisted(session, hoisted);
    const shapes = this.#prepared.get(compute) ?? new Map<string, Prepared>();
    this.#prepared.set(compute, shapes.set(key, { session, segments }));
    this.#count++; // not for one that was refused
    return { session, segments };
  }

  /** What another session has computed is not computed again; it takes memory once. */
  #sendHoisted(session: Session, hoisted: readonly Hoisted[]): void {
    const { backend } = this.#options;
    const places = new Map(hoisted.map(({ key, variable }) => [key, variable]));
    const known = new Map([...this.#hoisted].filter(([key]) => places.has(key)));
    const fresh = hoisted.filter(({ key }) => !known.has(key));
    sendValues(backend, session, { variables: places, values: known });
    if (fresh.length === 0) return;
    const computed = fresh.map((each) => each.computed);
    runFor(backend, session, computed);
    const variables = fresh.map(({ variable }) => variable);
    for (const [index, value] of valuesOf(backend, session, variables).entries()) {
      this.#hoisted.set(defined(fresh[index], "what was computed").key, value);
    }
  }

  #close(): void {
    for (const shapes of this.#prepared.values()) for (const { session } of shapes.values()) session[Symbol.dispose]();
    this.#prepared.clear();
    this.#count = 0;
  }

  #forgetHoisted(): void {
    tf.dispose([...this.#hoisted.values()]);
    this.#hoisted.clear();
  }

  [Symbol.dispose](): void {
    this.#close();
    this.#forgetHoisted();
    tf.dispose([...this.#values.values()]);
    this.#values.clear();
  }
}
