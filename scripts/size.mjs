/** Checks the built page's weight: scripts that load before any model, gzipped, and the embedded models. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const SCRIPT_LIMIT_KB = 200;
const MODELS_LIMIT_MB = 4;

const assets = readdirSync("dist/assets").filter((name) => name.endsWith(".js"));
const gzipped = assets.map((name) => ({
  name,
  kB: gzipSync(readFileSync(join("dist/assets", name)), { level: 9 }).length / 1000,
}));
const scriptsKB = gzipped.reduce((sum, { kB }) => sum + kB, 0);
for (const { name, kB } of gzipped) console.log(`${kB.toFixed(1).padStart(8)} kB  ${name}`);
console.log(`${scriptsKB.toFixed(1).padStart(8)} kB  all scripts, gzipped (limit ${SCRIPT_LIMIT_KB})`);

const models = readdirSync("dist/models", { recursive: true, withFileTypes: true }).filter((entry) =>
  entry.isFile(),
);
const modelsMB =
  models.reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0) /
  1e6;
console.log(`${modelsMB.toFixed(2).padStart(8)} MB  embedded models (limit ${MODELS_LIMIT_MB})`);
process.exitCode = scriptsKB <= SCRIPT_LIMIT_KB && modelsMB <= MODELS_LIMIT_MB ? 0 : 1;
