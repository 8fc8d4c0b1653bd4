import { PetageError } from "#lib/base/errors.ts";
import { shellCommand } from "#lib/base/shell.ts";
import type { Log } from "#lib/base/log.ts";
import { aborted, abortReason } from "#lib/base/signals.ts";
import type { ImageLimits } from "#lib/data/image-limits.ts";
import { PreprocessThreads } from "#lib/host/thread/preprocess.ts";
import { Admission } from "#lib/serve/admission.ts";
import { Estimator } from "#lib/serve/estimator.ts";
import { ModelFollower, type Found, type StoredModel } from "#lib/serve/model-follower.ts";
import { ModelSlot } from "#lib/serve/model-slot.ts";
import type { ModelInfo } from "#lib/serve/model-info.ts";
import type { ServingMetrics } from "#lib/serve/serving-metrics.ts";
import { weightsSha256 } from "#lib/store/checkpoint-folder.ts";
import { modelVersions, type ModelVersion } from "#lib/store/model-store.ts";
import { delay, systemClock } from "#lib/system/clock.ts";
import type { Served } from "./config.ts";
import { openEngine, type ServingEngine } from "./engine.ts";

/** A model that answers, since when. */
export interface ServedModel extends StoredModel {
  readonly estimator: Estimator;
  readonly readyTime: Date;
}

interface ModelsOptions {
  readonly served: Served;
  readonly limits: ImageLimits;
  readonly metrics: ServingMetrics;
  readonly log: Log;
}

/** The model of the service: one checkpoint, or whatever is the newest in its store. */
export class Models implements AsyncDisposable {
  readonly slot = new ModelSlot<ServedModel>();
  readonly #options: ModelsOptions;
  readonly #admission = new Admission();
  readonly #lost = new AbortController();
  #found: Found | undefined;

  constructor(options: ModelsOptions) {
    this.#options = options;
  }

  /** Aborts when the thread of a model was lost: nothing can be answered any more. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Loads the checkpoint, or looks at the store again and again until the signal aborts. `onFound` hears after each look
   * what there is. Throws what is wrong with a checkpoint; what is wrong with a store is logged.
   */
  async load(onFound: (found: Found) => void, signal: AbortSignal): Promise<void> {
    const { served } = this.#options;
    if (served.kind === "checkpoint") {
      await this.slot.replace(await this.#open({ path: served.uri, version: 0 }));
      return onFound((this.#found = "serving"));
    }
    const { log, metrics } = this.#options;
    const source = {
      versions: () => modelVersions(served.folder),
      sha256: ({ path }: ModelVersion) => weightsSha256(path),
      open: (model: ModelVersion) => this.#open(model, served.name),
    };
    const follower = new ModelFollower(source, this.slot, {
      clock: systemClock,
      log,
      onFailure: () => metrics.modelFailed(),
    });
    while (!signal.aborted) {
      onFound((this.#found = await follower.look()));
      await delay(served.pollMs, signal).catch(() => {}); // the loop's condition sees the abort
    }
  }

  async #open({ path, version }: ModelVersion, name?: string): Promise<ServedModel> {
    const { log, metrics, limits } = this.#options;
    const engine = await openEngine(path, { log, ...(name !== undefined && { name }) });
    const decoders = new PreprocessThreads({ config: engine.info.config, limits });
    const close = async (): Promise<void> => {
      await decoders[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
    };
    try {
      const shared = { clock: systemClock, limits, admission: this.#admission, metrics };
      const estimator = await Estimator.warm(engine, { ...shared, decoders });
      return this.#serve(engine, { estimator, version, [Symbol.asyncDispose]: close });
    } catch (error) {
      await close();
      throw error;
    }
  }

  #serve(engine: ServingEngine, model: Omit<ServedModel, "sha256" | "readyTime">): ServedModel {
    const { info, lost } = engine;
    this.#options.metrics.serves(info);
    void aborted(lost).then(() => this.#lost.abort(abortReason(lost)));
    return { ...model, sha256: info.sha256, readyTime: systemClock.date() };
  }

  /** Name and version of the model that answers. */
  get current(): Pick<ModelInfo, "name" | "version"> | undefined {
    return this.slot.current?.estimator.info;
  }

  /** Why there is no model. */
  readonly absence = (): PetageError => {
    const { served } = this.#options;
    if (served.kind === "checkpoint" || this.#found === undefined) {
      return new PetageError("UNAVAILABLE", "The model is still loading", {
        hint: "Try again when health says SERVING",
      });
    }
    if (this.#found === "failed") {
      return new PetageError("UNAVAILABLE", `No version of the model ${served.name} can be loaded`, {
        hint: "The log of the inference service says why; publish another version",
      });
    }
    return new PetageError("UNAVAILABLE", `No model named ${served.name} has been published yet`, {
      hint: `Train one: ${shellCommand(["petage", "job", "submit", "resnet18_petage_quickstart", "--publish", served.name])}`,
    });
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.slot[Symbol.asyncDispose]();
  }
}
