import { Command } from "commander";
import { removeRun } from "#lib/store/remove-run.ts";

/** Where jobs of a cluster write, as seen from the image's folder. */
const ROOT = "work_dirs";

interface RemoveRunFlags {
  readonly uid: string;
}

/** What the pod runs that removes the checkpoints of a deleted job. */
export function removeRunCommand(): Command {
  return new Command("remove-run")
    .description("Remove the folder of a job's run, with its checkpoints, once the job has been deleted.")
    .argument("<folder>", `the run, below ${ROOT}/`)
    .requiredOption("--uid <uid>", "of the job, which the folder's name must end with")
    .addHelpText("after", "\nExample:\n  petage remove-run work_dirs/tiny/20261123_061500_0a1b2 --uid 0a1b2c3d")
    .action(async (folder: string, { uid }: RemoveRunFlags) => {
      const wasThere = await removeRun({ root: ROOT, folder, uid });
      process.stdout.write(`${folder}: ${wasThere ? "removed" : "was not there"}\n`);
    });
}
