import { bestForgottenAfterResume } from "./best-forgotten-after-resume.ts";
import { bound } from "./bound.ts";
import { weightsLoad } from "./weights-load.ts";
import { hfModelSafetensors } from "./hf-model-safetensors.ts";
import { notACheckpointFile } from "./not-a-checkpoint-file.ts";
import { weightsMalformed } from "./weights-malformed.ts";
import type { Check } from "./case.ts";
import { extremeAspect } from "./extreme-aspect.ts";
import { jpegNotOpenCv } from "./jpeg-not-opencv.ts";
import { labelOutsideHead } from "./label-outside-head.ts";
import { pretrainedWithoutPrefix } from "./pretrained-without-prefix.ts";
import { resumeCommand } from "./resume-command.ts";
import { storeReplace } from "./store-replace.ts";
import { unreadablePhotoEndsTraining } from "./unreadable-photo-ends-training.ts";

/** How each case is checked, by its folder's name, or by a file's path where a folder holds several. */
export const CHECKS: Readonly<Record<string, Check>> = {
  "best-forgotten-after-resume": bestForgottenAfterResume,
  "extreme-aspect": extremeAspect,
  "half-safetensors": weightsLoad,
  "hf-model-safetensors": hfModelSafetensors,
  "jpeg-not-opencv": jpegNotOpenCv,
  "kubernetes/nopriority.yaml": bound,
  "kubernetes/priority.yaml": bound,
  "kubernetes/store-replace.ts": storeReplace,
  "label-outside-head": labelOutsideHead,
  "not-a-checkpoint-file": notACheckpointFile,
  "pickle-protocol": weightsLoad,
  "pretrained-without-prefix": pretrainedWithoutPrefix,
  "resume-command": resumeCommand,
  "unreadable-photo-ends-training": unreadablePhotoEndsTraining,
  "weights-malformed": weightsMalformed,
  "wrapped-state-dict": weightsLoad,
};

/** What is known and not handled yet, and what petage still does with it. */
export const NOT_YET: Readonly<Record<string, string>> = {
  applefiles: "what systems leave in folders is taken for photos and classes, and photos of some formats are left out",
  encodings: "labels in UTF-16, names that differ in Unicode's form or have backslashes are not told for what they are",
  "file-uri": "file:// URIs are not percent-decoded",
  "kubernetes/gates-elastic.yaml": "without a gang API an elastic job waits for all of its workers",
  "kubernetes/loadfrom-uri.yaml": "s3:// is taken for a path, after the pods ran",
  "kubernetes/long.yaml": "a job for trying things by hand: nothing is said to be right or wrong with it",
  "kubernetes/typo-field.yaml": "documents say that kubectl warns of an unknown field, and it refuses it",
  "kubernetes/typo.yaml": "a misspelt key of a dataloader is found after the pods were created",
  "kubernetes/waits.yaml": "a gang that waits is queued anew every startTimeoutSeconds",
  "misspelt-keys": "misspelt keys at the top, and in dataloaders and schedules, are not found when a job is submitted",
  "offline-render": "rules of the resource are not checked without a cluster",
  "photo-limits": "the limit of pixels has no setting",
  "small-data-no-loss": "no loss is logged where an epoch has fewer steps than the logger's interval",
  "topk-late": "a k above the number of classes is found after the first epoch",
};
