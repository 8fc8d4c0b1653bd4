import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import type { RankOptions, RankReport } from "./ring-rank.ts";

export interface ForkedRank extends AsyncDisposable {
  readonly process: ChildProcess;
  /** All reports so far. */
  readonly reports: readonly RankReport[];
  /** The first report of this type, past or to come; rejects when the rank ends without one. */
  first<Type extends RankReport["type"]>(type: Type): Promise<Extract<RankReport, { type: Type }>>;
}

/** Starts a rank of `ring-rank.ts` as a process. */
export function forkRank(options: RankOptions): ForkedRank {
  const script = fileURLToPath(new URL("ring-rank.ts", import.meta.url));
  const child = fork(script, { execArgv: ["--import", "tsx"] });
  const ended = once(child, "exit");
  const reports: RankReport[] = [];
  let closed = false;
  let wake = (): void => undefined;
  let changed = new Promise<void>((resolve) => (wake = resolve));
  const notify = (): void => {
    wake();
    changed = new Promise<void>((resolve) => (wake = resolve));
  };
  child.on("message", (message) => {
    reports.push(message as RankReport);
    notify();
  });
  child.on("disconnect", () => {
    closed = true;
    notify();
  });
  child.send(options);
  return {
    process: child,
    reports,
    async first(type) {
      for (;;) {
        const found = reports.find((report) => report.type === type);
        if (found) return found as Extract<RankReport, { type: typeof type }>;
        if (closed) throw new Error(`rank ${options.rank} ended: ${JSON.stringify(reports.at(-1))}`);
        await changed;
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
