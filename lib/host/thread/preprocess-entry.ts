import { loadBuild } from "#lib/host/plugins.ts";
import { createPreprocess } from "#lib/serve/preprocess.ts";
import type { PreprocessThread, PreprocessThreadSetup } from "./preprocess.ts";
import { expose } from "./remote.ts";

expose(async ({ config, limits, plugins }: PreprocessThreadSetup): Promise<PreprocessThread> => {
  const preprocess = createPreprocess(config, limits, await loadBuild(plugins));
  const never = new AbortController().signal; // the thread is given up as a whole
  return { preprocess: (photo) => preprocess(photo, never), ready() {} };
});
