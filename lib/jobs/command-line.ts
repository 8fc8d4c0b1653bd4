import { shellCommand } from "#lib/base/shell.ts";

/** What a person asks `petage train` for. */
export interface TrainRequest {
  /** A file, or the name of a config that comes with petage. */
  readonly config: string;
  readonly workers: number;
  readonly workDir?: string | undefined;
  readonly loadFrom?: string | undefined;
  readonly cfgOptions: readonly string[];
  /** A checkpoint; true: the newest of the work dir. */
  readonly resume: string | true;
}

/** Flags of `petage train` that stand for overrides of the config, in the order in which they are applied. */
export const OPTIONS_OF_FLAGS = {
  "--no-validate": ["val_dataloader=None", "val_cfg=None", "val_evaluator=None"],
  "--auto-scale-lr": ["auto_scale_lr.enable=True"],
} as const;

/** What stands before it in messages. */
export const CONTINUE = "Continue with: ";

/** The command that continues a training, for a shell. */
export function continueCommand({ config, workers, workDir, loadFrom, cfgOptions, resume }: TrainRequest): string {
  const { flags, options } = flagsOf(cfgOptions);
  const given = (flag: string, value: string | undefined): string[] => (value ? [flag, value] : []);
  return shellCommand([
    "petage",
    "train",
    config.startsWith("-") ? `./${config}` : config,
    "--nproc",
    String(workers),
    resume === true ? "--resume" : `--resume=${resume}`,
    ...given("--work-dir", workDir),
    ...given("--load-from", loadFrom),
    ...flags,
    ...(options.length > 0 ? ["--cfg-options", ...options] : []),
  ]);
}

/** Overrides, with those of flags as their flags again. */
function flagsOf(cfgOptions: readonly string[]): { readonly flags: string[]; readonly options: readonly string[] } {
  const flags: string[] = [];
  let options = cfgOptions;
  for (const [flag, own] of Object.entries(OPTIONS_OF_FLAGS).toReversed()) {
    const start = options.length - own.length;
    if (start < 0 || !own.every((option, index) => options[start + index] === option)) continue;
    flags.unshift(flag);
    options = options.slice(0, start);
  }
  return { flags, options };
}
