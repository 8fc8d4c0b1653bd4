import type { Table } from "#lib/config/component/component.ts";
import { CenterCrop } from "./center-crop.ts";
import { EfficientNetCenterCrop } from "./efficient-net-center-crop.ts";
import { EfficientNetRandomCrop } from "./efficient-net-random-crop.ts";
import { LoadImageFromFile } from "./load-image-from-file.ts";
import { PackInputs } from "./pack-inputs.ts";
import { RandomApply } from "./random-apply.ts";
import { RandomFlip } from "./random-flip.ts";
import { RandomResizedCrop } from "./random-resized-crop.ts";
import { ResizeEdge } from "./resize-edge.ts";
import { Resize } from "./resize.ts";
import type { Transform } from "./transform.ts";

export const transforms = {
  kind: "transform",
  components: {
    CenterCrop,
    EfficientNetCenterCrop,
    EfficientNetRandomCrop,
    LoadImageFromFile,
    PackInputs,
    RandomApply,
    RandomFlip,
    RandomResizedCrop,
    Resize,
    ResizeEdge,
  },
} as const satisfies Table<Transform>;
