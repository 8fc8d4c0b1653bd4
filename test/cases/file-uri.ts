import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Check } from "./case.ts";

/** A file:// URI names the folder that its percent signs stand for. */
export const fileUri: Check = async ({ root }) => {
  const data = await root.draw();
  await root.succeeds("train tiny.py --no-validate", "--work-dir", "my runs");
  const runs = await readdir(root.path("my runs"), { recursive: true });
  const checkpoint = runs.find((name) => name.endsWith("epoch_1")) ?? "";
  const [photo = ""] = await readdir(join(data, "test"));
  const { href } = pathToFileURL(root.path("my runs", checkpoint));
  await root.succeeds(`predict --checkpoint ${href}`, join(data, "test", photo));
};
