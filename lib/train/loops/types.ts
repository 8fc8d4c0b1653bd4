/** How long to train, and when to validate; `lib/train/loop.ts` runs it. */
export interface TrainLoop {
  readonly maxEpochs: number;
  /** The first epoch after which to validate, and after how many more each time. */
  readonly validation: { readonly begin: number; readonly interval: number };
}
