import { readdir, readFile } from "node:fs/promises";
import { Access } from "#lib/rpc/access/access.ts";

export interface JobCaller {
  readonly access: Access;
  /** Uid of the job. */
  readonly job: string;
}

/** Calls services of a job as its workers do: by the key that they have in their environment. */
export async function asWorkerOf(uid: string | undefined): Promise<JobCaller> {
  const job = uid ?? "";
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const text = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    const environment = new Map(text.split("\0").map((line) => line.split(/=(.*)/s) as [string, string]));
    const jobKey = environment.get("PETAGE_JOB_KEY");
    if (environment.get("JOB_UID") === job && jobKey) return { access: new Access({ jobKey }), job };
  }
  throw new Error(`No process belongs to the job ${job}`);
}
