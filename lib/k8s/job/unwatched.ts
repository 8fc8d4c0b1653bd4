/** Reason of the event that tells a job so. */
export const NOT_WATCHED = "NamespaceNotWatched";

const MAX_LISTED_NAMESPACES = 8;

/** Why nobody here runs the jobs of a namespace, and what to do about it. */
export interface Unwatched {
  readonly message: string;
  readonly hint: string;
}

/** @param watched the namespaces whose jobs a controller runs instead */
export function unwatched(namespace: string, watched: readonly string[]): Unwatched {
  const listed = watched.slice(0, MAX_LISTED_NAMESPACES);
  const more = watched.length - listed.length;
  return {
    message: `Namespace ${namespace} is not watched (watched: ${listed.join(", ")}${more > 0 ? ` and ${more} more` : ""})`,
    hint: "Add it to the chart's controller.watchNamespaces, or set controller.watchAllNamespaces",
  };
}
