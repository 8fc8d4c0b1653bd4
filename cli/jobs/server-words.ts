import { PetageError } from "#lib/base/errors.ts";
import { KubeError } from "#lib/k8s/errors.ts";

/** Says in words what a call was refused for. */
export async function told<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (thrown) {
    throw inWords(thrown);
  }
}

/** What the API server said, without the path of the call: people gave a command, not a path. */
export function inWords(thrown: unknown): unknown {
  if (!(thrown instanceof PetageError)) return thrown;
  if (thrown instanceof KubeError && thrown.status === 404 && !thrown.message.includes('"')) {
    return new PetageError("NOT_FOUND", "This cluster does not know TrainingJobs", {
      cause: thrown,
      hint: "Install petage there: helm install petage charts/petage --namespace petage --create-namespace",
    });
  }
  const answered = thrown instanceof KubeError ? "" : "Cannot reach the API server: ";
  const message = thrown.message.replace(/^[A-Z]+ \/\S+: /, answered);
  const { code, position, hint } = thrown;
  return new PetageError(code, message, { cause: thrown, ...(position && { position }), ...(hint && { hint }) });
}
