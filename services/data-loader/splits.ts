import { PetageError } from "#lib/base/errors.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";
import { configNode } from "#lib/config/component/node.ts";
import type { Loader } from "#lib/data/loader.ts";
import { seedOf } from "#lib/data/seed.ts";

export type SplitName = "train" | "val" | "test";

/** The loaders of a config's splits, opened when first asked for. */
export interface Splits extends AsyncDisposable {
  /** NOT_FOUND when the config has no such dataloader; DATASET_* when its dataset cannot be read. */
  open(split: SplitName): Promise<Loader>;
}

type Open = (node: ConfigNode, purpose: "train" | "evaluate", seed: number) => Promise<Loader>;

export function openSplits(config: ResolvedConfig, open: Open): Splits {
  const opened = new Map<SplitName, Promise<Loader>>();
  const load = (split: SplitName): Promise<Loader> => {
    const key = `${split}_dataloader`;
    const node = configNode(config).find(key);
    if (!node) throw new PetageError("NOT_FOUND", `The config has no ${key}`);
    return open(node, split === "train" ? "train" : "evaluate", seedOf(config));
  };
  return {
    async open(split) {
      const loader = opened.get(split) ?? load(split);
      opened.set(split, loader);
      loader.catch(() => opened.delete(split));
      return await loader;
    },
    async [Symbol.asyncDispose]() {
      const loaders = await Promise.allSettled(opened.values());
      const ready = loaders.filter((loader) => loader.status === "fulfilled");
      await Promise.all(ready.map(({ value }) => value[Symbol.asyncDispose]()));
    },
  };
}
