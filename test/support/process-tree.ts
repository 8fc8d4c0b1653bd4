import { readFile, readdir } from "node:fs/promises";

/** A running process and what it is called: `trainer-1`, `nats-server`. */
export interface FoundProcess {
  readonly pid: number;
  readonly parentPid: number;
  readonly name: string;
}

/** Whether this machine shows its processes as files; where it does not, tests that need them skip. */
export const SHOWS_PROCESSES = process.platform === "linux";

/** Everything that a process has started, and what that has started, as long as it runs. */
export async function descendants(pid: number): Promise<FoundProcess[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const all = (await Promise.all(pids.map((name) => describeProcess(Number(name))))).filter(
    (found) => found !== undefined,
  );
  const below = (parent: number): FoundProcess[] =>
    all.filter(({ parentPid }) => parentPid === parent).flatMap((found) => [found, ...below(found.pid)]);
  return below(pid);
}

/** Those of `pids` that still run; a process that ended but was not yet waited for does not. */
export async function stillRunning(pids: readonly number[]): Promise<number[]> {
  const found = await Promise.all(pids.map((pid) => describeProcess(pid)));
  return found.flatMap((entry) => (entry ? [entry.pid] : []));
}

async function describeProcess(pid: number): Promise<FoundProcess | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const [state, parentPid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return undefined;
    const command = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").join(" ");
    if (/esbuild/.test(command)) return undefined; // the loader of TypeScript's; it ends with its parent
    const environment = await readFile(`/proc/${pid}/environ`, "utf8");
    const name = /nats-server/.test(command) ? "nats-server" : /(?:^|\0)PETAGE_NAME=([^\0]*)/.exec(environment)?.[1];
    return { pid, parentPid: Number(parentPid), name: name ?? command };
  } catch {
    return undefined; // it ended meanwhile
  }
}
