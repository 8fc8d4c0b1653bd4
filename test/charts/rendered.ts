import { parseAllDocuments } from "yaml";
import type { KubeObject } from "#lib/k8s/objects.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly resources?: { readonly requests?: Fields; readonly limits?: Fields };
  readonly securityContext?: Fields;
  readonly livenessProbe?: unknown;
  readonly readinessProbe?: unknown;
  readonly ports?: unknown;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly nodeSelector?: Fields;
  readonly initContainers?: readonly Container[];
  readonly securityContext?: Fields;
  readonly volumes?: readonly Fields[];
  readonly automountServiceAccountToken?: boolean;
  readonly serviceAccountName?: string;
}

export interface Rendered extends KubeObject {
  readonly kind: string;
  readonly spec?: Fields;
  readonly rules?: readonly { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

/** The objects of a manifest. */
export function objectsOf(text: string): Rendered[] {
  return parseAllDocuments(text)
    .map((document) => document.toJSON() as Rendered | null)
    .filter((object) => object !== null);
}

/** The pods that an object makes: itself, or those of its template. */
export function podSpecOf({ kind, spec }: Rendered): PodSpec | undefined {
  if (kind === "Pod") return spec as unknown as PodSpec;
  return (spec?.["template"] as { spec?: PodSpec } | undefined)?.spec;
}
