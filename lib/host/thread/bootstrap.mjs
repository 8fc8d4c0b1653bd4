// Node 20 does not run TypeScript in a Worker, not even under tsx, unless the thread itself registers tsx first.
import { workerData } from "node:worker_threads";

if (!process.features.typescript) {
  const { register } = await import("tsx/esm/api");
  register();
}
await import(workerData.entry);
