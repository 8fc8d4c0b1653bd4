/**
 * How Node is started for what exchanges batches. They are young objects of megabytes: in the one megabyte that V8 begins
 * with they are taken for old ones, and each is swept up by a collection of the whole heap, which took five times as long
 * as receiving it.
 */
export const NODE_FLAGS: readonly string[] = ["--min-semi-space-size=16"];
