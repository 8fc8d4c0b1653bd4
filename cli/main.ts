import { basename } from "node:path";
import { CommanderError } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { quietTensorflow } from "#lib/host/quiet-tensorflow.ts";
import { createPlugin, createProgram } from "./program.ts";
import { UsageError } from "./usage-error.ts";
import { allWritten, endWithReader } from "./standard-streams.ts";

/** Exit code of a command line that cannot be understood, as of most Unix tools. */
const USAGE_ERROR = 2;

quietTensorflow();
endWithReader();
try {
  const [, started = "", called] = process.argv;
  const isPlugin = basename(started).startsWith("kubectl-petage");
  await (isPlugin ? await createPlugin() : await createProgram(called)).parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    process.exitCode = thrown.exitCode === 0 ? 0 : USAGE_ERROR;
  } else {
    const error = PetageError.from(thrown);
    process.stderr.write(`petage: ${error.describe()}\n`);
    if (error.code === "INTERNAL" && error.cause instanceof Error) process.stderr.write(`${error.cause.stack}\n`);
    process.exitCode = error instanceof UsageError ? USAGE_ERROR : 1;
  }
}
// Threads and connections have been disposed of by now; TensorFlow's own threads would keep the process.
await allWritten();
process.exit();
