/** A model on a device: its architecture, config and weights, and the memory they live in. */
import { VitrineError } from "../../protocol/errors";
import { allSites, canonicalSite, type Site } from "../../protocol/sites";
import type { DeviceBuffer } from "../device/device";
import type { TensorMemory } from "../device/tensor";
import type { Matrix, Vector } from "../ops/weights";
import type { Architecture, ModelConfig, Weights } from "./architecture";
import type { Sae } from "./sae";

/** Our weight names to what is on the device. Asking for a name that the spec lacks is a bug. */
export class DeviceWeights implements Weights {
  readonly #matrices = new Map<string, Matrix>();
  readonly #vectors = new Map<string, Vector>();

  setMatrix(name: string, matrix: Matrix): void {
    this.#matrices.set(name, matrix);
  }

  setVector(name: string, vector: Vector): void {
    this.#vectors.set(name, vector);
  }

  matrix(name: string): Matrix {
    const matrix = this.#matrices.get(name);
    if (matrix === undefined) throw new Error(`no matrix ${name} was loaded`);
    return matrix;
  }

  vectorIfAny(name: string): Vector | undefined {
    return this.#vectors.get(name);
  }

  vector(name: string): Vector {
    const vector = this.#vectors.get(name);
    if (vector === undefined) throw new Error(`no vector ${name} was loaded`);
    return vector;
  }

  /** Every buffer once (a tied matrix has the buffers of its twin). */
  buffers(): Set<DeviceBuffer> {
    const chunks = [...this.#matrices.values()].flatMap((matrix) => matrix.chunks);
    return new Set([...chunks, ...this.#vectors.values()].map(({ buffer }) => buffer));
  }
}

export interface Model {
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  readonly weights: DeviceWeights;
  readonly memory: TensorMemory;
  /** Attached autoencoders, by `SaeInfo.id`. */
  readonly saes: Map<number, Sae>;
}

/** The attached autoencoder of a number: one that stands by itself for what it writes. */
export function saeOf(model: Pick<Model, "saes">, id: number): Sae {
  const sae = dictionaryOf(model, id);
  if (!sae.writes) return sae;
  throw new VitrineError(
    "Unsupported",
    `${sae.description.name} is one layer of a cross-layer transcoder, which gives codes, texts and attribution graphs only; choose another dictionary.`,
  );
}

/** Any that is attached, a part of a cross-layer transcoder too. */
export function dictionaryOf({ saes }: Pick<Model, "saes">, id: number): Sae {
  const sae = saes.get(id);
  if (sae) return sae;
  throw new VitrineError("Unsupported", `No autoencoder ${id} is attached; attach it first.`);
}

/** The sites that can be captured, in the order of the forward pass. */
export function sitesOf({ architecture, config }: Model): Site[] {
  return sitesOfConfig(architecture, config);
}

/** The site that `name` spells, in either spelling; refused with what there is instead. */
export function siteNamed(model: Model, name: string): Site {
  const { nLayers } = model.config;
  const site = canonicalSite(name, nLayers);
  const sites = sitesOf(model);
  if (site && sites.includes(site)) return site;
  const some = sites.filter((known) => !known.startsWith("blocks.") || known.startsWith("blocks.0."));
  throw new VitrineError(
    "Unsupported",
    `This model has no site ${name}; of its ${nLayers} layers the first has ${some.join(", ")}.`,
  );
}

export function sitesOfConfig(architecture: Architecture, config: ModelConfig): Site[] {
  return allSites(config.nLayers, architecture.absentSites(config));
}

/** Frees the weights. Views of the model must not be used afterwards. */
export function freeModel({ weights, memory, saes }: Model): void {
  for (const buffer of weights.buffers()) memory.device.free(buffer);
  for (const sae of saes.values()) sae.free();
  saes.clear();
}
