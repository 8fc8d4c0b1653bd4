import { Command } from "commander";
import { VERSION } from "#lib/host/version.ts";

/** Each is loaded when it is called: one command must not wait for what another needs. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  quickstart: async () => (await import("./commands/quickstart.ts")).quickstartCommand(),
  dataset: async () => (await import("./commands/dataset/dataset.ts")).datasetCommand(),
  train: async () => (await import("./commands/train.ts")).trainCommand(),
  test: async () => (await import("./commands/test.ts")).testCommand(),
  predict: async () => (await import("./commands/predict.ts")).predictCommand(),
  config: async () => (await import("./commands/config.ts")).configCommand(),
  engine: async () => (await import("./commands/engine.ts")).engineCommand(),
  up: async () => (await import("./commands/up.ts")).upCommand(),
  job: async () => (await import("./commands/job/job.ts")).jobCommand(),
  "remove-run": async () => (await import("./commands/remove-run.ts")).removeRunCommand(),
};

/** Called by petage itself: its help names them not. */
const HIDDEN: ReadonlySet<string> = new Set(["remove-run"]);

/** Need no command at all. */
const VERSION_FLAGS: ReadonlySet<string> = new Set(["-V", "--version"]);

/**
 * The command line: with the command that is called alone where it is known, else with all of them. Parsing throws a
 * `CommanderError` where commander would end the process.
 */
export async function createProgram(called = ""): Promise<Command> {
  const program = new Command("petage")
    .description("Train and serve image models that tell a pet's age in months.")
    .version(VERSION)
    .addHelpText("after", "\nExamples:\n  petage quickstart\n  petage train --help")
    .showHelpAfterError("(see petage --help)");
  const known = VERSION_FLAGS.has(called) ? [] : Object.entries(COMMANDS);
  const wanted = known.filter(([name]) => name === called);
  for (const [name, load] of wanted.length > 0 ? wanted : known) {
    program.addCommand(await load(), { hidden: HIDDEN.has(name) });
  }
  return throwing(program);
}

/** What `kubectl petage` runs: the commands of `petage job`. */
export async function createPlugin(): Promise<Command> {
  const { jobCommand } = await import("./commands/job/job.ts");
  return throwing(jobCommand("kubectl petage").version(VERSION).showHelpAfterError("(see kubectl petage --help)"));
}

function throwing(program: Command): Command {
  for (const command of [program, ...subcommands(program)]) command.exitOverride();
  return program;
}

/** All commands below one, at any depth. */
export function subcommands(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...subcommands(child)]);
}
