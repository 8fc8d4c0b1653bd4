import { writeFileSync } from "node:fs";
import { EMPTY_REPORT, formatTermination } from "#lib/jobs/termination.ts";
import type { TerminationReport } from "#lib/jobs/termination.ts";

/** What a process has done, however it ends. */
export type WorkDone = Omit<TerminationReport, "error">;

/** The file that a process leaves behind for whoever started it; kubelet makes it part of the pod's status. */
export class LastWords {
  /** Why the process ends: one line, empty when nothing went wrong. */
  error = "";
  /** Asked when the process ends. */
  workDone: () => WorkDone = () => EMPTY_REPORT;

  /** @param path where to write; nothing is written without one. */
  constructor(path: string | undefined) {
    if (path) process.once("exit", () => this.#write(path));
  }

  #write(path: string): void {
    try {
      writeFileSync(path, formatTermination({ ...this.workDone(), error: this.error }));
    } catch (error) {
      process.stderr.write(`Cannot write ${path}: ${String(error)}\n`);
    }
  }
}
