import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { VERSION } from "#lib/host/version.ts";
import { fitWeights } from "#lib/model/fit.ts";
import { inferenceSettings } from "#lib/model/settings.ts";
import { bareFile, checkpointFolder } from "#lib/store/checkpoint-folder.ts";
import { nameOfFile, readBareModel } from "#lib/store/model-file.ts";
import { namedUserConfig } from "./commands/config.ts";

/** The folder of a checkpoint that the inference service takes; one made for it is removed when this is disposed. */
export interface ModelToServe extends AsyncDisposable {
  readonly folder: string;
}

/** A checkpoint as it is, or a file of weights with the config of its model, as a checkpoint in a folder of its own. */
export async function modelToServe(checkpoint: string, config: string | undefined): Promise<ModelToServe> {
  const file = await bareFile(checkpoint);
  if (file === undefined && config === undefined) return { folder: checkpoint, async [Symbol.asyncDispose]() {} };
  if (file === undefined) {
    throw new PetageError("INVALID_ARGUMENT", `${checkpoint} is a checkpoint with a config of its own`, {
      hint: "Leave out --config; `petage test CONFIG CHECKPOINT` measures it with another one",
    });
  }
  if (config === undefined) {
    throw new PetageError("INVALID_ARGUMENT", `${file} is a file of weights, which does not say of which model`, {
      hint: "Name the config of its model: --config CONFIG",
    });
  }
  const named = namedUserConfig(config);
  const model = await readBareModel(file, { ...named, petageVersion: VERSION });
  // Whoever serves the folder would name that.
  fitWeights(inferenceSettings(named.config).model.parameters, model.weights, { source: file, strict: true });
  const folder = await mkdtemp(join(tmpdir(), "petage-model-"));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const { uri } = await checkpointFolder({ folder, workDir: folder }).save(nameOfFile(file), model);
    return { folder: uri, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
