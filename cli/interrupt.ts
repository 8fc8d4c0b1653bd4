import { sharedSignal } from "#lib/system/shared-signal.ts";

/** Aborts at the first Ctrl-C or SIGTERM; the second ends the process at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
      process.stderr.write("\nEnding; press Ctrl-C again to end at once\n");
      controller.abort();
    });
  }
  return sharedSignal(controller.signal);
}

/** As shells report a process that SIGINT ended. */
export const EXIT_INTERRUPTED = 130;
