/**
 * Checks the built page's weight: scripts that load before any model, gzipped, and the embedded models. What loads
 * before a model: the page's own scripts, the engine's worker, the panel that is shown first, and everything that
 * these import statically. Chunks that are fetched later (other panels, the editor of edits) are listed, not counted.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const SCRIPT_LIMIT_KB = 200;
const MODELS_LIMIT_MB = 4;
/** As in `session.svelte.ts`: what a visitor sees first. */
const FIRST_PANEL = "ChainOfThought";

/** Scripts that a built script imports statically: `import … from "./x.js"`, `import "./x.js"`, `export … from`. */
export function staticImports(code) {
  return [...code.matchAll(/\b(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)].map(([, name]) => name);
}

/** Scripts and preloaded modules that index.html names. */
export function pageScripts(html) {
  const tags = html.match(/<(?:script|link)\b[^>]*>/g) ?? [];
  const loaded = tags.filter((tag) => /^<script|rel="modulepreload"/.test(tag));
  return loaded.flatMap((tag) => /(?:src|href)="[^"]*?([\w.-]+\.js)"/.exec(tag)?.[1] ?? []);
}

/** Workers that a built script starts. */
export function workers(code) {
  return [...code.matchAll(/["'`]([\w.-]*worker[\w.-]*\.js)["'`]/g)].map(([, name]) => name);
}

/** `names` and everything that they import statically; `read` gives a script's code. */
export function reachable(names, read) {
  const found = new Set();
  const visit = (name) => {
    if (found.has(name)) return;
    found.add(name);
    staticImports(read(name)).forEach(visit);
  };
  names.forEach(visit);
  return found;
}

function main() {
  const read = (name) => readFileSync(join("dist/assets", name), "utf8");
  const all = readdirSync("dist/assets").filter((name) => name.endsWith(".js"));
  const kB = (name) => gzipSync(read(name), { level: 9 }).length / 1000;
  const page = reachable(pageScripts(readFileSync("dist/index.html", "utf8")), read);
  const first = all.filter((name) => name.startsWith(`${FIRST_PANEL}-`));
  const engine = [...page]
    .flatMap((name) => workers(read(name)))
    .filter((name) => existsSync(join("dist/assets", name)));
  // A build whose parts are not found would look light.
  if (page.size === 0 || first.length !== 1 || engine.length === 0)
    throw new Error(
      `dist has ${page.size} page scripts, ${first.length} first panels, ${engine.length} workers`,
    );
  const loaded = reachable([...page, ...first, ...engine], read);

  const print = (title, names) => {
    console.log(title);
    const sizes = names.map((name) => [name, kB(name)]).sort(([, a], [, b]) => b - a);
    for (const [name, size] of sizes) console.log(`${size.toFixed(1).padStart(8)} kB  ${name}`);
    return sizes.reduce((sum, [, size]) => sum + size, 0);
  };
  const laterKB = print(
    "later, when asked for:",
    all.filter((name) => !loaded.has(name)),
  );
  const scriptsKB = print("before any model:", [...loaded]);
  console.log(
    `${scriptsKB.toFixed(1).padStart(8)} kB  scripts before any model, gzipped (limit ${SCRIPT_LIMIT_KB})`,
  );
  console.log(`${laterKB.toFixed(1).padStart(8)} kB  scripts that are fetched later`);

  const models = readdirSync("dist/models", { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const modelsMB =
    models.reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0) /
    1e6;
  console.log(`${modelsMB.toFixed(2).padStart(8)} MB  embedded models (limit ${MODELS_LIMIT_MB})`);
  process.exitCode = scriptsKB <= SCRIPT_LIMIT_KB && modelsMB <= MODELS_LIMIT_MB ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
