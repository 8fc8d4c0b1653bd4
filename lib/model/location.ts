/** What weights may be named by: there is no client of a store of objects here. */
export const LOCATION_HINT =
  "Weights are read from a path or a file:// URI: download them first, or mount what holds them";

/** Whether a name of weights leads somewhere else than into the file system: `s3://bucket/x`, `https://host/x.pth`. */
export function isElsewhere(uri: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(uri) && !/^file:/i.test(uri);
}
