/** `npm run image -- build|local|check-gpu`: the container image of the services. */
import { Command, Option } from "commander";
import { PetageError } from "#lib/base/errors.ts";
import type { Target } from "./image/build.ts";
import { checkGpu } from "./image/check-gpu.ts";
import { buildForPeople, defaultName } from "./image/engine.ts";
import { imageSupport } from "./image/store.ts";
import { testImages } from "./image/test-images.ts";
import { consoleReport } from "./setup/report.ts";

const command = new Command("image").description("Builds the container image of the services.").addHelpText(
  "after",
  `
Examples:
  npm run image -- build
  npm run image -- build --target gpu --tag registry.example/petage:1.0-gpu`,
);

command
  .command("build")
  .description("build with docker, podman or buildah, whichever is here")
  .addOption(new Option("--target <target>", "cpu or gpu").choices(["cpu", "gpu"]).default("cpu"))
  .option("--tag <name>", "name and tag (default: petage with its version, -gpu for GPUs)")
  .option("--build-arg <assignment...>", "overrides of the Dockerfile's arguments, such as NODE_IMAGE=NAME")
  .action(build);
command
  .command("local")
  .description("make the images of the tests, without a registry, and print the paths of their archives")
  .action(local);
command
  .command("check-gpu")
  .description("check the gpu target as far as that goes without a GPU (fetches 570 MB)")
  .action(() => requireSupport().then(() => checkGpu(consoleReport())));

interface BuildFlags {
  readonly target: Target;
  readonly tag?: string;
  readonly buildArg?: readonly string[];
}

async function build({ target, tag, buildArg = [] }: BuildFlags): Promise<void> {
  const assignments = buildArg.map((each) => {
    const [, key = "", value = ""] = /^(\w+)=(.*)$/.exec(each) ?? command.error(`error: "${each}" is not NAME=VALUE`);
    return [key, value] as const;
  });
  await buildForPeople({ target, name: tag ?? defaultName(target), arguments: Object.fromEntries(assignments) });
}

async function local(): Promise<void> {
  await requireSupport();
  for (const path of Object.values(await testImages(consoleReport()))) console.log(path);
}

async function requireSupport(): Promise<void> {
  const support = imageSupport();
  if (!support.available) throw new PetageError("FAILED_PRECONDITION", `Images cannot be made here: ${support.why}`);
}

try {
  await command.parseAsync();
} catch (error) {
  console.error(PetageError.from(error).describe());
  process.exitCode = 1;
}
