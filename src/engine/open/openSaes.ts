/**
 * The autoencoders that are attached to the page's model: found among files, checked against the model, put on its device,
 * and put there again when the device is another.
 */
import type { ModelInfo } from "../../protocol/api";
import type { Progress } from "../../protocol/progress";
import { NEVER_CANCELLED, type Pauser } from "../../protocol/cancel";
import { VitrineError } from "../../protocol/errors";
import type { SaeInfo } from "../../protocol/sae/features";
import type { GivenFields, MissingFields } from "../../protocol/missingFields";
import { siteLayer, type Site } from "../../protocol/sites";
import { MissingFieldsError } from "../formats/missingFields";
import { findSaes, openSae } from "../formats/sae/findSaes";
import type { FoundSae, SaeFile } from "../formats/sae/saeFile";
import type { FileSet } from "../formats/bytes/source";
import { loadSae, saeBytes } from "../models/loading/loadSae";
import { siteNamed, sitesOf, type Model } from "../models/model";
import type { Sae } from "../models/sae";
import { hasTokenRows, siteColumns } from "../models/siteShape";
import { editLatents } from "../ops/latentEdits";
import { freeSae, type SaeWeights } from "../ops/saeWeights";
import { MAX_SELECT_K } from "../ops/select";

/** Taken from one set of files: each is as large as a small model; a set of transcoders has one a layer. */
const MOST_AT_ONCE = 64;

interface Attached {
  readonly info: SaeInfo;
  readonly file: SaeFile;
}

/** What somebody says of autoencoders whose files do not. */
export interface Said {
  readonly site?: Site | undefined;
  readonly fields?: GivenFields | undefined;
}

export class OpenSaes {
  #attached: readonly Attached[] = [];
  #nextId = 1;

  get infos(): readonly SaeInfo[] {
    return this.#attached.map(({ info }) => info);
  }

  /** All or none of the autoencoders among the files. `site`: for those whose files do not say. */
  async attach(
    model: Model,
    modelInfo: ModelInfo,
    files: FileSet,
    { site, fields = {} }: Said,
    token: Pauser,
    onProgress?: (progress: Progress) => void,
  ): Promise<SaeInfo[]> {
    const found = await findSaes(files, fields);
    const refusal = found.refused.find(({ isSae }) => isSae) ?? found.refused[0];
    if (found.saes.length === 0) throw refusal ? withSite(model, refusal.error, site) : noneAmong(files);
    if (found.saes.length > MOST_AT_ONCE) {
      throw new VitrineError(
        "Unsupported",
        `There are ${found.saes.length} autoencoders; choose at most ${MOST_AT_ONCE} at a time.`,
      );
    }
    const places = found.saes.map((sae) => ({ sae, ...sitesFor(model, sae, site) }));
    // Files of models lie in the same folder.
    const left = found.refused.filter(({ isSae }) => isSae);
    const added: Attached[] = [];
    try {
      for (const { sae, ...sites } of places) {
        const file = await openSae(sae);
        await token.pause();
        const notes = [
          ...sae.notes,
          ...warnings(file, modelInfo),
          ...left.map(({ name, error }) => `${name} was left out: ${error.message}`),
        ];
        const info = {
          ...file.description,
          id: this.#nextId++,
          ...sites,
          weightBytes: saeBytes(file),
          notes,
        };
        const weights = await loadSae(model.memory.device, file, token, onProgress);
        model.saes.set(info.id, attachedTo(model, file, sites, weights));
        added.push({ info, file });
      }
    } catch (error) {
      for (const { info } of added) {
        model.saes.get(info.id)?.free();
        model.saes.delete(info.id);
      }
      throw error;
    }
    this.#attached = [...this.#attached, ...added];
    return added.map(({ info }) => info);
  }

  /** What to ask about files that were refused with MissingFields. */
  async missing(
    model: Model,
    files: FileSet,
    { site, fields = {} }: Said,
  ): Promise<MissingFields | undefined> {
    const { saes, refused } = await findSaes(files, fields);
    try {
      for (const { error } of refused) throw withSite(model, error, site);
      for (const sae of saes) sitesFor(model, sae, site);
      return undefined;
    } catch (error) {
      return error instanceof MissingFieldsError ? error.report : undefined;
    }
  }

  /** Takes it off; its memory is given back by the function, when no call uses the model. */
  detach(model: Model, id: number): () => void {
    this.#attached = this.#attached.filter(({ info }) => info.id !== id);
    const sae = model.saes.get(id);
    model.saes.delete(id);
    return () => sae?.free();
  }

  /** The model is gone, and its memory with it. */
  forget(): void {
    this.#attached = [];
  }

  /** Puts all of them on the device of the same model, loaded anew. */
  async moveTo(model: Model): Promise<void> {
    for (const { info, file } of this.#attached) {
      const weights = await loadSae(model.memory.device, file, NEVER_CANCELLED);
      model.saes.set(info.id, attachedTo(model, file, info, weights));
    }
  }
}

