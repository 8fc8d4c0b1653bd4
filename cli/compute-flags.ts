import { Option } from "commander";

/** Of commands that predict. */
export function precisionOption(): Option {
  return new Option("--precision <type>", "what to compute in; bfloat16 only where that is faster").choices([
    "float32",
    "bfloat16",
  ]);
}
