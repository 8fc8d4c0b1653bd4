import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { wholeNumber } from "../../cli/numbers.ts";
import { fuzz, type Fault } from "./fuzz.ts";

const command = new Command("fuzz")
  .description("Decodes damaged image files until the time is over, in a process of its own.")
  .option("--seconds <number>", "how long", wholeNumber, 120)
  .option("--seed <number>", "which files", wholeNumber, 0)
  .option("--from <number>", "the first file; SEED/NUMBER of a fault makes its file again", wholeNumber, 0)
  .option("--out <folder>", "where the files of faults go", "fuzz-faults")
  .addHelpText("after", "\nEnds with 1 if a file was neither decoded nor refused with a code, in two seconds.");

async function main(): Promise<void> {
  const { seconds, seed, from, out } = command
    .parse()
    .opts<{ seconds: number; seed: number; from: number; out: string }>();
  const writes: Promise<void>[] = [];
  const onFault = (fault: Fault): void => {
    console.log(`${fault.name}: ${fault.what}`);
    writes.push(keep(out, fault));
  };
  const { tried, decoded, refused, slowestMs, faults } = await fuzz({
    seed,
    from,
    durationMs: seconds * 1000,
    onFault,
  });
  await Promise.all(writes);
  for (const [code, count] of refused) console.log(`${code.padEnd(26)} ${count}`);
  console.log(
    `${tried} files, ${decoded} decoded, the slowest took ${Math.round(slowestMs)} ms; ${faults.length} faults`,
  );
  process.exitCode = faults.length > 0 ? 1 : 0;
}

async function keep(folder: string, { name, bytes }: Fault): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name.replace("/", "-")), bytes);
}

await main();
