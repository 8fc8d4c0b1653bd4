import { resolve } from "node:path";
import { Command } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { runCases } from "./run.ts";

const command = new Command("cases")
  .description("Tries inputs that once failed, and sees that what becomes of them now is right.")
  .argument("<folder>", "a folder with a folder for each case")
  .addHelpText(
    "after",
    `
Prints one line a case, then the counts. A case that is not handled yet is skipped, with what petage still does.
Exits with 1 if any failed. Those on Kubernetes start a cluster of level 2 (docs/cluster.md).

Examples:
  npm run cases -- path/to/cases
  npm run --silent cases -- path/to/cases | grep failed`,
  )
  .action(async (folder: string) => {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for await (const { name, status, why } of runCases(resolve(folder))) {
      counts[status] += 1;
      console.log(`${status.padEnd(7)} ${name}${why === undefined ? "" : `: ${why}`}`);
    }
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    process.exitCode = counts.failed > 0 ? 1 : 0;
  });

process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "3";
try {
  await command.parseAsync();
} catch (error) {
  console.error(PetageError.from(error).describe());
  process.exitCode = 2;
}
