import type { Table } from "../../config/component.ts";
import type { Backbone } from "../types.ts";
import { ResNet, ResNetV1c, ResNetV1d } from "./resnet.ts";

export const backbones = {
  kind: "backbone",
  components: { ResNet, ResNetV1c, ResNetV1d },
} as const satisfies Table<Backbone>;
