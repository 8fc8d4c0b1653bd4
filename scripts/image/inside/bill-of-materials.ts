import { TENSORFLOW_VERSION } from "../../setup/wheel.ts";

interface Component {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly "bom-ref"?: string;
  readonly externalReferences?: readonly { readonly type: string }[];
}

/** As much of CycloneDX 1.5 as is changed here. */
export interface Bill {
  readonly serialNumber?: string;
  readonly metadata: { readonly timestamp?: string; readonly component: Component };
  readonly components: readonly Component[];
}

/**
 * The bill of materials that npm wrote, with what npm does not know of, and without what differs from build to build
 * (number, time) or tells where the packages were fetched.
 */
export function completeBill(bill: Bill): Bill {
  const { serialNumber: _number, ...rest } = bill;
  const { timestamp: _time, ...metadata } = bill.metadata;
  return {
    ...rest,
    metadata: {
      ...metadata,
      component: { ...withoutAddress(metadata.component), type: "application", name: "petage" },
    },
    components: [...bill.components.map(withoutAddress), ...OTHERS],
  };
}

function withoutAddress(component: Component): Component {
  const references = component.externalReferences?.filter(({ type }) => type !== "distribution") ?? [];
  return { ...component, externalReferences: references };
}

const OTHERS: readonly Component[] = [
  library("tensorflow", TENSORFLOW_VERSION, `pkg:pypi/tensorflow@${TENSORFLOW_VERSION}`),
  library("node", process.versions.node, `pkg:generic/node@${process.versions.node}`),
];

function library(name: string, version: string, purl: string): Component {
  return { "bom-ref": `${name}@${version}`, type: "library", name, version, purl };
}
