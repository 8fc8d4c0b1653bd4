import { totalmem } from "node:os";

/** What this process may use of the machine's memory: all, or the less that its container is given. */
export function memoryLimitBytes(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Infinity);
}
