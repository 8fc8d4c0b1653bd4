import { stringify } from "yaml";
import type { KubeObject } from "#lib/k8s/objects.ts";
import type { OutputFormat } from "../commands/job/flags.ts";
import { columns } from "./table.ts";
import type { JobTable } from "../jobs/job-api.ts";

/** An object as kubectl prints it. */
export function printObject(object: KubeObject, format: OutputFormat): string {
  switch (format) {
    case "name":
      return `${nameOf(object)}\n`;
    case "json":
      return `${JSON.stringify(plain(object), null, 4)}\n`;
    case "yaml":
      return yaml(plain(object));
  }
}

/** Several objects as one document: a List. */
export function printObjects(objects: readonly KubeObject[], format: OutputFormat): string {
  if (format === "name") return objects.map((object) => printObject(object, format)).join("");
  const list = { apiVersion: "v1", items: objects.map(plain), kind: "List", metadata: { resourceVersion: "" } };
  return format === "json" ? `${JSON.stringify(list, null, 4)}\n` : yaml(list);
}

/** Several objects one after another, for `kubectl apply -f -`. */
export function printDocuments(objects: readonly KubeObject[]): string {
  return objects.map((object) => yaml(plain(object))).join("---\n");
}

/** `trainingjob.petage.dev/quickstart` */
export function nameOf({ apiVersion = "", kind = "", metadata }: KubeObject): string {
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
  return `${kind.toLowerCase()}${group}/${metadata.name}`;
}

/** Jobs in columns, as kubectl shows them. */
export function printTable(table: JobTable, { wide, namespaces }: { wide: boolean; namespaces: boolean }): string {
  const shown = table.columns.flatMap(({ name, priority }, index) => (wide || priority === 0 ? [{ name, index }] : []));
  const header = shown.map(({ name }) => name.toUpperCase());
  const rows = table.rows.map(({ cells, object }) => {
    const texts = shown.map(({ index }) => firstLine(String(cells[index] ?? "")));
    return namespaces ? [object.metadata.namespace ?? "", ...texts] : texts;
  });
  return columns([namespaces ? ["NAMESPACE", ...header] : header, ...rows]);
}

/** As kubectl: a row is one line. */
function firstLine(text: string): string {
  return text.replace(/[\f\n\r][^]*$/, "...");
}

/** Who wrote which field is nothing that people ask for. */
function plain(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** kubectl reads YAML 1.1, where `on` and `0x1f` are no texts. */
function yaml(value: object): string {
  return stringify(value, {
    version: "1.1",
    sortMapEntries: true,
    indentSeq: false,
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}
