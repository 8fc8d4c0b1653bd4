/**
 * `npm run setup`: does what install scripts would do, were they allowed to run: the TensorFlow library with its
 * binding, and nats-server. What is there already is kept; what was fetched is shared by all checkouts.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { cacheFolder } from "./setup/cache.ts";
import { setUpNats } from "./setup/nats.ts";
import { consoleReport } from "./setup/report.ts";
import { setUpTensorflow } from "./setup/tensorflow.ts";

const { values } = parseArgs({ options: { stamp: { type: "string" }, key: { type: "string" } } });
const report = consoleReport();
console.log(`Setting up petage (cache: ${cacheFolder()})`);
const needs = [...(await setUpTensorflow(report)), ...(await setUpNats(report))];
if (values.stamp !== undefined) writeFileSync(values.stamp, JSON.stringify({ key: values.key, needs }));
