const { readdirSync } = require("node:fs");
const { cpus } = require("node:os");

// Mocha adds what is named on the command line to `spec`; whoever names files or folders wants only those.
const named = process.argv
  .slice(2)
  .some((argument) => argument.endsWith(".test.ts") || /^(\.\/)?test(\/|$)/.test(argument));

/** Files beside each other. Most tests start processes of their own, so that two lanes keep two cores busy. */
const LANES = Math.max(2, Math.floor(cpus().length / 2));

/** Comes first: on a new machine it builds the programs of the test cluster, which the other lane does not need yet. */
const LONGEST = "test/e2e/cluster/petage.test.ts";
const NEEDS_CLUSTER =
  /^test\/(e2e\/cluster|services\/controller\/kubernetes|charts\/install|deploy\/crd|bench\/controller)/;

/** All tests, in the order in which the lanes take them. */
function everything() {
  const files = readdirSync("test", { recursive: true })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `test/${name}`)
    .toSorted();
  const late = files.filter((file) => NEEDS_CLUSTER.test(file) && file !== LONGEST);
  return [LONGEST, ...files.filter((file) => !NEEDS_CLUSTER.test(file)), ...late];
}

module.exports = {
  import: ["tsx"],
  extension: ["test.ts"],
  recursive: true,
  ...(named ? {} : { spec: everything(), parallel: true, jobs: LANES }),
  require: ["./test/support/warnings.mjs"],
  reporter: "test/support/reporter.mjs",
  timeout: 60_000,
  forbidOnly: Boolean(process.env.CI),
};
