import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";

/** Where memory groups are made, and the file with their bound: version 1 of cgroups, and version 2. */
const GROUPS = [
  ["/sys/fs/cgroup/memory", "memory.limit_in_bytes"],
  ["/sys/fs/cgroup", "memory.max"],
] as const;

/** The memory of a process that is resident, in bytes. */
export function residentBytes(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}

export interface MemoryLimit extends Disposable {
  /** Whether the system ends the process above the limit; else only `residentBytes` tells. */
  readonly isEnforced: boolean;
}

/** Lets a process have so much memory altogether, as in a container of that size, where this user may make cgroups. */
export function limitMemory(pid: number, limitBytes: number): MemoryLimit {
  for (const [parent, bound] of GROUPS) {
    const group = `${parent}/petage-test-${pid}`;
    try {
      mkdirSync(group);
    } catch {
      continue;
    }
    const remove = (): void => rmdirSync(group);
    try {
      // What a process has before it comes into a group does not count there.
      writeFileSync(`${group}/${bound}`, String(limitBytes - residentBytes(pid)), { flag: "r+" });
      writeFileSync(`${group}/cgroup.procs`, String(pid), { flag: "r+" });
      return { isEnforced: true, [Symbol.dispose]: remove };
    } catch {
      if (existsSync(group)) remove();
    }
  }
  return { isEnforced: false, [Symbol.dispose]: () => {} };
}
