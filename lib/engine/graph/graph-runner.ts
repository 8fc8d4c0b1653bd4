import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { defined } from "#lib/base/assert.ts";
import type { NativeBackend } from "#lib/engine/native/backend.ts";
import type { Form, Precision } from "#lib/engine/op.ts";
import type { Feeds, Forms, Parts, Results, Runner, TensorFunction, Variables } from "#lib/engine/program.ts";
import { Graph } from "./graph.ts";
import { checkFits } from "./memory.ts";
import { keyOf, owned, runSegment, runSegments, sendValues, valuesOf } from "./run.ts";
import { Session } from "./session.ts";
import { trace } from "./trace.ts";
import type { TracedFunction } from "./trace.ts";
import { addVariable } from "./variable.ts";
import type { TracedVariable } from "./variable.ts";

/** Of one function: training sees two sizes of batches. Whoever comes with more begins again. */
const MAX_SHAPES = 16;

export interface GraphRunnerOptions {
  readonly backend: NativeBackend;
  /** For graphs on their way to the library. */
  readonly folder: string;
  readonly precision?: Precision;
  /** What a function may need at most. */
  readonly memoryLimitBytes?: number;
}

/**
 * Runs functions as graphs of one session, in whose resource variables the state is. A function is traced when it first
 * comes with feeds of some shapes; then the session is opened anew on a graph that holds it, too, and the variables move
 * there without being copied.
 */
export class GraphRunner implements Runner {
  readonly #options: GraphRunnerOptions;
  readonly #backend: NativeBackend;
  readonly #forms = new Map<string, Form>();
  /** The variables as they are now, where somebody asked for them, or set them, since a function has run. */
  readonly #values = new Map<string, Tensor>();
  /** Those of them that the session does not have yet. */
  readonly #unsent = new Set<string>();
  #graph: Graph;
  readonly #functions = new Map<TensorFunction, Map<string, TracedFunction>>();
  readonly #variables = new Map<string, TracedVariable>();
  #session: Session | undefined;

  constructor(options: GraphRunnerOptions) {
    this.#options = options;
    this.#backend = options.backend;
    this.#graph = new Graph(options.precision);
  }

  readonly variables: Variables = {
    get: (name) => this.#read(name),
    set: (name, value) => this.#write(name, value),
  };

  prepare(compute: TensorFunction, forms: Forms): void {
    this.#traced(compute, forms);
  }

  run(compute: TensorFunction, feeds: Feeds): Results {
    const { segments } = this.#traced(compute, feeds);
    return runSegment(this.#backend, this.#opened(), defined(segments[0], "a segment"), feeds);
  }

  *runInParts(compute: TensorFunction, feeds: Feeds, parts: Parts): Generator<Pick<Results, "read">, void, undefined> {
    const { segments } = this.#traced(compute, feeds, parts);
    yield* runSegments(this.#backend, this.#opened(), segments, feeds);
  }

  #traced(compute: TensorFunction, forms: Forms, parts?: Parts): TracedFunction {
    const key = keyOf(forms, parts);
    const traced = this.#functions.get(compute)?.get(key) ?? this.#trace(compute, forms, { key, parts });
    checkFits(traced.bytes, forms, this.#options.memoryLimitBytes);
    return traced;
  }

  #trace(
    compute: TensorFunction,
    forms: Forms,
    { key, parts }: { readonly key: string; readonly parts: Parts | undefined },
  ): TracedFunction {
    this.#close();
    if (this.#functions.get(compute)?.size === MAX_SHAPES) this.#beginAgain();
    const shapes = this.#functions.get(compute) ?? new Map<string, TracedFunction>();
    this.#functions.set(compute, shapes);
    this.#declare();
    const prefix = `f${this.#functions.size}-${shapes.size}`;
    const traced = trace(this.#graph, { compute, forms, prefix, variables: this.#variables, parts });
    shapes.set(key, traced);
    return traced;
  }

  /** Forgets the graph, but not the variables. */
  #beginAgain(): void {
    this.#graph = new Graph(this.#options.precision);
    this.#functions.clear();
    this.#variables.clear();
  }

  /** All variables are in the graph. */
  #declare(): void {
    for (const [name, form] of this.#forms) {
      if (!this.#variables.has(name)) this.#variables.set(name, addVariable(this.#graph, name, form));
    }
  }

  /** All at once, because each set of fetches costs the library a preparation of its own. They share memory. */
  #read(name: string): Tensor {
    if (!this.#values.has(name) && this.#session) {
      const names = [...this.#variables.keys()].filter((each) => !this.#values.has(each));
      const variables = names.map((each) => defined(this.#variables.get(each), each));
      for (const [index, value] of valuesOf(this.#backend, this.#session, variables).entries()) {
        this.#values.set(defined(names[index], "a name"), value);
      }
    }
    return tf.clone(defined(this.#values.get(name), `variable ${name}`));
  }

  #write(name: string, value: Tensor): void {
    if (!this.#forms.has(name)) {
      this.#close();
      this.#forms.set(name, { type: "float32", shape: value.shape });
    }
    this.#values.get(name)?.dispose();
    this.#values.set(name, owned(this.#backend, value));
    this.#unsent.add(name);
  }

  /** The session with all variables as they are; nobody else holds their memory. */
  #opened(): Session {
    this.#declare();
    this.#session ??= new Session(this.#backend, this.#graph, this.#options.folder);
    if (this.#unsent.size > 0) this.#send(this.#session, [...this.#unsent]);
    this.#unsent.clear();
    this.#forget();
    return this.#session;
  }

  #send(session: Session, names: readonly string[]): void {
    const values = new Map(names.map((name) => [name, defined(this.#values.get(name), name)]));
    sendValues(this.#backend, session, { variables: this.#variables, values });
  }

  #forget(): void {
    tf.dispose([...this.#values.values()]);
    this.#values.clear();
  }

  /** The variables outlive the session. */
  #close(): void {
    const session = this.#session;
    if (!session) return;
    for (const name of this.#variables.keys()) {
      this.#read(name).dispose();
      this.#unsent.add(name);
    }
    this.#session = undefined;
    session[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#session?.[Symbol.dispose]();
    this.#session = undefined;
    this.#forget();
  }
}
