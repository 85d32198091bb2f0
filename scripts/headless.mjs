/**
 * `npm run --silent headless -- …`: bundles `src/headless/headless.ts` for Node (cached until a source changes) and runs
 * its `main`. `--entry FILE` as the first argument names another file. Standard output belongs to the command.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
process.env.VITRINE_MODELS ??= join(root, "static/models");
const args = process.argv.slice(2);
const source = args[0] === "--entry" ? args.splice(0, 2)[1] : "src/headless/headless.ts";
const name = basename(source, ".ts");

/** Changes whenever anything that goes into the bundle does. */
function sourceHash() {
  const hash = createHash("sha256");
  for (const folder of ["src", "bench", "scripts", "stubs", "training"].filter((name) =>
    existsSync(join(root, name)),
  )) {
    for (const path of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).sort()) {
      if (/\.(ts|wgsl|mjs|js|json)$/.test(path) && !/\.(test|samples)\.ts$/.test(path))
        hash.update(path).update(readFileSync(join(root, folder, path)));
    }
  }
  for (const path of [source, "vite.config.ts", "package-lock.json"])
    hash.update(readFileSync(join(root, path)));
  return hash.digest("hex").slice(0, 16);
}

const cache = join(root, "node_modules/.cache/vitrine-headless");
const outDir = join(cache, `${name}-${sourceHash()}`);
const entry = join(outDir, `${name}.js`);
if (!existsSync(entry)) {
  const { build } = await import("vite");
  mkdirSync(cache, { recursive: true });
  // Built aside and moved into place whole, so that commands started together never see half a bundle.
  const aside = mkdtempSync(join(cache, "building-"));
  await build({
    root,
    logLevel: "silent",
    publicDir: false,
    build: { ssr: source, outDir: aside, emptyOutDir: true, minify: false, target: "node20" },
    // Bundled, because @xenova/transformers is used by a sub-path that needs the bundler's resolution.
    ssr: { noExternal: true, external: ["webgpu"] },
  });
  try {
    renameSync(aside, outDir);
  } catch {
    // Another command was first, with the same bundle.
    rmSync(aside, { recursive: true });
  }
}
// The Vulkan loader that Chromium brings is found only by a process that started with its folder in the path.
const LOADER = "/usr/lib/chromium";
const wantsGpu = args.some((arg, i) => arg === "webgpu" && args[i - 1] === "--device");
if (
  wantsGpu &&
  existsSync(join(LOADER, "libvulkan.so.1")) &&
  !process.env.LD_LIBRARY_PATH?.includes(LOADER)
) {
  const path = [process.env.LD_LIBRARY_PATH, LOADER].filter(Boolean).join(":");
  const env = { ...process.env, LD_LIBRARY_PATH: path };
  const child = spawnSync(process.execPath, process.argv.slice(1), { stdio: "inherit", env });
  process.exit(child.status ?? 1);
}
const { main } = await import(pathToFileURL(entry).href);
/** Settled when everything written so far has left this process, however slow its reader; also if there is none any more. */
const drained = (stream) => new Promise((resolve) => stream.write("", () => resolve()));
// A reader that has seen enough (`| head`) is no failure.
process.stdout.on("error", (error) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});
await main(args);
await drained(process.stdout);
await drained(process.stderr);
// By now only a GPU binding may keep the event loop alive.
process.exit();
