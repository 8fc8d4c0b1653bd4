import type { Engine } from "#lib/engine/load.ts";
import type { Runner } from "#lib/engine/program.ts";
import { openRunner } from "#lib/engine/runner.ts";

/** A way to compute what is compared. */
export interface Way {
  /** What a case is called that is computed so. */
  readonly named: (name: string) => string;
  readonly open: () => Runner;
}

/** Op by op, and compiled where the native library is. */
export function ways(engine: Engine): readonly Way[] {
  const eager: Way = { named: (name) => name, open: () => openRunner(engine, { eager: true }) };
  const compiled: Way = { named: (name) => `${name}, compiled`, open: () => openRunner(engine) };
  return engine.backend === "tensorflow" ? [eager, compiled] : [eager];
}
