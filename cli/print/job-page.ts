import type { FailureStatus, ProgressStatus } from "#lib/jobs/training-job.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { formatSeconds } from "#lib/base/format-seconds.ts";
import { statusOf } from "../jobs/job-api.ts";
import { columns } from "./table.ts";
import { age, bar } from "./text.ts";

const BAR_WIDTH = 24;

export interface DescribeOptions {
  readonly nowMs: number;
  /** How the command is called: `petage job`. */
  readonly command: string;
  /** Why nobody runs it, where it has no status and somebody has said so. */
  readonly unattended?: string | undefined;
  /** Flags that lead there again: ` --namespace pets`. */
  readonly place: string;
}

/** A job as a page for people. */
export function describeJob(job: TrainingJobObject, options: DescribeOptions): string {
  const { nowMs, command, place, unattended } = options;
  const { metadata, spec } = job;
  const status = { ...statusOf(job), ...(unattended !== undefined && { message: unattended }) };
  const { phase = "Pending", message, workers, attempt = 0, restarts = 0, progress, lastCheckpoint, result } = status;
  const created = `created ${age(metadata.creationTimestamp, nowMs)} ago`;
  const rows: (readonly [string, string | undefined])[] = [
    [
      "Job",
      [metadata.name, metadata.namespace && `in namespace ${metadata.namespace}`, created].filter(Boolean).join(", "),
    ],
    ["Phase", message ? `${phase}: ${message}` : phase],
    ["Config", [configOf(job), ...(spec.config.cfgOptions ?? [])].join(" ")],
    ["Workers", workers && `${workers.summary} ready, attempt ${attempt}, ${count(restarts, "restart")}`],
    ["Progress", progress && progressOf(progress)],
    ["Training", progress && trainingOf(progress)],
    ["Validation", metricsOf(progress)],
    ["Checkpoint", lastCheckpoint && `${lastCheckpoint.uri} (step ${lastCheckpoint.step})`],
    ["Results", status.workDir || undefined],
    ["Model", result?.modelUri || undefined],
    ["Published", result && spec.publish ? `as ${spec.publish.modelName}` : undefined],
  ];
  const parts = [
    columns(rows.flatMap(([name, value]) => (value ? [[name, value]] : []))),
    conditionsOf(job, nowMs),
    status.lastFailure ? failureOf(status.lastFailure, nowMs) : "",
    `Next: ${command} ${nextStep(job)}${place}\n`,
  ];
  return parts.filter((part) => part !== "").join("\n");
}

function configOf({ spec: { config } }: TrainingJobObject): string {
  const { name, configMapRef, fileName = "config.py" } = config;
  return (
    name ?? (configMapRef ? `ConfigMap ${configMapRef.name}, ${configMapRef.key}` : `${fileName}, in the job itself`)
  );
}

function progressOf({
  epoch = 0,
  maxEpochs = 0,
  step = 0,
  maxSteps = 0,
  percent,
  etaSeconds,
  lostSteps,
}: ProgressStatus): string {
  const share = (percent ?? (maxSteps > 0 ? (100 * step) / maxSteps : 0)) / 100;
  const left = etaSeconds === undefined || etaSeconds <= 0 ? "" : `, ${formatSeconds(etaSeconds)} left`;
  const lost = lostSteps ? `, ${count(lostSteps, "step")} done again` : "";
  return `${bar(share, BAR_WIDTH)} ${Math.floor(share * 100)} %, epoch ${epoch}/${maxEpochs}, step ${step}/${maxSteps}${left}${lost}`;
}

function trainingOf(progress: ProgressStatus): string | undefined {
  const { loss, learningRate, imagesPerSecond, dataWaitShare, allReduceShare } = progress;
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const parts = [
    loss !== undefined && `loss ${loss.toFixed(4)}`,
    learningRate !== undefined && `lr ${learningRate.toExponential(1)}`,
    imagesPerSecond !== undefined && `${imagesPerSecond.toFixed(0)} images/s`,
    dataWaitShare !== undefined && `${percent(dataWaitShare)} waiting for data`,
    allReduceShare !== undefined && `${percent(allReduceShare)} for the ring`,
  ];
  return parts.filter(Boolean).join(", ") || undefined;
}

function metricsOf(progress: ProgressStatus | undefined): string | undefined {
  const metrics = Object.entries(progress?.validationMetrics ?? {});
  if (metrics.length > 0) return metrics.map(([name, value]) => `${name} ${value.toFixed(2)}`).join(", ");
  const mae = progress?.valMaeMonths;
  return mae === undefined ? undefined : `${mae.toFixed(2)} months off`;
}

function conditionsOf({ status }: TrainingJobObject, nowMs: number): string {
  const { conditions = [] } = status ?? {};
  if (conditions.length === 0) return "";
  const rows = conditions.map(({ type, status: holds, lastTransitionTime, reason, message }) => [
    type,
    holds,
    age(lastTransitionTime, nowMs),
    reason,
    message,
  ]);
  return columns([["CONDITION", "STATUS", "SINCE", "REASON", "MESSAGE"], ...rows]);
}

function failureOf({ worker, node, exitCode, signal, reason, message, time }: FailureStatus, nowMs: number): string {
  const how = [
    node && `on ${node}`,
    signal ? `by ${signal}` : exitCode !== undefined && `with exit code ${exitCode}`,
    `${age(time, nowMs)} ago`,
  ];
  return `Last failure: ${worker} ended ${how.filter(Boolean).join(" ")} (${reason})\n  ${message.replaceAll("\n", "\n  ")}\n`;
}

/** What a person does next, without the name of the program. */
function nextStep({ metadata: { name }, status }: TrainingJobObject): string {
  switch (status?.phase) {
    case "Running":
      return `logs ${name} --follow`;
    case "Suspended":
      return `resume ${name}`;
    case "Succeeded":
      return `logs ${name} --rank 0 --tail 20`;
    case "Failed":
    case "Cancelled":
      return `logs ${name} --tail 50`;
    default:
      return `watch ${name}`;
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
