/** As shells report a process that SIGPIPE ended. */
const EXIT_BROKEN_PIPE = 141;

/** Ends the process without a word when nobody reads it any more, as in `petage job logs quickstart -f | head`. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(EXIT_BROKEN_PIPE);
      throw error;
    });
  }
}

/** Waits until all that was written has gone out: of what waits for a slow reader, process.exit() would drop the rest. */
export async function allWritten(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write("", () => resolve()));
  }
}
