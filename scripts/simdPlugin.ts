/**
 * Vite plugin: `import simdWasm from "virtual:vitrine-simd"` gives the bytes of the CPU device's WebAssembly
 * module, compiled from `src/engine/kernels/simd.entry.simd.ts` (AssemblyScript) and cached by source hash;
 * `virtual:vitrine-simd-backward` those of the twins that only gradients need, over the same memory.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** Each module's entry, and where its own data begins: below 64 KiB, where the device's memory starts, and apart. */
const MODULES: Readonly<Record<string, { readonly entry: string; readonly memoryBase: number }>> = {
  "virtual:vitrine-simd": { entry: "src/engine/kernels/simd.entry.simd.ts", memoryBase: 1024 },
  "virtual:vitrine-simd-backward": {
    entry: "src/engine/kernels/backward.entry.simd.ts",
    memoryBase: 32_768,
  },
};
const FLAGS = ["-O3", "--enable", "simd", "--runtime", "stub", "--importMemory", "--noAssert"];

function sources(root: string): string[] {
  const folder = "src/engine/kernels";
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".simd.ts"))
    .map((file) => join(folder, file))
    .sort();
}

async function compile(root: string, id: string): Promise<Uint8Array> {
  const { entry = "", memoryBase = 0 } = MODULES[id] ?? {};
  const flags = [...FLAGS, "--memoryBase", String(memoryBase)];
  const hash = createHash("sha256").update([entry, ...flags].join(" "));
  for (const file of sources(root)) hash.update(file).update(readFileSync(join(root, file)));
  const folder = join(root, "node_modules/.cache/vitrine-simd");
  const out = join(folder, `${hash.digest("hex").slice(0, 16)}.wasm`);
  if (!existsSync(out)) {
    mkdirSync(folder, { recursive: true });
    const { main } = await import("assemblyscript/asc");
    let bytes: Uint8Array | undefined;
    const { error, stderr } = await main([entry, "--baseDir", root, "--outFile", "simd.wasm", ...flags], {
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
    resolveId: (id) => (Object.hasOwn(MODULES, id) ? `\0${id}` : undefined),
    async load(resolved) {
      const id = resolved.slice(1);
      if (!resolved.startsWith("\0") || !Object.hasOwn(MODULES, id)) return undefined;
      for (const file of sources(root)) this.addWatchFile(join(root, file));
      const base64 = Buffer.from(await compile(root, id)).toString("base64");
      return `export default Uint8Array.from(atob(${JSON.stringify(base64)}), (c) => c.charCodeAt(0));`;
    },
  };
}
