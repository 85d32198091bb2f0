/**
 * `npm test`: everything, the quick checks first, with a table at the end and the line `N passed, N failed`. A stage that
 * runs no test has failed. `npm test -- --only unit,gpu` runs some stages while developing.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromiumPath } from "./chromium.mjs";

const reports = mkdtempSync(join(tmpdir(), "vitrine-test-"));

function command(line, env = {}, output = "inherit") {
  return new Promise((resolve) => {
    const child = spawn("npx", ["--no-install", ...line], {
      stdio: ["ignore", output, output],
      env: { ...process.env, ...env },
    });
    const printed = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => printed.push(chunk));
    child.on("close", (code) => {
      process.stdout.write(Buffer.concat(printed));
      resolve(code === 0);
    });
  });
}

/** A check that passes or fails as a whole. It runs beside others: what it prints comes in one piece. */
const whole =
  (...line) =>
  async () => {
    const ok = await command(line, {}, "pipe");
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

/** Stages that use one core each, the longest first: they run two at a time. */
const ON_ONE_CORE = ["lint", "types", "format", "build"];

const STAGES = {
  lint: whole("eslint", "."),
  types: whole("svelte-check", "--tsconfig", "./tsconfig.json", "--fail-on-warnings"),
  format: whole("prettier", "--check", "."),
  build: whole("vite", "build", "--logLevel", "warn"),
  unit: vitest("unit"),
  component: vitest("dom"),
  gpu: inChromium(vitest("gpu")),
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
async function run(name) {
  const started = Date.now();
  const result = await STAGES[name]();
  const seconds = Math.round((Date.now() - started) / 1000);
  results.push({ stage: name, ...result, seconds });
  return `\n── ${name}: ${result.passed} passed, ${result.failed} failed, ${seconds} s`;
}

const queue = names.filter((name) => ON_ONE_CORE.includes(name));
const lane = async () => {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) console.log(await run(name));
};
await Promise.all([lane(), lane()]);
for (const name of names.filter((one) => !ON_ONE_CORE.includes(one))) {
  console.log(`\n── ${name}`);
  console.log(await run(name));
}
console.log("");
console.table(results);
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
