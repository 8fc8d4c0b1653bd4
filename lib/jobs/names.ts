import { PetageError } from "#lib/base/errors.ts";

const NAME = /^[a-z0-9]([-a-z0-9]{0,43}[a-z0-9])?$/;

/** A name that a job may have on one machine. */
export function checkJobName(name: string): string {
  if (NAME.test(name)) return name;
  throw new PetageError(
    "INVALID_ARGUMENT",
    `metadata.name is ${JSON.stringify(name)}, expected a-z, 0-9 and '-', at most 45`,
  );
}

/** The beginning of a job's name that reminds of its config's; with numbers after it, it fits into a pod's. */
export function nameLike(configName: string): string {
  const plain = configName
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^-/, "");
  return plain.slice(0, 30).replace(/-$/, "") || "job";
}

/** `20261123_061500`, as mmengine names runs, in the machine's time. */
export function runName(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}_${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}

/** `20261123_061500_0a1b2`: the run of a job that a cluster made at that moment, UTC. The end tells it from namesakes. */
export function runNameOf(created: Date, uid: string): string {
  const time = created.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "_");
  return `${time}_${uid.slice(0, UID_CHARACTERS)}`;
}

/** Whether a folder of this name is a run of that job. */
export function isRunOf(name: string, uid: string): boolean {
  return uid.length >= UID_CHARACTERS && RUN_NAME.test(name) && name.endsWith(`_${uid.slice(0, UID_CHARACTERS)}`);
}

const UID_CHARACTERS = 5;
const RUN_NAME = /^\d{8}_\d{6}_[^/]{5}$/;
