import { PetageError, type SourcePosition } from "#lib/base/errors.ts";
import { PyDict, PyList, keyText, truthy, type PyValue } from "#lib/config/language/python/values.ts";

const RESERVED_KEYS: ReadonlySet<PyValue> = new Set(["filename", "text", "pretty_text", "env_variables"]);
const KNOWN_PACKAGES =
  /^(mmpretrain|mmengine|mmcv|mmcls|mmdet|mmseg|torch|torchvision|timm|math|copy|os|sys|json|re)(\.|$)/;

/** Checks the names that mmengine treats specially at the top level of a config. */
export function checkTopLevel(config: PyDict, warnings: string[]): void {
  for (const { key, value, position } of config.entries()) {
    if (RESERVED_KEYS.has(key)) {
      throw new PetageError("CONFIG_INVALID_VALUE", `\`${keyText(key)}\` is reserved and cannot be a key of a config`, {
        hint: "Choose another name",
        ...(position && { position }),
      });
    }
    if (key === "custom_imports") checkCustomImports(value, position, warnings);
  }
}

/** What mmengine would import for its side effects is either built in here or Python that cannot run. */
function checkCustomImports(value: PyValue, position: SourcePosition | undefined, warnings: string[]): void {
  if (!(value instanceof PyDict)) return;
  const listed = value.get("imports") ?? null;
  const modules = listed instanceof PyList ? listed.items : [listed];
  const foreign = modules.filter((module) => typeof module === "string" && !KNOWN_PACKAGES.test(module));
  if (foreign.length > 0 && !truthy(value.get("allow_failed_imports") ?? false)) {
    throw new PetageError(
      "CONFIG_UNSUPPORTED",
      `\`custom_imports\` names the Python module \`${foreign.map(keyText).join(", ")}\`, which petage cannot run`,
      {
        hint: "Add the component to petage (see CONTRIBUTING.md), then remove custom_imports",
        ...(position && { position }),
      },
    );
  }
  warnings.push("`custom_imports` is ignored: petage runs no Python modules");
}
