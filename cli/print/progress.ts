import cliProgress from "cli-progress";

/** How far long work has come. */
export type OnProgress = (progress: { readonly done: number; readonly count: number }) => void;

/** Does work that says how far it is, under a bar. @param before what is done, and of what: "Checking train", "images" */
export async function withProgress<Result>(
  [before, unit]: readonly [before: string, unit: string],
  work: (onProgress: OnProgress) => Promise<Result>,
): Promise<Result> {
  const bar = new cliProgress.SingleBar({
    format: `${before} {bar} {value}/{total} ${unit}`,
    hideCursor: null,
    clearOnComplete: true,
  });
  bar.start(0, 0);
  try {
    return await work(({ done, count }) => {
      bar.setTotal(count);
      bar.update(done);
    });
  } finally {
    bar.stop();
  }
}
