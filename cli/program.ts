import { Command } from "commander";
import { VERSION } from "#lib/host/version.ts";
import { configCommand } from "./commands/config.ts";
import { datasetCommand } from "./commands/dataset.ts";
import { predictCommand } from "./commands/predict.ts";
import { quickstartCommand } from "./commands/quickstart.ts";
import { testCommand } from "./commands/test.ts";
import { trainCommand } from "./commands/train.ts";
import { upCommand } from "./commands/up.ts";

/** The whole command line. Parsing throws a `CommanderError` where commander would end the process. */
export function createProgram(): Command {
  const program = new Command("petage")
    .description("Train and serve image models that tell a pet's age in months.")
    .version(VERSION)
    .addHelpText("after", "\nExamples:\n  petage quickstart\n  petage train --help")
    .showHelpAfterError("(see petage --help)");
  for (const command of [
    quickstartCommand(),
    datasetCommand(),
    trainCommand(),
    testCommand(),
    predictCommand(),
    configCommand(),
    upCommand(),
  ]) {
    program.addCommand(command);
  }
  for (const command of [program, ...subcommands(program)]) command.exitOverride();
  return program;
}

/** All commands below one, at any depth. */
export function subcommands(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...subcommands(child)]);
}
