import { PetageError } from "#lib/base/errors.ts";
import { ELEMENT_TYPES, KNOWN_TYPES } from "./element-types.ts";
import { entriesOf, itemsOf, nameOf, textOf } from "./pickle.ts";
import type { Pickled } from "./pickle.ts";
import { checkTensors, shown } from "./stored-tensor.ts";
import type { StoredTensor } from "./stored-tensor.ts";
import { openTorchFile, storageOfReference } from "./torch-file.ts";
import type { TorchFile } from "./torch-file.ts";

/** Where people keep a state_dict among other things, the first of which that there is. */
const WRAPPERS = ["state_dict", "model_state_dict", "model", "module", "state_dict_ema", "model_ema"];
/** A state_dict below more of those, or a tensor in more calls than this, is none of a model's. */
const MAX_WRAPPINGS = 4;

/**
 * The tensors of a file of torch.save, their ranges checked and no value read: those of the file itself, or below the
 * names that people use for them. Throws CHECKPOINT_INVALID naming `source`.
 */
export function openPth(bytes: Uint8Array, source: string): Map<string, StoredTensor> {
  const file = openTorchFile(bytes, source);
  const tensors = findTensors(file.root, { file, source });
  if (tensors.size === 0) throw noTensors(file.root, { file, source });
  checkTensors(tensors, { source, fileBytes: bytes.length });
  return tensors;
}

interface Origin {
  readonly file: TorchFile;
  readonly source: string;
}

function findTensors(value: Pickled, origin: Origin, depth = 0): Map<string, StoredTensor> {
  refuseModel(value, origin.source);
  const entries = entriesOf(value);
  for (const wrapper of depth < MAX_WRAPPINGS ? WRAPPERS : []) {
    const inner = entries?.get(wrapper);
    const found = inner === undefined ? new Map<string, StoredTensor>() : findTensors(inner, origin, depth + 1);
    if (found.size > 0) return found;
  }
  const own = [...(entries ?? [])].flatMap(([name, entry]): [string, StoredTensor][] => {
    if (typeof name !== "string") return [];
    const tensor = tensorOf(entry, { ...origin, name });
    return tensor ? [[name, tensor]] : [];
  });
  return new Map(own);
}

/** A module that was pickled whole has its tensors in the attributes of its classes. */
function refuseModel(value: Pickled, source: string): void {
  if (typeof value !== "object" || value === null || !("callee" in value)) return;
  if (!entriesOf(value.state)?.has("_modules")) return;
  const model = shown(nameOf(value.callee) || nameOf(itemsOf(value.arguments)?.[0]) || "a class");
  throw new PetageError("CHECKPOINT_INVALID", `${source} is a whole model (${model}), expected its weights alone`, {
    hint: "In PyTorch: torch.save(model.state_dict(), ...)",
  });
}

const LISTED_KEYS = 6;

function noTensors(root: Pickled, origin: Origin): PetageError {
  const entries = [...(entriesOf(root) ?? [])];
  const keys = entries.slice(0, LISTED_KEYS).map(([key]) => shown(textOf(key)));
  const has = keys.length > 0 ? ` It has ${keys.join(", ")}${entries.length > keys.length ? ", ..." : ""}` : "";
  const below = entries.flatMap(([key, value]) => {
    const { size } = findTensors(value, origin);
    return size > 0 ? [`${size} tensors below ${shown(textOf(key))}`] : [];
  });
  const hint = [has.trim(), ...below].filter((part) => part !== "").join("; ");
  const message = `${origin.source} holds no tensors, expected a state_dict, or one below ${WRAPPERS.join(", ")}`;
  return new PetageError("CHECKPOINT_INVALID", message, { ...(hint && { hint }) });
}

interface Call {
  readonly name: string;
  readonly parts: readonly Pickled[];
}

function callOf(value: Pickled | undefined): Call | undefined {
  if (typeof value !== "object" || value === null || !("callee" in value)) return undefined;
  return { name: nameOf(value.callee), parts: itemsOf(value.arguments) ?? [] };
}

/** The call inside, of one that only adds something to a tensor; nothing for any other. */
function wrappedCall({ name, parts }: Call): Call | undefined {
  switch (name) {
    case "torch._utils._rebuild_parameter":
    case "torch._utils._rebuild_parameter_with_state":
      return callOf(parts[0]);
    case "torch._tensor._rebuild_from_type_v2":
      return { name: nameOf(parts[0]), parts: itemsOf(parts[2]) ?? [] };
    default:
      return undefined;
  }
}

/** A tensor from the call that would have made it; nothing for what is no tensor. */
function tensorOf(
  value: Pickled,
  { file, source, name }: Origin & { readonly name: string },
): StoredTensor | undefined {
  let call = callOf(value);
  for (let depth = 0, inner = call; inner && depth < MAX_WRAPPINGS; depth++) {
    call = inner;
    inner = wrappedCall(call);
  }
  if (!call?.name.startsWith("torch._")) return undefined;
  const unread = (what: string): PetageError =>
    new PetageError("CHECKPOINT_INVALID", `${source}: ${shown(name)} is ${what}, expected a plain tensor`, {
      hint: `Save it as a dense tensor of one of ${KNOWN_TYPES}`,
    });
  if (!/^torch\._utils\._rebuild_tensor(_v2)?$/.test(call.name)) throw unread(`made by ${shown(call.name)}`);
  const [reference, offset, shape, strides] = call.parts;
  const storage = storageOfReference(reference);
  const type = storage && ELEMENT_TYPES.get(storage.type);
  if (!storage || !type) throw unread(`of ${shown(storage?.type ?? "a storage within another one")}`);
  return {
    storage: file.storageOf(storage),
    type,
    offset: numberOf(offset),
    shape: numbersOf(shape),
    strides: numbersOf(strides),
  };
}

function numbersOf(value: Pickled | undefined): number[] {
  return (itemsOf(value) ?? []).map(numberOf);
}

/** NaN for what is no number. */
function numberOf(value: Pickled | undefined): number {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : NaN;
}
