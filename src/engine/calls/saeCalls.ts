/** The calls of the engine that are about autoencoders. Their code is fetched with the first of them. */
import type { EngineApi } from "../../protocol/api";
import type { RunId } from "../../protocol/progress";
import type { CancelToken } from "../../protocol/cancel";
import { VitrineError } from "../../protocol/errors";
import type { SaeSource } from "../../protocol/features";
import type { Site } from "../../protocol/sites";
import { filesFromBlobs, type FileSet } from "../formats/bytes/source";
import type { OpenCorpora } from "../open/openCorpora";
import type { OpenModel } from "../open/openModel";
import type { OpenSaes, Said } from "../open/openSaes";
import { saeOf, type Model } from "../models/model";

const LAZY = {
  sortFiles: () => import("../formats/sae/sortFiles"),
  openSaes: () => import("../open/openSaes"),
  openCorpora: () => import("../open/openCorpora"),
  saeDecode: () => import("../methods/saeDecode/saeDecode"),
  saeSplice: () => import("../methods/saeSplice/saeSplice"),
  saeLatent: () => import("../methods/saeLatent/saeLatent"),
  saeByLogit: () => import("../methods/saeByLogit/saeByLogit"),
  saeEffects: () => import("../methods/saeEffects/saeEffects"),
  saeTrace: () => import("../methods/saeTrace/saeTrace"),
  n2g: () => import("../methods/n2g/n2g"),
  padToken: () => import("../methods/n2g/padToken"),
  probes: () => import("../methods/probes/probes"),
  saeQuality: () => import("../methods/saeQuality/saeQuality"),
};

/** What is said of autoencoders besides their files; the site may stand among the fields. */
function said(source: SaeSource, site: Site | undefined): Said {
  const fields = source.kind === "files" ? source.fields : undefined;
  const named = fields?.["site"];
  return { site: site ?? (typeof named === "string" ? named : undefined), fields };
}

/** What the engine gives to its calls. */
export interface CallHost {
  /** The page's model. */
  modelIn(): OpenModel;
  withModel<T>(work: (model: Model) => Promise<T>): Promise<T>;
  cancellable<T>(runId: RunId, work: (token: CancelToken) => Promise<T>): Promise<T>;
  onModel<Method, T>(
    runId: RunId,
    load: () => Promise<Method>,
    call: (method: Method, model: Model, pauser: CancelToken) => Promise<T>,
  ): Promise<T>;
  /** Does it when no call uses the model. */
  afterUse(model: Model, free: () => void): void;
  /** The files of an autoencoder that ships with an embedded model. */
  openSae(model: string, folder: string): Promise<FileSet>;
}

type SaeCall = Extract<
  keyof EngineApi,
  "sortFiles" | "missingSaeFields" | `sae${string}` | `${string}Sae` | `${string}Saes` | `${string}Corpus`
>;

export interface SaeCalls {
  readonly calls: Pick<EngineApi, SaeCall>;
  /** The model is on another device: so are its autoencoders. */
  moveTo(model: Model): Promise<void>;
  /** The model is another. */
  forget(): void;
}

