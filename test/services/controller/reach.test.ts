import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PetageError } from "#lib/base/errors.ts";
import type { ErrorCode } from "#lib/base/errors.ts";
import { silentLog } from "#lib/base/log.ts";
import { configNode } from "#lib/config/component/node.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import { AllowedFolders } from "#lib/host/files/allowed-folders.ts";
import { openLoader } from "#lib/host/thread/data-loader.ts";
import { dial } from "#lib/rpc/client.ts";
import type { Client } from "#lib/rpc/contract.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import type { RunningServer } from "#lib/rpc/server.ts";
import type { TrainingJobSpec } from "#proto/petage/v1/TrainingJobSpec.ts";
import { MachineJobs } from "#services/controller/local/jobs.ts";
import { reachOf } from "#services/controller/local/reach.ts";
import { createControllerService } from "#services/controller/service.ts";
import { resolved } from "#test/support/tiny-model.ts";
import { tinyLoader, writeTinyProject } from "#test/support/tiny-project.ts";

const SECRET = "hunter2";
const OUTSIDE = /lies outside the folders that may be used here.*PETAGE_(READ|WRITE)_ROOTS \[INVALID_ARGUMENT\]$/;
const BY_LINK = /leads by a link outside the folders/;

describe("a controller that serves others", () => {
  let base = "";
  let root = "";
  let away = "";
  let server: RunningServer;
  let client: Client<"ControllerService">;

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "petage-reach-"));
    [root, away] = [join(base, "root"), join(base, "root-of-others")];
    await Promise.all([root, away].map((folder) => mkdir(folder)));
    await writeTinyProject(root, { count: 20 });
    await writeFile(join(away, "secret.py"), `token = '${SECRET}'\n`);
    await writeFile(join(root, "secret-notes.py"), `token = '${SECRET}'\n`);
    await symlink(away, join(root, "link"));
    process.env["PETAGE_TEST_SHOWN"] = "shown";
    process.env["PETAGE_TEST_HIDDEN"] = SECRET;
    const settings = {
      PETAGE_ROOT: root,
      PETAGE_READ_ROOTS: undefined,
      PETAGE_WRITE_ROOTS: undefined,
      PETAGE_CONFIG_VARIABLES: "PETAGE_TEST_SHOWN, OTHER",
    };
    const reach = reachOf(settings, { quotesFiles: false });
    const jobs = new MachineJobs({ natsUrl: undefined, root, log: silentLog, reach });
    const services = [implement("ControllerService", createControllerService(jobs))];
    server = await serve({ port: 0, services, log: silentLog });
    client = dial(server.address, "ControllerService");
  });
  after(async () => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    delete process.env["PETAGE_TEST_SHOWN"];
    delete process.env["PETAGE_TEST_HIDDEN"];
    await rm(base, { recursive: true, force: true });
  });

  const tiny = (): string => join(root, "tiny.json");
  const check = (spec: TrainingJobSpec) => client.createTrainingJob({ job: { spec }, validateOnly: true });

  async function refusal(spec: TrainingJobSpec): Promise<PetageError> {
    const answer = await check(spec).catch((thrown: unknown) => thrown);
    assert.ok(answer instanceof PetageError, "the job was accepted");
    return answer;
  }

  async function put(name: string, text: string): Promise<string> {
    await writeFile(join(root, name), text);
    return join(root, name);
  }

  const refused: readonly (readonly [what: string, spec: () => TrainingJobSpec, says: RegExp])[] = [
    ["a config outside", () => ({ config: { path: "/etc/passwd.py" } }), OUTSIDE],
    ["a config that climbs out", () => ({ config: { path: `${root}/../root-of-others/secret.py` } }), OUTSIDE],
    ["a config behind a link", () => ({ config: { path: join(root, "link/secret.py") } }), BY_LINK],
    ["a work dir outside", () => ({ config: { path: tiny() }, workDir: "/tmp/x" }), OUTSIDE],
    ["a work dir that climbs out", () => ({ config: { path: tiny() }, workDir: "../root-of-others" }), OUTSIDE],
    ["a work dir behind a link", () => ({ config: { path: tiny() }, workDir: "link/runs" }), BY_LINK],
    ["a work dir of its config", () => ({ config: { path: tiny(), cfgOptions: ["work_dir=/tmp/x"] } }), OUTSIDE],
    ["weights outside", () => ({ config: { path: tiny() }, loadFrom: join(away, "a.pth") }), OUTSIDE],
    ["weights of its config", () => ({ config: { path: tiny(), cfgOptions: ["load_from=/etc/a.pth"] } }), OUTSIDE],
    [
      "weights by URI",
      () => ({ config: { path: tiny() }, loadFrom: pathToFileURL(join(away, "a b.pth")).href }),
      OUTSIDE,
    ],
    ["weights on another host", () => ({ config: { path: tiny() }, loadFrom: "file://host/a.pth" }), /is no URI/],
    ["a checkpoint outside", () => ({ config: { path: tiny() }, checkpoint: { resume: away } }), OUTSIDE],
    [
      "a checkpoint behind a link",
      () => ({ config: { path: tiny() }, checkpoint: { resume: `${root}/link/a` } }),
      BY_LINK,
    ],
  ];
  for (const [what, spec, says] of refused) {
    it(`refuses ${what}`, async () => {
      const error = await refusal(spec());
      assert.equal(error.code, "INVALID_ARGUMENT");
      assert.match(error.describe(), says);
      assert.deepEqual((await readdir(away)).toSorted(), ["secret.py"]);
    });
  }

  it("takes what lies below its root", async () => {
    assert.ok((await check({ config: { path: tiny() }, workDir: "runs/a" })).job);
    assert.ok((await check({ config: { name: "resnet18_petage_quickstart" } })).job);
  });

  const bases: readonly (readonly [what: string, base: () => string, code: ErrorCode])[] = [
    ["outside", () => join(away, "secret.py"), "INVALID_ARGUMENT"],
    ["behind a link", () => "link/secret.py", "INVALID_ARGUMENT"],
    ["that is not there", () => "secret.py", "CONFIG_NOT_FOUND"],
  ];
  for (const [what, name, code] of bases) {
    it(`says where a base ${what} is named, and not its name`, async () => {
      const path = await put("derived.py", `\n_base_ = '${name()}'\nwork_dir = _base_.token\n`);
      const error = await refusal({ config: { path } });
      assert.deepEqual([error.code, error.position?.line], [code, 2], error.describe());
      assert.doesNotMatch(error.describe(), /hunter2|secret/);
    });
  }

  it("names no neighbour of a config that is not there", async () => {
    for (const path of [join(root, "secret-note.py"), join(root, "tiny.jso.json"), join(root, "nowhere/a.py")]) {
      const error = await refusal({ config: { path } });
      assert.equal(error.code, "CONFIG_NOT_FOUND");
      assert.equal(error.hint, undefined);
    }
  });

  it("tells where a config leads outside, and quotes it only to whom it belongs", async () => {
    const path = await put("leads.py", `_base_ = 'tiny.json'\nload_from = '/hunter2/a.pth'\n`);
    const error = await refusal({ config: { path } });
    assert.deepEqual([error.code, error.position?.line], ["INVALID_ARGUMENT", 2]);
    assert.doesNotMatch(error.describe(), /hunter2/);
    const own = await refusal({
      config: { name: "resnet18_petage_quickstart", cfgOptions: ["load_from=/hunter2/a.pth"] },
    });
    assert.match(own.describe(), /hunter2.*outside/);
  });

  const variables: readonly (readonly [name: string, seen: string])[] = [
    ["PETAGE_TEST_SHOWN", "shown"],
    ["PETAGE_TEST_HIDDEN", "none"],
    ["HOME", "none"],
    ["PATH", "none"],
  ];
  for (const [name, seen] of variables) {
    it(`gives a config the variable ${name}: ${seen}`, async () => {
      const text = `_base_ = './resnet/resnet18_petage_quickstart.py'\nwork_dir = '/{{$${name}:none}}'\n`;
      assert.match((await refusal({ config: { text } })).describe(), new RegExp(`/${seen} lies outside`));
      const evaluated = `import os\n${text.replace(`{{$${name}:none}}`, "' + os.environ.get('NAME', 'none') + '")}`;
      const error = await refusal({ config: { text: evaluated.replace("NAME", name) } });
      assert.match(error.describe(), new RegExp(`/${seen} lies outside`));
    });
  }

  const data: readonly (readonly [what: string, keys: object])[] = [
    ["annotations outside", { ann_file: "/etc/passwd" }],
    ["annotations that climb out", { ann_file: "../../root-of-others/secret.py" }],
    ["annotations behind a link", { ann_file: "../link/secret.py" }],
    ["classes outside", { classes: "/etc/passwd" }],
    ["a folder outside", { data_root: "/etc", data_prefix: "", ann_file: "" }],
    ["photos that climb out", { ann_file: "meta/climbing.txt" }],
  ];
  for (const [what, keys] of data) {
    it(`has its data-loader refuse ${what}`, async () => {
      await writeFile(join(root, "pets/meta/climbing.txt"), "../../../root-of-others/secret.py 1\n");
      const loader = tinyLoader(join(root, "pets"), "train", {});
      const dataset = { ...(loader["dataset"] as object), ...keys } as ConfigDict;
      const node = configNode(resolved({ train_dataloader: { ...loader, dataset } })).child("train_dataloader");
      const allowed = new AllowedFolders([root], "PETAGE_READ_ROOTS");
      const opening = openLoader(node, { purpose: "train", seed: 0, log: silentLog, allowed });
      await assert.rejects(opening, { code: "INVALID_ARGUMENT", message: /outside the folders/ });
    });
  }
});
