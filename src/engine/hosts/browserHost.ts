/** The engine's host in a browser worker: WebGPU or the CPU, models by fetch or from the visitor's disk. */
import type { EngineApi } from "../../protocol/api";
import { openDevice } from "../device/choose";
import { createEngine } from "../engine";
import type { Hub } from "../formats/hub/hub";
import type { ModelCache } from "../formats/hub/modelCache";
import { filesFromBlobs, filesFromUrl } from "../formats/bytes/source";

/** The files of an embedded model; the tokenizer's config is optional. */
const EMBEDDED_FILES = [
  "config.json",
  "model.safetensors",
  "tokenizer.json",
  "tokenizer_config.json",
] as const;

const SAE_FILES = ["cfg.json", "sae_weights.safetensors"] as const;

/** The page's own folder: the worker script is served from its `assets/`. */
const siteRoot = () => new URL(import.meta.env.DEV ? "/" : "../", self.location.href);

export function createBrowserEngine(): EngineApi {
  /** Its code is fetched with the first model from the network. */
  let hub: Promise<Hub> | undefined;
  let kept: Promise<ModelCache> | undefined;
  const cache = () =>
    (kept ??= import("../formats/hub/modelCache").then(({ ModelCache: Opened }) => new Opened()));
  return createEngine({
    openDevice,
    cache,
    async openFiles(source, signal, onProgress) {
      if (source.kind === "hub") {
        hub ??= import("../formats/hub/hub").then(({ Hub: Opened }) => new Opened());
        return (await hub).open(source, signal, onProgress);
      }
      (await hub)?.forget();
      if (source.kind === "kept") return (await cache()).open(source.sha256);
      if (source.kind === "files") return filesFromBlobs(source.files);
      const folder = new URL(`models/${encodeURIComponent(source.name)}/`, siteRoot());
      return filesFromUrl(folder, EMBEDDED_FILES, onProgress);
    },
    async openSae(model, folder) {
      const place = `models/${encodeURIComponent(model)}/sae/${encodeURIComponent(folder)}/`;
      const files = await filesFromUrl(new URL(place, siteRoot()), SAE_FILES);
      return files.map((file) => ({ ...file, name: `${folder}/${file.name}` }));
    },
  });
}
