/** A model in use, and how many use it. */
class Tenant<Model extends AsyncDisposable> {
  readonly model: Model;
  #users = 0;
  #onIdle = (): void => {};

  constructor(model: Model) {
    this.model = model;
  }

  async use<Result>(work: (model: Model) => Promise<Result>): Promise<Result> {
    this.#users++;
    try {
      return await work(this.model);
    } finally {
      if (--this.#users === 0) this.#onIdle();
    }
  }

  /** Disposes the model once nobody uses it. */
  async leave(): Promise<void> {
    if (this.#users > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await this.model[Symbol.asyncDispose]();
  }
}

/** The model that answers. Another may take its place at any time; work that has begun is finished by the one before. */
export class ModelSlot<Model extends AsyncDisposable> implements AsyncDisposable {
  #tenant: Tenant<Model> | undefined;

  get current(): Model | undefined {
    return this.#tenant?.model;
  }

  /** Works with the model of this moment, which stays until the work is done. Throws `absent()` when there is none. */
  async use<Result>(work: (model: Model) => Promise<Result>, absent: () => Error): Promise<Result> {
    if (!this.#tenant) throw absent();
    return await this.#tenant.use(work);
  }

  /** New work goes to `next` at once; resolves when the model before has finished its own and is disposed. */
  async replace(next: Model | undefined): Promise<void> {
    const previous = this.#tenant;
    this.#tenant = next && new Tenant(next);
    await previous?.leave();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.replace(undefined);
  }
}
