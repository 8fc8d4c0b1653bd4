import type { Table } from "#lib/config/component/component.ts";
import { DefaultSampler } from "./default-sampler.ts";
import { InfiniteSampler } from "./infinite-sampler.ts";
import { LabelDensitySampler } from "./label-density-sampler.ts";
import { RepeatAugSampler } from "./repeat-aug-sampler.ts";
import type { Sampler, SamplerContext } from "./sampler.ts";
import { SequentialSampler } from "./sequential-sampler.ts";

export const samplers = {
  kind: "sampler",
  components: { DefaultSampler, InfiniteSampler, LabelDensitySampler, RepeatAugSampler, SequentialSampler },
} as const satisfies Table<Sampler, SamplerContext>;
