import { fileURLToPath } from "node:url";

/** Root of this checkout or installation. */
export const PROJECT_ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The configs that come with petage. */
export const CONFIGS_FOLDER = fileURLToPath(new URL("../../configs", import.meta.url));

/** The CustomResourceDefinition of TrainingJobs. */
export const CRD_FILE = fileURLToPath(new URL("../../deploy/crd/trainingjobs.petage.dev.yaml", import.meta.url));

/** What `startProcess` runs for a service: "trainer". */
export function serviceEntry(service: string): string {
  return fileURLToPath(new URL(`../../services/${service}/main.ts`, import.meta.url));
}
