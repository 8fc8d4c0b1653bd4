import type { Table } from "#lib/config/component/component.ts";
import type { Backbone } from "#lib/nn/types.ts";
import { ResNet, ResNetV1c, ResNetV1d } from "./resnet.ts";

export const backbones = {
  kind: "backbone",
  components: { ResNet, ResNetV1c, ResNetV1d },
} as const satisfies Table<Backbone>;
