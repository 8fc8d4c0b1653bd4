import { parse } from "node:path";
import { Command } from "commander";
import { dumpJson, dumpPython } from "#lib/config/print/dump.ts";
import { loadConfig } from "#lib/config/language/load.ts";
import type { LoadedConfig } from "#lib/config/language/load.ts";
import type { NamedConfig } from "#lib/config/print/serialize.ts";
import { configEnvironment, nodeConfigFiles } from "#lib/host/files/config-files.ts";
import { findNamedConfig, namedConfigs } from "#lib/host/files/named-configs.ts";

export function configCommand(): Command {
  const command = new Command("config").description("Look at configs.");
  command
    .command("print")
    .description("Print a config with its bases merged, as mmpretrain's print_config.")
    .argument("<config>", "a file, or the name of a config that comes with petage")
    .option("--cfg-options <key=value...>", "overrides")
    .option("--json", "as JSON instead of Python")
    .addHelpText("after", "\nExample:\n  petage config print configs/resnet/resnet101_8xb32_petage.py")
    .action((config: string, flags: { readonly cfgOptions?: string[]; readonly json?: true }) => {
      const loaded = loadUserConfig(config, flags.cfgOptions ?? []);
      process.stdout.write(flags.json ? dumpJson(loaded.value) : dumpPython(loaded.python));
    });
  command
    .command("list")
    .description("List the configs that come with petage.")
    .addHelpText("after", "\nExample:\n  petage config list")
    .action(() => void process.stdout.write(`${[...namedConfigs().keys()].join("\n")}\n`));
  return command;
}

/** A config as a user names it: a file, or the name of one that comes with petage. */
export function configFile(name: string): string {
  return namesFile(name) ? name : findNamedConfig(name);
}

/** Whether it looks like a file, and not like the name of a config that comes with petage. */
export function namesFile(name: string): boolean {
  return /[/\\]|\.(py|yaml|yml|json)$/.test(name);
}

/** The same, with the name of its file and nothing that cannot cross to a thread. */
export function namedUserConfig(name: string, options: readonly string[] = []): NamedConfig {
  const { value, positions } = loadUserConfig(name, options);
  return { name: parse(configFile(name)).name, config: { value, positions } };
}

/** Loads it with the environment of this process, as mmengine does. */
export function loadUserConfig(name: string, options: readonly string[]): LoadedConfig {
  return loadConfig(configFile(name), { files: nodeConfigFiles, env: configEnvironment(), options });
}
