import { z } from "zod";
import type { ConfigDict } from "./value.ts";

export function isDict(value: unknown): value is ConfigDict {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A component that a component holds: its own schema checks it when it is built. */
export const dictionary = z.custom<ConfigDict>(isDict, { error: "expected dict(type='...')" });
