import { readFileSync } from "node:fs";

/** The kernel counts processor time for programs in hundredths of a second (`USER_HZ`). */
const MS_PER_TICK = 10;

/** The processor time of the main thread of a process so far, ms: user and system, as proc(5) has them. */
export function mainThreadMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, "utf8");
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return (Number(user) + Number(system)) * MS_PER_TICK;
}