export function createSaeCalls(host: CallHost): SaeCalls {
  const { cancellable, modelIn, onModel, withModel } = host;
  let saes: OpenSaes | undefined;
  let corpora: OpenCorpora | undefined;
  const bosId = () => modelIn().info.bosId;

  async function heldCorpora(): Promise<OpenCorpora> {
    const { OpenCorpora } = await LAZY.openCorpora();
    return (corpora ??= new OpenCorpora());
  }

  async function filesOf(source: SaeSource): Promise<FileSet> {
    if (source.kind === "files") return filesFromBlobs(source.files);
    return host.openSae(source.model, source.folder);
  }

  /** The tokenizer's word for nothing in particular; a model without tokenizer is told one. */
  async function padToken(): Promise<number> {
    const { tokenizer, info } = modelIn();
    if (!tokenizer) {
      throw new VitrineError(
        "Unsupported",
        "This model has no tokenizer: say which token stands for one that is left out.",
      );
    }
    const { defaultPadToken } = await LAZY.padToken();
    return defaultPadToken({
      // A token that does not spell it is the one for unknown text.
      encode: (text) => {
        const ids = tokenizer.encode(text, { addBos: false });
        return tokenizer.decode(ids).trim() === text.trim() ? ids : [];
      },
      ...(info.eosId === undefined ? {} : { eosId: info.eosId }),
    });
  }

  const calls: SaeCalls["calls"] = {
    attachSaes: (source, site, runId, onProgress) =>
      cancellable(runId, async (token) => {
        const { OpenSaes } = await LAZY.openSaes();
        const attaching = (saes ??= new OpenSaes());
        const files = await filesOf(source);
        const { info } = modelIn();
        return withModel(async (model) => {
          const infos = await attaching.attach(model, info, files, said(source, site), token, onProgress);
          if (modelIn().model === model) return infos;
          // Another model was loaded meanwhile: they went with the one before.
          attaching.forget();
          throw new VitrineError("Cancelled", "The model was replaced while autoencoders were attached.");
        });
      }),
    async missingSaeFields(source, site) {
      const { OpenSaes } = await LAZY.openSaes();
      const files = await filesOf(source);
      return withModel((model) => (saes ??= new OpenSaes()).missing(model, files, said(source, site)));
    },
    async sortFiles(given) {
      const { sortFiles } = await LAZY.sortFiles();
      return sortFiles(await filesFromBlobs(given));
    },
    async detachSae(id) {
      const { model } = modelIn();
      const free = saes?.detach(model, id);
      if (free) host.afterUse(model, free);
    },
    saes: async () => saes?.infos ?? [],
    saeDecode: (request, runId) =>
      onModel(runId, LAZY.saeDecode, ({ saeDecode }, model, pauser) =>
        saeDecode(model, request, pauser, bosId()),
      ),
    saeSplice: (request, runId) =>
      onModel(runId, LAZY.saeSplice, ({ saeSplice }, model, pauser) =>
        saeSplice(model, request, pauser, bosId()),
      ),
    saeCodeCurve: (request, runId) =>
      onModel(runId, LAZY.saeDecode, ({ saeCodeCurve }, model, pauser) =>
        saeCodeCurve(model, request, pauser, bosId()),
      ),
    saeLatent: (request, runId) =>
      onModel(runId, LAZY.saeLatent, ({ saeLatent }, model, pauser) => saeLatent(model, request, pauser)),
    async saeByLogit(request) {
      const { latentsByLogit } = await LAZY.saeByLogit();
      return withModel((model) => latentsByLogit(model, request));
    },
    saeEffects: (request, runId) =>
      onModel(runId, LAZY.saeEffects, ({ latentEffects }, model, pauser) =>
        latentEffects(model, request, pauser),
      ),
    saeTrace: (request, runId) =>
      onModel(runId, LAZY.saeTrace, ({ latentTrace }, model, pauser) => latentTrace(model, request, pauser)),
    saeCorpus: (request, runId, onProgress) =>
      onModel(runId, heldCorpora, (held, model, pauser) =>
        held.run(model, request, bosId(), pauser, onProgress),
      ),
    goOnWithCorpus: (id, runId, onProgress) =>
      onModel(runId, heldCorpora, (held, model, pauser) => held.goOn(model, id, pauser, onProgress)),
    saeCorpusLatent: (request, runId) =>
      onModel(runId, heldCorpora, (held, model, pauser) => held.latent(model, request, pauser)),
    saeCorpusOverview: async (request) => (await heldCorpora()).overview(request),
    releaseCorpus: async (id) => corpora?.release(id),
    saeN2g: (request, runId) =>
      onModel(runId, LAZY.n2g, async ({ n2g }, model, pauser) => {
        const pad = request.padToken ?? (await padToken());
        return n2g(model, saeOf(model, request.sae), { ...request, padToken: pad }, pauser);
      }),
    saeSimulate: (request, runId) =>
      onModel(runId, LAZY.n2g, ({ simulateLatent }, model, pauser) =>
        simulateLatent(model, saeOf(model, request.sae), request, pauser),
      ),
    saeProbes: (request, runId) =>
      onModel(runId, LAZY.probes, ({ probes }, model, pauser) =>
        probes(model, saeOf(model, request.sae), request, pauser),
      ),
    saeQuality: (request, runId) =>
      onModel(runId, LAZY.saeQuality, ({ saeQuality }, model, pauser) =>
        saeQuality(model, saeOf(model, request.sae), request, pauser),
      ),
  };

  return {
    calls,
    moveTo: async (model) => saes?.moveTo(model),
    forget() {
      saes?.forget();
      corpora?.forget();
    },
  };
}
