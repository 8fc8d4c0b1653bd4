import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = "/sys/fs/cgroup";

/** Makes a control group in every hierarchy (version 1 has several), for a kubelet to make those of its pods in. */
export function createControlGroup(name: string): void {
  for (const hierarchy of hierarchies()) {
    const group = join(hierarchy, name);
    mkdirSync(group, { recursive: true });
    if (hierarchy === ROOT) delegate(group);
    else inheritCpus(hierarchy, group);
  }
}

/** Removes a control group and those below it. Returns whether it is gone: not while there are processes in it. */
export function removeControlGroup(name: string): boolean {
  return hierarchies()
    .map((hierarchy) => removeBelow(join(hierarchy, name)))
    .every(Boolean);
}

/** Ends every process in a control group and in those below it. Returns whether there is none any more. */
export function killControlGroup(name: string): boolean {
  const pids = hierarchies().flatMap((hierarchy) => pidsIn(join(hierarchy, name)));
  for (const pid of pids) endProcess(pid);
  return pids.length === 0;
}

function pidsIn(group: string): number[] {
  if (!existsSync(group)) return [];
  const below = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const own = readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").map(Number);
  return [...own.filter((pid) => pid > 0), ...below.flatMap(({ name }) => pidsIn(join(group, name)))];
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has just ended
  }
}

/** The version 2 tree, or each of version 1's. */
function hierarchies(): string[] {
  if (existsSync(join(ROOT, "cgroup.controllers"))) return [ROOT];
  if (!existsSync(ROOT)) return [];
  const folders = readdirSync(ROOT).map((name) => join(ROOT, name));
  return folders.filter((folder) => existsSync(join(folder, "cgroup.procs")));
}

/** A new cpuset of version 1 has no processor, so that nobody may join it. */
function inheritCpus(hierarchy: string, group: string): void {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (existsSync(join(hierarchy, file))) writeFileSync(join(group, file), readFileSync(join(hierarchy, file)));
  }
}

/** Version 2: lets the groups below have controllers. */
function delegate(group: string): void {
  const controllers = readFileSync(join(ROOT, "cgroup.controllers"), "utf8").trim().split(" ");
  for (const folder of [ROOT, group]) {
    for (const controller of controllers) writeFileSync(join(folder, "cgroup.subtree_control"), `+${controller}`);
  }
}

function removeBelow(group: string): boolean {
  if (!existsSync(group)) return true;
  try {
    for (const entry of readdirSync(group, { withFileTypes: true })) {
      if (entry.isDirectory()) removeBelow(join(group, entry.name));
    }
    rmdirSync(group);
  } catch {
    // there is a process in it, or it has just gone
  }
  return !existsSync(group);
}
