/**
 * Vite plugin: `import simdWasm from "virtual:vitrine-simd"` gives the bytes of the CPU device's WebAssembly
 * module, compiled from `src/engine/kernels/simd.entry.simd.ts` (AssemblyScript) and cached by source hash.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const ID = "virtual:vitrine-simd";
const ENTRY = "src/engine/kernels/simd.entry.simd.ts";
const FLAGS = ["-O3", "--enable", "simd", "--runtime", "stub", "--importMemory", "--noAssert"];

function sources(root: string): string[] {
  const folder = "src/engine/kernels";
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".simd.ts"))
    .map((file) => join(folder, file))
    .sort();
}

async function compile(root: string): Promise<Uint8Array> {
  const hash = createHash("sha256").update(FLAGS.join(" "));
  for (const file of sources(root)) hash.update(file).update(readFileSync(join(root, file)));
  const folder = join(root, "node_modules/.cache/vitrine-simd");
  const out = join(folder, `${hash.digest("hex").slice(0, 16)}.wasm`);
  if (!existsSync(out)) {
    mkdirSync(folder, { recursive: true });
    const { main } = await import("assemblyscript/asc");
    let bytes: Uint8Array | undefined;
    const { error, stderr } = await main([ENTRY, "--baseDir", root, "--outFile", "simd.wasm", ...FLAGS], {
      readFile: (name: string, baseDir: string) => {
        const path = join(baseDir, name);
        return existsSync(path) ? readFileSync(path, "utf8") : null;
      },
      writeFile: (_: string, contents: string | Uint8Array) => {
        if (typeof contents !== "string") bytes = contents;
      },
      listFiles: () => [],
    });
    if (error || !bytes) throw new Error(`AssemblyScript: ${stderr.toString()}`, { cause: error });
    writeFileSync(out, bytes);
  }
  return readFileSync(out);
}

export function simdPlugin(): Plugin {
  let root = process.cwd();
  return {
    name: "vitrine-simd",
    configResolved(config) {
      root = config.root;
    },
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    async load(id) {
      if (id !== `\0${ID}`) return undefined;
      for (const file of sources(root)) this.addWatchFile(join(root, file));
      const base64 = Buffer.from(await compile(root)).toString("base64");
      return `export default Uint8Array.from(atob(${JSON.stringify(base64)}), (c) => c.charCodeAt(0));`;
    },
  };
}