/** `writes`: of a part of a cross-layer transcoder. */
type Sites = Pick<Sae, "siteIn" | "siteOut" | "writes">;

function attachedTo(
  model: Model,
  { description }: SaeFile,
  { siteIn, siteOut, writes }: Sites,
  weights: SaeWeights,
): Sae {
  const free = () => freeSae(model.memory.device, weights);
  return { description, siteIn, siteOut, ...(writes && { writes }), weights, editLatents, free };
}

function noneAmong(files: FileSet): VitrineError {
  const names = files.slice(0, 6).map(({ name }) => name);
  return new VitrineError(
    "BadFile",
    `No sparse autoencoder among ${names.join(", ") || "nothing"}. One is cfg.json with sae_weights.safetensors or sae.safetensors, params.npz, ae.pt with config.json, or an OpenAI .pt.`,
  );
}

/** Where it reads and writes, checked against the model. */
function sitesFor(model: Model, { about }: FoundSae, chosen: Site | undefined): Sites {
  const { name, dIn, dOut, k = 0 } = about;
  const refuse = (kind: "BadFile" | "Unsupported", message: string): never => {
    throw new VitrineError(kind, message);
  };
  if (k > MAX_SELECT_K)
    refuse("Unsupported", `${name} has k = ${k}; at most ${MAX_SELECT_K} can be selected here.`);
  const site = (asked: Site | undefined, width: number, what: string): Site => {
    if (asked === undefined) throw new MissingFieldsError(siteReport(model, name, dIn), "--sae-config");
    const wanted = asked;
    const found = siteNamed(model, wanted);
    if (!hasTokenRows(found))
      refuse(
        "Unsupported",
        `${name} ${what} ${found}, which has no row for each token; choose another site.`,
      );
    const size = widthOf(model, found);
    if (size !== width)
      refuse(
        "BadFile",
        `${name} ${what} ${width} numbers, ${found} of this model has ${size}; it was made for another model or site.`,
      );
    return found;
  };
  const siteIn = site(about.siteIn ?? chosen, dIn, "reads");
  const isTranscoder = about.siteOut !== about.siteIn;
  const siteOut = site(about.siteOut ?? (isTranscoder ? undefined : siteIn), dOut, "writes");
  const order = sitesOf(model);
  if (order.indexOf(siteOut) < order.indexOf(siteIn))
    refuse(
      "BadFile",
      `${name} reads ${siteIn} and writes ${siteOut}, which comes before it; check its config.`,
    );
  if (about.writes === undefined) return { siteIn, siteOut };
  const writes = about.writes.map((written) => site(written, dOut, "writes"));
  const { nLayers } = model.config;
  if (siteLayer(writes.at(-1) ?? siteOut) !== nLayers - 1)
    refuse(
      "BadFile",
      `${name} writes up to ${writes.at(-1)}, and this model has ${nLayers} layers; it was made for another model.`,
    );
  return { siteIn, siteOut, writes };
}

/** Sites of one row a token, as wide as it reads. */
function siteReport(model: Model, file: string, width: number): MissingFields {
  const sites = sitesOf(model).filter((site) => hasTokenRows(site) && widthOf(model, site) === width);
  const choices = sites.map((value) => ({ value, label: value }));
  if (choices.length === 0) {
    throw new VitrineError(
      "BadFile",
      `${file} reads ${width} numbers, and no site of this model has as many; it was made for another model.`,
    );
  }
  const wanted = [{ name: "site", what: "which site it reads", choices }];
  const known = [{ name: "activation_dim", value: width, from: "the encoder" }];
  return { file, as: "a sparse autoencoder", wanted, known };
}

/** Where other fields are asked, the site is asked along if it is not known either. */
function withSite(model: Model, error: Error, site: Site | undefined): Error {
  if (!(error instanceof MissingFieldsError)) return error;
  const { report } = error;
  const width = report.known.find(({ name }) => name === "activation_dim")?.value;
  if (site !== undefined || typeof width !== "number") return error;
  const { wanted } = siteReport(model, report.file, width);
  return new MissingFieldsError({ ...report, wanted: [...report.wanted, ...wanted] }, "--sae-config");
}

function widthOf(model: Model, site: Site): number {
  const { heads, width } = siteColumns(model.config, site);
  return heads * (width as number);
}

const letters = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

function warnings({ description }: SaeFile, model: ModelInfo): string[] {
  const { modelName, prependBos } = description;
  const isOther =
    modelName !== undefined &&
    !letters(model.name).includes(letters(modelName)) &&
    !letters(modelName).includes(letters(model.name));
  return [
    ...(isOther ? [`It was made for ${modelName}; the loaded model is called ${model.name}.`] : []),
    ...(prependBos === true && model.bosId === undefined
      ? ["It was trained on contexts that begin with a BOS token, which this model does not have."]
      : []),
  ];
}
