import { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
import { buildWith } from "#lib/config/component/build.ts";
import type { Plugin } from "#lib/config/component/build.ts";
import type { Build } from "#lib/config/component/component.ts";

/**
 * Modules that plugins are loaded from, as file: URLs; each exports `plugins`, a list of tables. They are data, so that
 * they can be sent to a thread, which loads them for itself: a builder cannot be sent.
 */
export type PluginModules = readonly string[];

const pluginModule = z.object({
  plugins: z.array(
    z.custom<Plugin>(
      (table) => z.object({ kind: z.string(), components: z.record(z.string(), z.unknown()) }).safeParse(table).success,
    ),
  ),
});

/** The builder with the components of plugins. @throws CONFIG_INVALID_VALUE naming a module that is none of a plugin */
export async function loadBuild(modules: PluginModules = []): Promise<Build> {
  const loaded = await Promise.all(modules.map(loadPlugins));
  return buildWith(loaded.flat());
}

async function loadPlugins(module: string): Promise<readonly Plugin[]> {
  const hint = "Name a file: URL of a module that exports `plugins`, a list of tables: { kind, components }";
  const exported: unknown = await import(module).catch((cause: unknown) => {
    throw new PetageError("CONFIG_INVALID_VALUE", `Cannot load the plugin ${module}`, { hint, cause });
  });
  const { success, data } = pluginModule.safeParse(exported);
  if (success) return data.plugins;
  throw new PetageError("CONFIG_INVALID_VALUE", `${module} exports no plugins`, { hint });
}
