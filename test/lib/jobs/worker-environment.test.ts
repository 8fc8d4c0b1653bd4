import assert from "node:assert/strict";
import { z } from "zod";
import type { Role } from "#lib/jobs/job-state.ts";
import {
  dataLoaderVariables,
  evaluatorVariables,
  processVariables,
  trainerVariables,
  workerEnvironment,
} from "#lib/jobs/worker-environment.ts";

const ATTEMPT = {
  job: { name: "quickstart", uid: "u1" },
  configPath: "/etc/petage/config.json",
  natsUrl: "",
  size: 2,
  workDir: "work_dirs/tiny",
  runDir: "work_dirs/tiny/1",
  loadFrom: "",
  resumeFrom: "auto",
};
const COMMON = {
  PETAGE_NAME: "evaluator",
  PETAGE_CONFIG: "/etc/petage/config.json",
  TF_CPP_MIN_LOG_LEVEL: "3",
  JOB_NAME: "quickstart",
  JOB_UID: "u1",
  ATTEMPT: "3",
  NATS_URL: "",
};

/** What each role reads; a nats-server is not ours and reads nothing. */
const READ: Readonly<Record<Exclude<Role, "nats-server">, z.ZodType>> = {
  "data-loader": z.object({ ...processVariables, ...dataLoaderVariables }),
  evaluator: z.object({ ...processVariables, ...evaluatorVariables }),
  trainer: z.object({ ...processVariables, ...trainerVariables }),
};

describe("workerEnvironment()", () => {
  it("gives a helper the job, the attempt and the config", () => {
    assert.deepEqual(workerEnvironment({ role: "evaluator", rank: 0, attempt: 3 }, ATTEMPT), COMMON);
  });

  it("gives a trainer its rank and its folders as well", () => {
    assert.deepEqual(workerEnvironment({ role: "trainer", rank: 1, attempt: 3 }, ATTEMPT), {
      ...COMMON,
      PETAGE_NAME: "trainer-1",
      RANK: "1",
      WORLD_SIZE: "2",
      PETAGE_WORK_DIR: "work_dirs/tiny",
      PETAGE_RUN_DIR: "work_dirs/tiny/1",
      PETAGE_LOAD_FROM: "",
      PETAGE_RESUME_FROM: "auto",
    });
  });

  it("tells each of several data-loaders which it is, and who reads how many there are", () => {
    const environmentOf = (role: Role, rank: number): (string | undefined)[] => {
      const given = workerEnvironment({ role, rank, attempt: 3 }, { ...ATTEMPT, dataLoaders: 2 });
      return [given.PETAGE_DATA_LOADER_INDEX, given.PETAGE_DATA_LOADERS];
    };
    assert.deepEqual(environmentOf("data-loader", 1), ["1", undefined]);
    assert.deepEqual(environmentOf("trainer", 1), [undefined, "2"]);
    assert.deepEqual(environmentOf("evaluator", 0), [undefined, "2"]);
  });

  for (const [role, schema] of Object.entries(READ)) {
    it(`gives a ${role} all that it cannot do without`, () => {
      const given = workerEnvironment({ role: role as Role, rank: 0, attempt: 0 }, ATTEMPT);
      assert.equal(schema.safeParse(given).success, true);
    });
  }
});
