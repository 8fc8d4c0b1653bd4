import type { Table } from "#lib/config/component/component.ts";
import { DefaultSampler } from "./default-sampler.ts";
import type { Sampler, SamplerContext } from "./sampler.ts";
import { SequentialSampler } from "./sequential-sampler.ts";

export const samplers = {
  kind: "sampler",
  components: { DefaultSampler, SequentialSampler },
} as const satisfies Table<Sampler, SamplerContext>;
