/**
 * Vite plugin for builds: shaders without their comments and indentation, which are half of their weight. Lines stay where they
 * are, so that a compile error still names the line of the source.
 */
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const RAW = /\.wgsl\?raw$/;

/** WGSL has no strings, so `//` always begins a comment. */
export function leanWgsl(source: string): string {
  return source
    .split("\n")
    .map((line) => line.replace(/\/\/.*$/, "").trim())
    .join("\n");
}

export function wgslPlugin(): Plugin {
  return {
    name: "vitrine-wgsl",
    apply: "build",
    enforce: "pre",
    load(id) {
      if (!RAW.test(id)) return null;
      const file = id.replace(/\?raw$/, "");
      this.addWatchFile(file);
      return `export default ${JSON.stringify(leanWgsl(readFileSync(file, "utf8")))};`;
    },
  };
}
