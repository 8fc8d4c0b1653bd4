import type { Table } from "#lib/config/component/component.ts";
import { AutoAugment } from "./auto-augment.ts";
import { AutoContrast } from "./auto-contrast.ts";
import { Brightness } from "./brightness.ts";
import { CenterCrop } from "./center-crop.ts";
import { ColorJitter } from "./color-jitter.ts";
import { ColorTransform } from "./color-transform.ts";
import { Contrast } from "./contrast.ts";
import { Cutout } from "./cutout.ts";
import { EfficientNetCenterCrop } from "./efficient-net-center-crop.ts";
import { EfficientNetRandomCrop } from "./efficient-net-random-crop.ts";
import { Equalize } from "./equalize.ts";
import { GaussianBlur } from "./gaussian-blur.ts";
import { Invert } from "./invert.ts";
import { Lighting } from "./lighting.ts";
import { LoadImageFromFile } from "./load-image-from-file.ts";
import { MultiView } from "./multi-view.ts";
import { NumpyToPIL } from "./numpy-to-pil.ts";
import { PackInputs } from "./pack-inputs.ts";
import { Pad } from "./pad.ts";
import { PILToNumpy } from "./pil-to-numpy.ts";
import { Posterize } from "./posterize.ts";
import { RandAugment } from "./rand-augment.ts";
import { RandomApply } from "./random-apply.ts";
import { RandomChoiceResize } from "./random-choice-resize.ts";
import { RandomChoice } from "./random-choice.ts";
import { RandomCrop } from "./random-crop.ts";
import { RandomErasing } from "./random-erasing.ts";
import { RandomFlip } from "./random-flip.ts";
import { RandomGrayscale } from "./random-grayscale.ts";
import { RandomResize } from "./random-resize.ts";
import { RandomResizedCrop } from "./random-resized-crop.ts";
import { ResizeEdge } from "./resize-edge.ts";
import { Resize } from "./resize.ts";
import { Rotate } from "./rotate.ts";
import { Sharpness } from "./sharpness.ts";
import { Shear } from "./shear.ts";
import { SolarizeAdd } from "./solarize-add.ts";
import { Solarize } from "./solarize.ts";
import { Translate } from "./translate.ts";
import type { Transform } from "./transform.ts";

export const transforms = {
  kind: "transform",
  components: {
    AutoAugment,
    AutoContrast,
    Brightness,
    CenterCrop,
    ColorJitter,
    ColorTransform,
    Contrast,
    Cutout,
    EfficientNetCenterCrop,
    EfficientNetRandomCrop,
    Equalize,
    GaussianBlur,
    Invert,
    Lighting,
    LoadImageFromFile,
    MultiView,
    NumpyToPIL,
    PILToNumpy,
    PackInputs,
    Pad,
    Posterize,
    RandAugment,
    RandomApply,
    RandomChoice,
    RandomChoiceResize,
    RandomCrop,
    RandomErasing,
    RandomFlip,
    RandomGrayscale,
    RandomResize,
    RandomResizedCrop,
    Resize,
    ResizeEdge,
    Rotate,
    Sharpness,
    Shear,
    Solarize,
    SolarizeAdd,
    Translate,
  },
} as const satisfies Table<Transform>;
