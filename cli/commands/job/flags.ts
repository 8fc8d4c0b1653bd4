import { Argument, Command, Option } from "commander";
import { kubeconfigPath } from "#lib/host/files/kubeconfig-path.ts";
import { Credentials } from "#lib/k8s/credentials.ts";
import { shellCommand } from "#lib/base/shell.ts";
import { accessWords, dialAs, withAccess, wordsOf } from "../../access.ts";
import type { AccessFlags } from "../../access.ts";
import type { JobApi } from "../../jobs/job-api.ts";

/** Which jobs a command is about. */
export interface PlaceFlags extends AccessFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly controller?: string;
}

/** A command about jobs: with the flags that choose them, and examples under the name by which it was called. */
export function placedCommand(name: string, examples: readonly string[]): Command {
  return withExamples(withPlace(new Command(name)), examples);
}

/** The flags that choose a cluster, or a controller on one machine. */
export function withPlace(command: Command): Command {
  const placed = command
    .option("-n, --namespace <name>", "namespace of the job (default: that of the context)")
    .option("--context <name>", "context of the kubeconfig (default: its current one)")
    .option("--kubeconfig <file>", "the cluster and the user (default: $KUBECONFIG, ~/.kube/config, or the pod's own)")
    .option("--controller <host:port>", "a controller without Kubernetes (petage up) instead of a cluster");
  return withAccess(placed);
}

/** What leads another command to the same place: ` --namespace pets`. */
export function placeOf({ namespace, context, kubeconfig, controller, ...access }: PlaceFlags): string {
  const place = wordsOf({ namespace, context, kubeconfig, controller });
  const words = controller === undefined ? place : [...place, ...accessWords(access)];
  return words.length > 0 ? ` ${shellCommand(words)}` : "";
}

/** The job that a command is about: its name, or as `-o name` prints it, `trainingjob.petage.dev/quickstart`. */
export function jobArgument(): Argument {
  const plain = (name: string): string => name.replace(/^(trainingjobs?(\.petage\.dev)?|tj)\//, "");
  return new Argument("<name>", "the job").argParser(plain);
}

function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText("after", () => {
    const lines = examples.map((args) => `  ${pathOf(command)} ${args}`.trimEnd());
    return `\n${lines.length === 1 ? "Example" : "Examples"}:\n${lines.join("\n")}`;
  });
}

/** `petage job list`, or `kubectl petage list`. */
export function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

export async function openJobs(flags: PlaceFlags): Promise<JobApi> {
  if (flags.controller !== undefined) {
    const { GrpcJobs } = await import("../../jobs/grpc-jobs.ts");
    return new GrpcJobs(flags.controller, await dialAs(flags, flags.controller, "ControllerService"));
  }
  const { KubeJobs } = await import("../../jobs/kube-jobs.ts");
  return new KubeJobs(openCredentials(flags), flags.namespace);
}

export function openCredentials({ kubeconfig = kubeconfigPath(), context }: PlaceFlags): Credentials {
  return Credentials.load(kubeconfig, context);
}

/** How objects are printed. */
export type OutputFormat = "yaml" | "json" | "name";

export function outputOption(...more: readonly string[]): Option {
  return new Option("-o, --output <format>", "print objects instead").choices(["yaml", "json", "name", ...more]);
}
