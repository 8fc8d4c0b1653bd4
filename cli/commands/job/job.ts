import { Command } from "commander";
import { cancelCommand } from "./cancel.ts";
import { withPlace } from "./flags.ts";
import { getCommand } from "./get.ts";
import { listCommand } from "./list.ts";
import { logsCommand } from "./logs.ts";
import { renderCommand } from "./render.ts";
import { submitCommand } from "./submit.ts";
import { resumeCommand, suspendCommand } from "./suspend.ts";
import { watchCommand } from "./watch.ts";

/** @param name `job`; `kubectl petage` for the plugin of kubectl, which is the same. */
export function jobCommand(name = "job"): Command {
  const command = withPlace(new Command(name))
    .description("Training jobs on Kubernetes, or of a controller on one machine.")
    // Many put them first: kubectl petage -n pets list
    .enablePositionalOptions()
    .hook("preAction", (_, called) => {
      for (const [flag, value] of Object.entries(command.opts())) {
        if (called.getOptionValue(flag) === undefined) called.setOptionValue(flag, value);
      }
    });
  for (const child of [
    submitCommand(),
    listCommand(),
    getCommand(),
    watchCommand(),
    logsCommand(),
    cancelCommand(),
    suspendCommand(),
    resumeCommand(),
    renderCommand(),
  ]) {
    command.addCommand(child);
  }
  return command;
}
