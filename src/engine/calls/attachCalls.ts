/** Autoencoders among files: told apart, attached to the page's model, taken off again. */
import type { EngineApi } from "../../protocol/api";
import { VitrineError } from "../../protocol/errors";
import type { SaeSource } from "../../protocol/sae/features";
import type { Site } from "../../protocol/sites";
import { filesFromBlobs, type FileSet } from "../formats/bytes/source";
import type { Said } from "../open/openSaes";
import type { EngineParts } from "./engineParts";

/** What is said of autoencoders besides their files; the site may stand among the fields. */
function said(source: SaeSource, site: Site | undefined): Said {
  const fields = source.kind === "files" ? source.fields : undefined;
  const named = fields?.["site"];
  return { site: site ?? (typeof named === "string" ? named : undefined), fields };
}

type AttachCall = "attachSaes" | "missingSaeFields" | "sortFiles" | "detachSae" | "saes";

export function attachCalls(engine: EngineParts): Pick<EngineApi, AttachCall> {
  const { host, models, running, saes } = engine;

  async function filesOf(source: SaeSource): Promise<FileSet> {
    if (source.kind === "files") return filesFromBlobs(source.files);
    return host.openSae(source.model, source.folder);
  }

  return {
    attachSaes: (source, site, runId, onProgress) =>
      running.cancellable(runId, async (token) => {
        const attaching = await saes.saes();
        const files = await filesOf(source);
        const { info } = models.in();
        return engine.withModel(async (model) => {
          const infos = await attaching.attach(model, info, files, said(source, site), token, onProgress);
          if (models.in().model === model) return infos;
          // Another model was loaded meanwhile: they went with the one before.
          attaching.forget();
          throw new VitrineError("Cancelled", "The model was replaced while autoencoders were attached.");
        });
      }),
    async missingSaeFields(source, site) {
      const [attached, files] = [await saes.saes(), await filesOf(source)];
      return engine.withModel((model) => attached.missing(model, files, said(source, site)));
    },
    async sortFiles(given) {
      const { sortFiles } = await import("../formats/sae/sortFiles");
      return sortFiles(await filesFromBlobs(given));
    },
    async detachSae(id) {
      const { model } = models.in();
      const free = saes.detach(model, id);
      if (free) models.afterUse(model, free);
    },
    saes: async () => saes.infos,
  };
}
