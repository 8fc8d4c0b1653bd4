import { Command } from "commander";
import { browseCommand } from "./browse.ts";
import { checkCommand } from "./check.ts";
import { importCommand } from "./import.ts";
import { splitCommand } from "./split.ts";
import { synthCommand } from "./synth.ts";

export function datasetCommand(): Command {
  const command = new Command("dataset").description("Make and look at datasets.");
  for (const one of [synthCommand(), importCommand(), checkCommand(), browseCommand(), splitCommand()]) {
    command.addCommand(one);
  }
  return command;
}
