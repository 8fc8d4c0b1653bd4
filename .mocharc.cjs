// Mocha adds the files named on the command line to `spec`; whoever names some wants only those.
const named = process.argv.slice(2).some((argument) => argument.endsWith(".test.ts"));

module.exports = {
  import: ["tsx"],
  ...(named ? {} : { spec: "test/**/*.test.ts" }),
  reporter: "test/support/reporter.mjs",
  timeout: 60_000,
  forbidOnly: Boolean(process.env.CI),
};
