import { readFileSync } from "node:fs";

/** A process of this machine. The kernel gives process ids out again; with the start time one stays unique. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since the machine started; undefined when it had ended already. */
  readonly startTicks: number | undefined;
}

export function processIdentity(pid: number): ProcessIdentity {
  return { pid, startTicks: startTicks(pid) };
}

export function isRunning({ pid, startTicks: started }: ProcessIdentity): boolean {
  return started !== undefined && startTicks(pid) === started;
}

/** Kills a process and those of its group, if it is still the same one. */
export function killGroup(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(-identity.pid, signal);
  } catch {
    // it ended, or leads no group
  }
}

/**
 * Field 22 of proc(5)'s stat; the name before it is in brackets and may hold spaces. A zombie has ended, once its other
 * threads have let go of files and sockets too.
 */
function startTicks(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // from field 3 on
    const [state, threads, ticks] = [fields[0], Number(fields[17]), Number(fields[19])];
    return (state === "Z" || state === "X") && threads <= 1 ? undefined : ticks;
  } catch {
    return undefined;
  }
}
