/** The Jacobian lenses of the page's model, fitted here or opened from files, until they are released or the model is another. */
import type { CancelToken } from "../../protocol/cancel";
import { isVitrineError, refuse, VitrineError } from "../../protocol/errors";
import type { LensEnvironment, LensFitRequest, LensInfo } from "../../protocol/gradients/lenses";
import type { ByteFile, FileSet } from "../formats/bytes/source";
import { Sha256 } from "../formats/bytes/sha256";
import { metadataOf } from "../formats/lens/lensMetadata";
import { readLens, readMatrix, type StoredLens } from "../formats/lens/readLens";
import { writeSafetensors } from "../formats/writeSafetensors";
import { LensFit, MAX_LENS_BYTES } from "../methods/jacobianLens/fit";
import type { JudgedLens } from "../methods/jacobianLens/quality";
import type { Model } from "../models/model";
import { HeldById } from "./heldById";
import type { OpenModel } from "./openModel";

type OnProgress = (partial: LensInfo) => void;

interface HeldLens extends JudgedLens {
  info(): LensInfo;
}

/** Written into files. */
const MADE_BY = "Vitrine, jacobian-lens 1";

export class OpenLenses {
  readonly #held = new HeldById<HeldLens>(
    "This lens is no longer held by the engine; fit it or open its file again.",
  );

  get infos(): readonly LensInfo[] {
    return this.#held.all.map((lens) => lens.info());
  }

  /** Held from the start, also where it is cancelled: `goOn` reads the rest. */
  fit(model: Model, open: OpenModel, request: LensFitRequest, pauser: CancelToken, onProgress?: OnProgress) {
    const id = this.#held.newId();
    const fit = new LensFit(id, model, request, {
      ...environmentOf(open),
      corpusSha256: corpusHash(request),
    });
    this.#held.hold(id, fit);
    return this.goOn(model, id, pauser, onProgress);
  }

  async goOn(model: Model, id: number, pauser: CancelToken, onProgress?: OnProgress): Promise<LensInfo> {
    const fit = this.find(id);
    if (!(fit instanceof LensFit))
      return refuse("This lens came from a file: there is no fit to go on with.");
    try {
      return await fit.run(model, pauser, onProgress);
    } catch (error) {
      if (!isVitrineError(error, "Cancelled")) throw error;
      // Of no text there is no lens.
      if (fit.info().texts === 0) this.#held.release(id);
      return fit.info();
    }
  }

  async open(open: OpenModel, files: FileSet, pauser: CancelToken): Promise<LensInfo[]> {
    const found: StoredLens[] = [];
    for (const file of files) {
      const lens = await readLens(file);
      if (lens) found.push(lens);
    }
    if (found.length === 0) {
      const names = files.slice(0, 4).map(({ name }) => name);
      throw new VitrineError(
        "BadFile",
        `No Jacobian lens among ${names.join(", ") || "nothing"}. One is a .pt file with J, n_prompts and d_model, or a .safetensors that this page exported.`,
      );
    }
    for (const lens of found) checkFits(open, lens);
    const opened: HeldLens[] = [];
    for (const lens of found) {
      const matrices = new Map<number, Float32Array<ArrayBuffer>>();
      for (const layer of lens.matrices.keys()) {
        await pauser.pause();
        matrices.set(layer, await readMatrix(lens, layer));
      }
      opened.push(fileLens(this.#held.newId(), open, lens, matrices));
    }
    for (const lens of opened) this.#held.hold(lens.info().id, lens);
    return opened.map((lens) => lens.info());
  }

  /** As a file. */
  exported(id: number): Uint8Array<ArrayBuffer> {
    const lens = this.find(id);
    const { texts, dModel, environment } = lens.info();
    if (texts === 0) refuse("Nothing was fitted yet: there is no lens to export.");
    const tensors = lens.layers.map((layer) => {
      return { name: `J.${layer}`, shape: [dModel, dModel], data: lens.matrix(layer) };
    });
    return writeSafetensors(tensors, metadataOf(texts, environment));
  }

  find(id: number): HeldLens {
    return this.#held.find(id);
  }

  release(id: number): void {
    this.#held.release(id);
  }

  forget(): void {
    this.#held.forget();
  }
}

function environmentOf({ info, files: { config } }: OpenModel): LensEnvironment {
  const base = config["rope_theta"] ?? config["rotary_emb_base"] ?? config["rotary_base"];
  const scaling = config["rope_scaling"] ?? config["rope_parameters"];
  const parts = [
    ...(base === undefined ? [] : [`base ${JSON.stringify(base)}`]),
    ...(scaling === undefined || scaling === null ? [] : [`scaling ${JSON.stringify(scaling)}`]),
  ];
  const rope = parts.join(", ") || "none";
  return { model: info.name, modelSha256: info.sha256, rope, madeBy: MADE_BY };
}

function corpusHash({ contexts }: LensFitRequest): string {
  const hash = new Sha256();
  for (const context of contexts)
    hash.update(new Uint8Array(Uint32Array.of(context.length, ...context).buffer));
  return hash.digest();
}

/** The width and the blocks must be the model's; other weights are a note. */
function checkFits({ info }: OpenModel, { file, dModel, matrices }: StoredLens): void {
  const bad = (message: string) => new VitrineError("BadFile", `${file.name} ${message}`);
  if (dModel !== info.dModel) {
    throw bad(
      `is a lens of ${dModel} numbers a position; ${info.name} has ${info.dModel}. It was fitted on another model: open that one.`,
    );
  }
  const last = Math.max(...matrices.keys());
  if (last >= info.nLayers)
    throw bad(
      `has a matrix of block ${last}; the last of ${info.name} is ${info.nLayers - 1}. It was fitted on another model: open that one.`,
    );
  const bytes = 4 * dModel * dModel * matrices.size;
  if (bytes > MAX_LENS_BYTES)
    throw new VitrineError(
      "Unsupported",
      `${file.name} holds ${matrices.size} matrices, which are too large to hold here.`,
    );
}

function fileLens(
  id: number,
  open: OpenModel,
  { file, dModel, texts, environment, notes }: StoredLens,
  matrices: ReadonlyMap<number, Float32Array<ArrayBuffer>>,
): HeldLens {
  const layers = [...matrices.keys()];
  const info: LensInfo = {
    ...{ id, name: baseName(file), source: "file", layers, dModel, texts, environment },
    notes: [...notes, ...warnings(open, environment, layers)],
  };
  return {
    layers,
    info: () => info,
    matrix: (layer) => matrices.get(layer) ?? refuse(`${info.name} has no matrix of layer ${layer}.`),
  };
}

const baseName = ({ name }: ByteFile) => name.slice(name.lastIndexOf("/") + 1);

function warnings(open: OpenModel, told: LensEnvironment, layers: readonly number[]): string[] {
  const { info } = open;
  const { modelSha256, model, rope } = told;
  const isOther = modelSha256 !== undefined && modelSha256 !== info.sha256;
  const here = environmentOf(open).rope;
  const left = Array.from({ length: info.nLayers - 1 }, (_, layer) => layer).filter(
    (l) => !layers.includes(l),
  );
  return [
    ...(isOther
      ? [
          `It was fitted on other weights (${model ?? "a model"}, SHA-256 ${modelSha256.slice(0, 12)}…) than those that are open (${info.sha256.slice(0, 12)}…): what it shows may mean little.`,
        ]
      : []),
    ...(rope !== undefined && rope !== here
      ? [`It was fitted with rotary positions ${rope}; here they are ${here}.`]
      : []),
    ...(left.length > 0
      ? [`It has no matrix of ${left.length === 1 ? "block" : "blocks"} ${left.join(", ")}.`]
      : []),
  ];
}
