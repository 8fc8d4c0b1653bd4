import type { Node } from "./node.ts";
import type { Pod } from "./pod.ts";

// Which nodes a pod may run on, by what it says itself: the part of the scheduler's rules that does not depend on others.

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

interface Term {
  readonly matchExpressions?: readonly Requirement[];
  readonly matchFields?: readonly Requirement[];
}

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

type Labels = Readonly<Record<string, string>>;
type Taint = NonNullable<NonNullable<Node["spec"]>["taints"]>[number];

/** Whether a node takes pods at all. */
export function isUsable({ spec, status }: Node): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return spec?.unschedulable !== true && ready?.status !== "False" && ready?.status !== "Unknown";
}

/** Whether a pod may run on a node by its node selector, its required node affinity and the taints that it bears. */
export function mayRunOn({ spec }: Pod, node: Node): boolean {
  const { labels = {} } = node.metadata;
  const isSelected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === "NoSchedule" || effect === "NoExecute");
  const tolerations = (spec["tolerations"] ?? []) as readonly Toleration[];
  const isBorne = taints.every((taint) => tolerations.some((toleration) => tolerates(toleration, taint)));
  return isSelected && isBorne && requiredTerms(spec).every((terms) => terms.some((term) => matches(term, node)));
}

interface Affinity {
  readonly nodeAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms?: readonly Term[] };
  };
}

/** Alternatives, of which one must match; none where nothing is required. */
function requiredTerms(spec: Pod["spec"]): readonly (readonly Term[])[] {
  const required = (spec["affinity"] as Affinity | undefined)?.nodeAffinity
    ?.requiredDuringSchedulingIgnoredDuringExecution;
  return required ? [required.nodeSelectorTerms ?? []] : [];
}

/** A term without conditions matches no node. */
function matches({ matchExpressions = [], matchFields = [] }: Term, { metadata }: Node): boolean {
  const fields = { "metadata.name": metadata.name };
  return (
    matchExpressions.length + matchFields.length > 0 &&
    matchExpressions.every((requirement) => holds(requirement, metadata.labels ?? {})) &&
    matchFields.every((requirement) => holds(requirement, fields))
  );
}

function holds({ key, operator, values = [] }: Requirement, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Gt":
      return Number(value) > Number(values[0]);
    case "Lt":
      return Number(value) < Number(values[0]);
    default:
      return false; // an operator of a later version: the scheduler knows, we hold back
  }
}

function tolerates({ key, operator = "Equal", value = "", effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (!key) return operator === "Exists";
  return key === taint.key && (operator === "Exists" || value === (taint.value ?? ""));
}
