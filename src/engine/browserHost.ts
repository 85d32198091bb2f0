/** The engine's host in a browser worker: WebGPU or the CPU, embedded models by fetch, the visitor's files. */
import { transfer } from "comlink";
import type { EngineApi } from "../protocol/api";
import { openDevice } from "./device/choose";
import { createEngine } from "./engine";
import { filesFromBlobs, filesFromUrl } from "./formats/source";

/** The files of an embedded model; the tokenizer's config is optional. */
const EMBEDDED_FILES = [
  "config.json",
  "model.safetensors",
  "tokenizer.json",
  "tokenizer_config.json",
] as const;

/** The page's own folder: the worker script is served from its `assets/`. */
const siteRoot = () => new URL(import.meta.env.DEV ? "/" : "../", self.location.href);

export function createBrowserEngine(): EngineApi {
  const engine = createEngine({
    openDevice,
    openFiles: (source, onProgress) =>
      source.kind === "files"
        ? filesFromBlobs(source.files)
        : filesFromUrl(
            new URL(`models/${encodeURIComponent(source.name)}/`, siteRoot()),
            EMBEDDED_FILES,
            onProgress,
          ),
  });
  return {
    ...engine,
    async run(spec) {
      const result = await engine.run(spec);
      // Captures can be large: hand their memory over instead of copying it.
      return transfer(
        result,
        result.captures.map(({ data }) => data.buffer as ArrayBuffer),
      );
    },
  };
}
