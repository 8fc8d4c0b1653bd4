import { TENSORFLOW_VERSION } from "../../setup/wheel.ts";

interface Component {
  readonly "bom-ref": string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
  readonly externalReferences?: readonly { readonly type: string }[];
}

/** As much of CycloneDX 1.5 as is changed here. */
export interface Bill {
  readonly serialNumber?: string;
  readonly metadata: { readonly timestamp?: string; readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/**
 * The bill of materials of what is shipped, out of npm's bill of everything: without the packages of development (npm's
 * own `--omit=dev` leaves out whatever they share with the others, too), without what differs from build to build
 * (number, time) or tells where packages were fetched, and with what npm does not know of.
 */
export function shippedBill(bill: Bill): Bill {
  const { serialNumber: _number, ...rest } = bill;
  const { timestamp: _time, component, ...metadata } = bill.metadata;
  const components = [...bill.components.filter(isShipped).map(withoutAddress), ...OTHERS];
  const shipped = new Set([component["bom-ref"], ...components.map((each) => each["bom-ref"])]);
  const dependencies = bill.dependencies
    .filter(({ ref }) => shipped.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => shipped.has(each)) }));
  return {
    ...rest,
    metadata: { ...metadata, component: { ...withoutAddress(component), type: "application", name: "petage" } },
    components,
    dependencies,
  };
}

function isShipped({ properties = [] }: Component): boolean {
  return !properties.some(({ name, value }) => name === "cdx:npm:package:development" && value === "true");
}

function withoutAddress(component: Component): Component {
  const references = component.externalReferences?.filter(({ type }) => type !== "distribution") ?? [];
  return { ...component, externalReferences: references };
}

const OTHERS: readonly Component[] = [
  library("tensorflow", TENSORFLOW_VERSION, "pypi"),
  library("node", process.versions.node, "generic"),
];

function library(name: string, version: string, kind: string): Component {
  return { "bom-ref": `${name}@${version}`, type: "library", name, version, purl: `pkg:${kind}/${name}@${version}` };
}
