/** Pixels of one image: uint8, height x width x channels, channel order BGR as in mmpretrain (until the preprocessor). */
export interface Image {
  readonly data: Uint8Array; // [views * H, W, C]
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Views of one photo, of equal size, one after the other in `data`; 1 unless given. */
  readonly views?: number;
}

export interface DecodedImage extends Image {
  /** The file lacks its end, and the photo a part, or as much of its detail. */
  readonly cutShort?: true;
}

/** One entry of a dataset: where the image lies and its label (age in months), `null` where there is none. */
export interface SampleInfo {
  /** The path as written in the annotation, or relative to the data prefix: the name used in results. */
  readonly id: string;
  /** Absolute path of the image file. */
  readonly path: string;
  readonly label: number | null;
  /** Which of the config's pipelines makes its image, where there are several (`pipelineNodes`); 0 unless given. */
  readonly pipeline?: number;
}

export interface Dataset {
  readonly classes: readonly string[];
  readonly samples: readonly SampleInfo[];
}

/** What a pipeline passes along. `image` appears with LoadImageFromFile. */
export interface Sample {
  readonly info: SampleInfo;
  readonly index: number;
  /** The encoded file, for pipelines that get bytes rather than a path (serving). */
  readonly bytes?: Uint8Array;
  readonly image?: Image;
  /** Memory for an image of so many bytes, if there is any; it is the sample's alone. */
  readonly memoryFor?: (byteLength: number) => Uint8Array | undefined;
  /** The file lacks its end; what was there has been read. */
  readonly cutShort?: true;
}

/** Which batches of which epoch: those that rank `rank` of `worldSize` sees, from `startStep` up to `endStep`. */
export interface StepRange {
  readonly epoch: number;
  readonly rank: number;
  readonly worldSize: number;
  readonly startStep: number;
  /** The step before which to stop; that after the last one of the epoch unless given. */
  readonly endStep?: number;
}

/** A batch of equally sized images. */
export interface Batch {
  /** Index within the epoch, from 0. */
  readonly step: number;
  readonly images: Uint8Array; // [N * views, H, W, 3], BGR
  readonly height: number;
  readonly width: number;
  /** Images of each sample, which lie together; 1 unless given. */
  readonly views?: number;
  /** Months; -1 where the sample has no label. */
  readonly labels: Int32Array; // [N]
  readonly sampleIds: readonly string[];
  /** Position of each sample in the dataset: the evaluator drops the sampler's padding by it. */
  readonly sampleIndices: Int32Array; // [N]
  /** Ids of samples that could not be read and were replaced (training) or left out (evaluation). */
  readonly skippedIds: readonly string[];
}

/** A batch on loan: when it is disposed of, its images are no longer read, and their memory is another batch's. */
export interface LentBatch extends Batch, Disposable {}

/** The in-process loader and the client of the data-loader service are the two implementations; both give the same bytes. */
export interface BatchSource {
  /** How many batches one rank sees in an epoch, and over how many samples the dataset goes. */
  describe(worldSize: number, signal: AbortSignal): Promise<SourceDescription>;
  batches(range: StepRange, signal: AbortSignal): AsyncIterable<LentBatch>;
}

export interface SourceDescription {
  readonly stepsPerEpoch: number;
  readonly sampleCount: number;
  readonly batchSize: number;
  readonly classes: readonly string[];
}
