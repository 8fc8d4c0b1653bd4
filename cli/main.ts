import { Command, CommanderError } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { quietTensorflow } from "#lib/host/quiet-tensorflow.ts";
import { VERSION } from "#lib/host/version.ts";
import { configCommand } from "./commands/config.ts";
import { datasetCommand } from "./commands/dataset.ts";
import { predictCommand } from "./commands/predict.ts";
import { quickstartCommand } from "./commands/quickstart.ts";
import { testCommand } from "./commands/test.ts";
import { trainCommand } from "./commands/train.ts";
import { upCommand } from "./commands/up.ts";

/** Exit code of a command line that cannot be understood, as of most Unix tools. */
const USAGE_ERROR = 2;

quietTensorflow();

const program = new Command("petage")
  .description("Train and serve image models that tell a pet's age in months.")
  .version(VERSION)
  .showHelpAfterError("(see petage --help)")
  .exitOverride();

for (const command of [
  quickstartCommand(),
  datasetCommand(),
  trainCommand(),
  testCommand(),
  predictCommand(),
  configCommand(),
  upCommand(),
]) {
  program.addCommand(command.exitOverride());
}

try {
  await program.parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    process.exitCode = thrown.exitCode === 0 ? 0 : USAGE_ERROR;
  } else {
    const error = PetageError.from(thrown);
    process.stderr.write(`petage: ${error.describe()}\n`);
    if (error.code === "INTERNAL" && error.cause instanceof Error) process.stderr.write(`${error.cause.stack}\n`);
    process.exitCode = 1;
  }
}
// Threads and connections have been disposed of by now; TensorFlow's own threads would keep the process.
process.exit();
