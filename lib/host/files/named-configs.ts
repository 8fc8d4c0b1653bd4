import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { didYouMean } from "#lib/config/nearest.ts";
import { CONFIGS_FOLDER } from "#lib/host/paths.ts";

/** The configs that come with petage, by name: `resnet18_petage_quickstart`. Bases are not among them. */
export function namedConfigs(): ReadonlyMap<string, string> {
  const files = readdirSync(CONFIGS_FOLDER, { recursive: true, encoding: "utf8" });
  const configs = files.filter(
    (file) => file.endsWith(".py") && !file.split(/[\\/]/).some((part) => part.startsWith("_")),
  );
  return new Map(configs.toSorted().map((file) => [basename(file, ".py"), join(CONFIGS_FOLDER, file)]));
}

/** The file of a config that comes with petage. @throws CONFIG_NOT_FOUND naming the nearest ones */
export function findNamedConfig(name: string): string {
  const known = namedConfigs();
  const path = known.get(name.replace(/\.py$/, ""));
  if (path !== undefined) return path;
  const hint = didYouMean(name, known.keys());
  throw new PetageError("CONFIG_NOT_FOUND", `No config named ${name} comes with petage`, hint ? { hint } : {});
}
