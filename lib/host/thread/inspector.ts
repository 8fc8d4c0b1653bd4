import { defined } from "#lib/base/assert.ts";
import type { Build } from "#lib/config/component/component.ts";
import { ConfigNode } from "#lib/config/component/node.ts";
import {
  inspectSample,
  type InspectedSample,
  type Inspection,
  type Inspector,
  type InspectorSetup,
} from "#lib/data/inspect.ts";
import { buildPipeline } from "#lib/data/pipeline.ts";
import { localDataFiles } from "#lib/host/files/data-files.ts";
import { availableCores } from "#lib/host/process/cores.ts";
import type { PluginModules } from "#lib/host/plugins.ts";
import { remote, type Remote } from "./remote.ts";

/** Fewer photos are looked at sooner than threads start. */
const MIN_SAMPLES_FOR_THREADS = 500;
/** Photos under way in one thread: one is read while another is decoded. */
const MAX_SAMPLES_IN_FLIGHT = 2;

/** What a thread needs, as it is sent to it. */
export interface InspectorThreadSetup extends InspectorSetup {
  readonly plugins: PluginModules;
}

export interface InspectorOptions {
  readonly build: Build;
  readonly plugins: PluginModules;
  readonly sampleCount: number;
}

/** Looks at the photos of this machine, many of them with all its cores. */
export function openInspector(setup: InspectorSetup, { build, plugins, sampleCount }: InspectorOptions): Inspector {
  const threads = sampleCount < MIN_SAMPLES_FOR_THREADS ? 0 : availableCores();
  return threads < 2 ? localInspector(setup, build) : new ThreadInspector({ ...setup, plugins }, threads);
}

export function localInspector({ pipeline: place, decode }: InspectorSetup, build: Build, blocking = false): Inspector {
  const files = localDataFiles({ blocking });
  const context = { read: files.read.bind(files), decode };
  const pipeline = buildPipeline(new ConfigNode(place), context, build);
  return {
    parallelism: MAX_SAMPLES_IN_FLIGHT,
    inspect: (sample) => inspectSample(sample, { ...context, pipeline }),
    [Symbol.asyncDispose]: async () => {},
  };
}

class ThreadInspector implements Inspector {
  readonly parallelism: number;
  readonly #threads: readonly Remote<Pick<Inspector, "inspect">>[];
  #next = 0;

  constructor(setup: InspectorThreadSetup, threads: number) {
    this.parallelism = threads * MAX_SAMPLES_IN_FLIGHT;
    const entry = new URL("./inspect-entry.ts", import.meta.url);
    this.#threads = Array.from({ length: threads }, (_, index) => remote(`inspect-${index}`, entry, { setup }));
  }

  inspect(sample: InspectedSample): Promise<Inspection> {
    const thread = defined(this.#threads[this.#next], "a thread");
    this.#next = (this.#next + 1) % this.#threads.length;
    return thread.inspect(sample);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread[Symbol.asyncDispose]()));
  }
}
