import type { Table } from "../../config/component.ts";
import type { Backbone } from "../types.ts";
import { ResNet, ResNetV1c, ResNetV1d } from "./resnet.ts";

export const backbones: Table<Backbone> = { kind: "backbone", components: { ResNet, ResNetV1c, ResNetV1d } };
