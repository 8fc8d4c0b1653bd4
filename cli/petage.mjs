#!/usr/bin/env node
// The `petage` command: starts the TypeScript sources as they are.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
if (!existsSync(`${root}node_modules/tsx`)) {
  console.error(`petage is not set up yet. Run: cd ${root} && npm run setup`);
  process.exit(1);
}
const { register } = await import("tsx/esm/api");
register();
await import("./main.ts");
