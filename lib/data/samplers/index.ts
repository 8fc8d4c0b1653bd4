import type { Table } from "../../config/component.ts";
import { DefaultSampler } from "./default-sampler.ts";
import { RepeatAugSampler } from "./repeat-aug-sampler.ts";
import type { Sampler, SamplerContext } from "./sampler.ts";
import { SequentialSampler } from "./sequential-sampler.ts";

export const samplers: Table<Sampler, SamplerContext> = {
  kind: "sampler",
  components: { DefaultSampler, RepeatAugSampler, SequentialSampler },
};
