import type { Quantities } from "#lib/jobs/training-job.ts";
import { parseQuantity } from "#lib/k8s/quantity.ts";
import type { Pod } from "./pod.ts";

/** How much of each resource, by its name, in its base unit. */
export type Amounts = Record<string, number>;

/** Sums of fractions are off by their last bits. */
const ROUNDING = 1e-9;

export function amountsOf(quantities: Quantities = {}): Amounts {
  return Object.fromEntries(Object.entries(quantities).map(([name, quantity]) => [name, parseQuantity(quantity)]));
}

/** What a pod asks a node for. */
export function requestsOf({ spec }: Pod): Amounts {
  const total: Amounts = { pods: 1 };
  for (const { resources } of spec.containers) {
    for (const [name, amount] of Object.entries(amountsOf({ ...resources?.limits, ...resources?.requests }))) {
      const isAsked = isDevice(name) || resources?.requests?.[name] !== undefined;
      if (isAsked) total[name] = (total[name] ?? 0) + amount;
    }
  }
  return total;
}

/** `nvidia.com/gpu` is, `cpu` is not. */
export function isDevice(name: string): boolean {
  return name.includes("/");
}

/** For placing the largest first: devices count before everything else. */
export function sizeOf(wanted: Amounts): number {
  const devices = Object.entries(wanted).filter(([name]) => isDevice(name));
  return devices.reduce((sum, [, amount]) => sum + amount, 0) * 1e6 + (wanted["cpu"] ?? 0);
}

export function fits(free: Amounts, wanted: Amounts): boolean {
  return Object.entries(wanted).every(([name, amount]) => amount <= (free[name] ?? 0) + ROUNDING);
}

/** Takes what is wanted from what is free. */
export function take(free: Amounts, wanted: Amounts): void {
  for (const [name, amount] of Object.entries(wanted)) free[name] = (free[name] ?? 0) - amount;
}

export function sumOf(all: Iterable<Amounts>): Amounts {
  const total: Amounts = {};
  for (const amounts of all)
    for (const [name, amount] of Object.entries(amounts)) total[name] = (total[name] ?? 0) + amount;
  return total;
}
