import { lutimesSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Sets every time below a folder, and its own, to 1970: a layer is then the same whenever it is made. */
export function resetTimestamps(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) resetTimestamps(path);
    else lutimesSync(path, 0, 0);
  }
  lutimesSync(folder, 0, 0);
}
