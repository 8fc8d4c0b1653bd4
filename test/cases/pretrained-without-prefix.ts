import { copyFile, mkdir, readdir } from "node:fs/promises";
import type { Check } from "./case.ts";

/** Weights of which no tensor fits are an error, which says how their names begin. */
export const pretrainedWithoutPrefix: Check = async ({ root }) => {
  await root.draw();
  await root.succeeds("train tiny.py --no-validate --work-dir W");
  const [run = ""] = await readdir(root.path("W"));
  await mkdir(root.path("cases-work/pth"), { recursive: true });
  await copyFile(root.path("W", run, "epoch_1/model.safetensors"), root.path("cases-work/pth/plain.safetensors"));
  const checkpoint = "model.backbone.init_cfg.checkpoint=cases-work/pth/plain.safetensors";
  const expected = /begin with `?backbone\.[^]*\[CHECKPOINT_MISMATCH\]/;
  await root.fails(`train c_noprefix.py --no-validate --cfg-options ${checkpoint}`, expected);
  await root.succeeds(
    `train c_noprefix.py --no-validate --cfg-options ${checkpoint} model.backbone.init_cfg.prefix=backbone`,
  );
};
