/** `npm run ok`: every static check, one line each; what a failed one said follows its line. */
import { spawnSync } from "node:child_process";

const CHECKS = ["format:check", "lint", "typecheck", "gen:check", "knip", "lockfile:check"];

const failed = CHECKS.filter((check) => {
  const startedMs = performance.now();
  const { status, stdout, stderr } = spawnSync("npm", ["run", "--silent", check], { encoding: "utf8" });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok    " : "FAILED"} ${check} (${seconds} s)`);
  if (status !== 0) console.log(`${stdout}${stderr}`.trimEnd());
  return status !== 0;
});
if (failed.length > 0) {
  console.log(`\n${failed.length} of ${CHECKS.length} checks failed. Each is a command: npm run ${failed[0] ?? ""}`);
  process.exitCode = 1;
}
