import assert from "node:assert/strict";
import { EXIT } from "#lib/host/exit-codes.ts";
import {
  dataLoaderVariables,
  endVariables,
  predictingVariables,
  evaluatorVariables,
  processVariables,
  trainerVariables,
} from "#lib/jobs/worker-environment.ts";
import { settingsVariables } from "#lib/k8s/job/settings.ts";
import { readText, sourceFiles } from "../support/sources.ts";

const text = readText("docs/operations.md");

/** Rows of the tables below a heading, cell by cell, without backquotes. */
function rowsBelow(heading: string): string[][] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return section
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.slice(1, -1).split("|"))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll("`", "")));
}

const SERVICES = ["controller", "data-loader", "evaluator", "inference", "trainer"];

/** The variables that services share with those that start them, by service. */
const SHARED: Readonly<Record<string, object>> = {
  controller: settingsVariables,
  "data-loader": dataLoaderVariables,
  evaluator: evaluatorVariables,
  inference: predictingVariables,
  trainer: trainerVariables,
};

/** The variables that a service reads: its own, those that it shares, and those of every process. */
function variablesOf(service: string): string[] {
  const own = [
    ...readText(`services/${service}/config.ts`).matchAll(/^\s+([A-Z][A-Z_]+): (?:z\b|optional|unlessEmpty)/gm),
  ];
  const shared = Object.keys({ ...processVariables, ...endVariables, ...SHARED[service] });
  return [...shared, ...own.map((match) => match[1] ?? "")];
}

describe("docs/operations.md", () => {
  const rows = rowsBelow("Environment variables");

  for (const service of SERVICES) {
    it(`lists the variables of the ${service}, and no other`, () => {
      const documented = rows.flatMap(([name = "", of = ""]) =>
        of === "all" || of.split(", ").includes(service) ? [name] : [],
      );
      assert.deepEqual(documented.toSorted(), [...new Set(variablesOf(service))].toSorted());
    });
  }

  it("lists every variable of ours that any other code reads", () => {
    const documented = new Set(rows.map(([name]) => name));
    const files = sourceFiles("lib", "cli", "services", "scripts").filter(
      ({ path }) => !/^scripts\/(cluster|image)\//.test(path), // docs/cluster.md, docs/images.md
    );
    const read = files.flatMap((file) => [...file.text.matchAll(/\bPETAGE_[A-Z_]+[A-Z]\b/g)].map(([name]) => name));
    assert.deepEqual(
      [...new Set(read)].filter((name) => !documented.has(name)),
      [],
    );
  });

  it("lists every exit code of the services", () => {
    const documented = rowsBelow("Exit codes").filter(([, of]) => of !== "the command line");
    assert.deepEqual(
      documented.map(([code]) => Number(code)),
      Object.values(EXIT).toSorted((a, b) => a - b),
    );
  });

  for (const [name = "", value = "", path = ""] of rowsBelow("Limits")) {
    it(`states ${name} as it is in ${path}`, () => {
      const [, expression = ""] = new RegExp(`const ${name} = ([^;]+);`).exec(readText(path)) ?? [];
      assert.equal(parseQuantity(value), evaluate(expression), expression);
    });
  }
});

const UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, s: 1000, ms: 1, "%": 0.01 };

/** `16 MiB` in bytes, `30 s` in milliseconds. */
function parseQuantity(quantity: string): number {
  const [amount = "", unit = ""] = quantity.split(" ");
  return Number(amount) * (UNITS[unit] ?? Number.NaN);
}

/** A product of numbers and powers, as constants are written. */
function evaluate(expression: string): number {
  return expression
    .replaceAll("_", "")
    .split(/(?<!\*)\*(?!\*)/)
    .map((factor) => factor.split("**").map(Number))
    .reduce((product, [base = Number.NaN, exponent = 1]) => product * base ** exponent, 1);
}
