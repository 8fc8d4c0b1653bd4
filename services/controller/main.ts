import { run } from "#lib/host/run.ts";
import { Environment } from "./config.ts";
import { runInCluster } from "./kubernetes/run.ts";
import { runOnMachine } from "./local/run.ts";

await run("controller", Environment, async (env, host) => {
  if (env.PETAGE_LAUNCHER === "kubernetes") await runInCluster(env, host);
  else await runOnMachine(env, host);
});
