import { applefiles } from "./applefiles.ts";
import { beginsWithWhatFits } from "./begins-with-what-fits.ts";
import { bestForgottenAfterResume } from "./best-forgotten-after-resume.ts";
import { bound } from "./bound.ts";
import type { Check } from "./case.ts";
import { encodings } from "./encodings.ts";
import { extremeAspect } from "./extreme-aspect.ts";
import { failedBeforePods } from "./failed-before-pods.ts";
import { fileUri } from "./file-uri.ts";
import { hfModelSafetensors } from "./hf-model-safetensors.ts";
import { jpegNotOpenCv } from "./jpeg-not-opencv.ts";
import { keepsItsPlace } from "./keeps-its-place.ts";
import { labelOutsideHead } from "./label-outside-head.ts";
import { misspeltKeys } from "./misspelt-keys.ts";
import { notACheckpointFile } from "./not-a-checkpoint-file.ts";
import { offlineRender } from "./offline-render.ts";
import { photoLimits } from "./photo-limits.ts";
import { pretrainedWithoutPrefix } from "./pretrained-without-prefix.ts";
import { refused } from "./refused.ts";
import { resumeCommand } from "./resume-command.ts";
import { smallDataNoLoss } from "./small-data-no-loss.ts";
import { storeReplace } from "./store-replace.ts";
import { topkLate } from "./topk-late.ts";
import { unreadablePhotoEndsTraining } from "./unreadable-photo-ends-training.ts";
import { weightsLoad } from "./weights-load.ts";
import { weightsMalformed } from "./weights-malformed.ts";

/** How each case is checked, by its folder's name, or by a file's path where a folder holds several. */
export const CHECKS: Readonly<Record<string, Check>> = {
  applefiles,
  "best-forgotten-after-resume": bestForgottenAfterResume,
  encodings,
  "extreme-aspect": extremeAspect,
  "file-uri": fileUri,
  "half-safetensors": weightsLoad,
  "hf-model-safetensors": hfModelSafetensors,
  "jpeg-not-opencv": jpegNotOpenCv,
  "kubernetes/gates-elastic.yaml": beginsWithWhatFits,
  "kubernetes/loadfrom-uri.yaml": refused(/spec\.loadFrom: .*a path or a file:\/\/ URI/),
  "kubernetes/nopriority.yaml": bound,
  "kubernetes/priority.yaml": bound,
  "kubernetes/store-replace.ts": storeReplace,
  "kubernetes/typo-field.yaml": refused(/unknown field "spec\.wrokers"/),
  "kubernetes/typo.yaml": failedBeforePods,
  "kubernetes/waits.yaml": keepsItsPlace,
  "label-outside-head": labelOutsideHead,
  "misspelt-keys": misspeltKeys,
  "not-a-checkpoint-file": notACheckpointFile,
  "offline-render": offlineRender,
  "photo-limits": photoLimits,
  "pickle-protocol": weightsLoad,
  "pretrained-without-prefix": pretrainedWithoutPrefix,
  "resume-command": resumeCommand,
  "small-data-no-loss": smallDataNoLoss,
  "topk-late": topkLate,
  "unreadable-photo-ends-training": unreadablePhotoEndsTraining,
  "weights-malformed": weightsMalformed,
  "wrapped-state-dict": weightsLoad,
};

/** What is known and not handled yet, and what petage still does with it. */
export const NOT_YET: Readonly<Record<string, string>> = {
  "kubernetes/long.yaml": "a job for trying things by hand: nothing is said to be right or wrong with it",
};
