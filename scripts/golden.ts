import { Command } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import { quietTensorflow } from "#lib/host/quiet-tensorflow.ts";
import { runGolden } from "./golden/run.ts";
import type { FileResult } from "./golden/run.ts";

const command = new Command("golden")
  .description("Checks petage against numbers that the original programs produced.")
  .option("--dir <folder>", "folder that holds mmpretrain/*.json and config-edge/<case>/", "test/golden")
  .addHelpText(
    "after",
    `
What is computed is computed twice: op by op, and compiled into a graph. Prints every case that fails or is skipped, then
the counts. Exits with 1 if any case failed.

Examples:
  npm run golden
  npm run golden -- --dir path/to/golden`,
  );

function describe({ file, name, expected, got, why }: FileResult): string {
  const reason = why ?? `expected ${expected ?? "something else"}, got ${got ?? "nothing"}`;
  return `${file}: ${name}: ${reason}`;
}

async function main(directory: string): Promise<void> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const result of runGolden(directory)) {
    counts[result.status] += 1;
    if (result.status !== "passed") console.log(`${result.status.padEnd(7)} ${describe(result)}`);
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  process.exitCode = counts.failed > 0 ? 1 : 0;
}

try {
  quietTensorflow();
  await main(command.parse().opts<{ dir: string }>().dir);
} catch (error) {
  console.error(PetageError.from(error).describe());
  process.exitCode = 2;
}
