/**
 * `npm test`: everything, in order, with a table at the end and the line `N passed, N failed`. A stage that
 * runs no test has failed. `npm test -- --only unit,gpu` runs some stages while developing.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromiumPath } from "./chromium.mjs";

const reports = mkdtempSync(join(tmpdir(), "vitrine-test-"));

function command(line, env = {}) {
  return new Promise((resolve) => {
    const child = spawn("npx", ["--no-install", ...line], {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...env },
    });
    child.on("close", (code) => resolve(code === 0));
  });
}

/** A check that passes or fails as a whole. */
const whole =
  (...line) =>
  async () => {
    const ok = await command(line);
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
  };

/** A stage that drives a browser; where none can be had it has failed, and the other stages still run. */
const inChromium = (stage) => async () => {
  try {
    process.env.CHROMIUM = chromiumPath();
  } catch (error) {
    console.error(error.message);
    return counted(false, 0, 0);
  }
  return stage();
};

function counted(ok, passed, failed) {
  // A crash outside any test, or a run of no test at all, is a failure too.
  return { passed, failed: failed + (failed === 0 && (!ok || passed === 0) ? 1 : 0) };
}

const vitest = (project) => async () => {
  const out = join(reports, `${project}.json`);
  const ok = await command([
    "vitest",
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${out}`,
  ]);
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(out, "utf8"));
    return counted(ok, numPassedTests, numFailedTests);
  } catch {
    return counted(false, 0, 0);
  }
};

const playwright = async () => {
  const out = join(reports, "e2e.json");
  const ok = await command(["playwright", "test", "--reporter=list,json"], {
    PLAYWRIGHT_JSON_OUTPUT_FILE: out,
    PLAYWRIGHT_JSON_OUTPUT_NAME: out,
  });
  try {
    const { stats } = JSON.parse(readFileSync(out, "utf8"));
    return counted(ok, stats.expected + stats.flaky, stats.unexpected);
  } catch {
    return counted(false, 0, 0);
  }
};

const STAGES = {
  types: whole("svelte-check", "--tsconfig", "./tsconfig.json", "--fail-on-warnings"),
  lint: whole("eslint", "."),
  format: whole("prettier", "--check", "."),
  unit: vitest("unit"),
  component: vitest("dom"),
  gpu: inChromium(vitest("gpu")),
  build: whole("vite", "build", "--logLevel", "warn"),
  size: async () => {
    const ok = await command(["node", "scripts/size.mjs"]);
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
  },
  e2e: inChromium(playwright),
  compat: vitest("compat"),
};
/** What `npm test` runs; `compat` needs data that is not part of the project (`npm run test:compat`). */
const DEFAULT = Object.keys(STAGES).filter((name) => name !== "compat");

const only = process.argv.indexOf("--only");
const names = only < 0 ? DEFAULT : (process.argv[only + 1] ?? "").split(",");
const unknown = names.filter((name) => !(name in STAGES));
if (unknown.length > 0)
  throw new Error(`unknown stage ${unknown.join(", ")}; known: ${Object.keys(STAGES).join(", ")}`);

const results = [];
for (const name of names) {
  console.log(`\n── ${name}`);
  const started = Date.now();
  const result = await STAGES[name]();
  results.push({ stage: name, ...result, seconds: Math.round((Date.now() - started) / 1000) });
}
console.log("");
console.table(results);
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
