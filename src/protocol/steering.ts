/**
 * Steering vectors from contrast pairs: what is asked and answered, what adding them does to a metric, and the files that
 * carry them. A direction is of one layer's residual stream and as wide as the model.
 */
import type { Metric, OnModel } from "./analysis";
import type { EditedPrompt, NamedTokens } from "./interventions";
import type { RunId } from "./progress";

/** Two prompts that differ in what the direction is to mean; it points from the negative to the positive one. */
export interface ContrastPair {
  readonly positive: NamedTokens;
  readonly negative: NamedTokens;
}

export const RESIDUAL_SITES = ["resid_pre", "resid_mid", "resid_post"] as const;
export type ResidualSite = (typeof RESIDUAL_SITES)[number];

/**
 * What the first principal component of the differences is taken around:
 *   none   zero, as llama.cpp's cvector-generator and repeng's pca_center do: what the differences share counts
 *   mean   their mean, as repeng's pca_diff does (scikit-learn centres): only how they vary counts
 */
export const CENTRINGS = ["none", "mean"] as const;
export type Centring = (typeof CENTRINGS)[number];

/** The mean difference, and the first principal component of the differences. */
export const DIRECTION_METHODS = ["meanDifference", "component"] as const;
export type DirectionMethod = (typeof DIRECTION_METHODS)[number];

export interface SteeringVectorsRequest extends OnModel {
  readonly pairs: readonly ContrastPair[];
  readonly site: ResidualSite;
  /** The activation of a prompt: of its last token, or the mean over all its tokens (the first one too). */
  readonly over: "last" | "all";
  readonly centring: Centring;
  /** Share of the pairs that directions are tested on, drawn by the seed; the others make the directions. */
  readonly testShare: number;
  /** How often the directions are made again with the labels of half of the pairs swapped, drawn by the seed: the null control. */
  readonly shuffles: number;
  readonly seed: number;
}

/** How a direction tells positive from negative on the pairs that were held out. */
export interface Separation {
  /** Share of pairs whose positive prompt has the larger projection; ties count half. */
  readonly accuracy: number;
  /** Of that share: 95 %, by Wilson. */
  readonly interval: readonly [low: number, high: number];
  /** Chance that any positive prompt has a larger projection than any negative one; ties count half. */
  readonly auc: number;
  /** Pairs held out. */
  readonly n: number;
}

/** The same of directions made with the labels of half of the pairs swapped: means over the draws, and how high one came. */
export interface NullSeparation {
  readonly accuracy: number;
  readonly auc: number;
  readonly highestAccuracy: number;
  readonly draws: number;
}

export interface LayerDirections {
  readonly layer: number;
  /** Mean of positive minus negative over the training pairs, f32 [dModel]. */
  readonly meanDifference: Float32Array;
  /** Unit length, f32 [dModel]; zeros where no pair differs. It points to where more positive prompts lie. */
  readonly component: Float32Array;
  /** Length of the mean difference. */
  readonly norm: number;
  /** Mean length of the activations themselves, to hold the norm against. */
  readonly activationNorm: number;
  /** Share of the squared differences (around what `centring` says) that lies along the component. */
  readonly explained: number;
  /** ‖C v − λ v‖ / λ of the component: how far the iteration is from an eigenvector. */
  readonly residual: number;
  /** Cosine of the two directions. */
  readonly cosine: number;
  readonly separation: Readonly<Record<DirectionMethod, Separation>>;
  readonly shuffled: Readonly<Record<DirectionMethod, NullSeparation>>;
  /** Length of the mean difference with swapped labels: the largest of the draws; NaN without any. */
  readonly shuffledNorm: number;
}

export interface SteeringVectorsResult {
  readonly site: ResidualSite;
  /** In order of layer; those that are done so far. */
  readonly layers: readonly LayerDirections[];
  /** Indices of pairs. */
  readonly train: readonly number[];
  readonly test: readonly number[];
  readonly evaluatedTokens: number;
  /** Prompts read, then layers made. */
  readonly done: number;
  readonly total: number;
  readonly elapsedMs: number;
}

export interface SteeringEffectRequest extends OnModel {
  /** Each is read after its last token, under its own edits. */
  readonly prompts: readonly EditedPrompt[];
  readonly site: ResidualSite;
  readonly directions: readonly { readonly layer: number; readonly values: ArrayLike<number> }[];
  /** x becomes x + strength · direction. */
  readonly strengths: readonly number[];
  /** Tokens that it is added to. */
  readonly at: "last" | "all";
  readonly metric: Metric;
  /** Random directions of the same length that stand in for each direction: the null control. */
  readonly controls: number;
  readonly seed: number;
}

export interface SteeringEffectResult {
  readonly layers: readonly number[];
  readonly strengths: readonly number[];
  /** The metric's mean over the prompts done so far, [layer][strength] row-major; NaN before the first. */
  readonly values: Float32Array;
  /** Standard errors of those means; NaN for one prompt. */
  readonly errors: Float32Array;
  /** With random directions: the mean over them, the lowest and the highest, likewise. */
  readonly control: Float32Array;
  readonly controlLowest: Float32Array;
  readonly controlHighest: Float32Array;
  /** Nothing added. */
  readonly base: number;
  readonly baseError: number;
  readonly promptsDone: number;
  readonly prompts: number;
  readonly evaluatedTokens: number;
  readonly elapsedMs: number;
}

export const STEERING_FORMATS = ["gguf", "safetensors", "npz"] as const;
export type SteeringFormat = (typeof STEERING_FORMATS)[number];

/** One direction of a file. */
export interface StoredDirection {
  readonly layer: number;
  /** The tensor's name in the file. */
  readonly field: string;
  readonly values: Float32Array;
}

export interface SteeringFile {
  readonly name: string;
  readonly format: SteeringFormat;
  readonly site: ResidualSite;
  /** In order of layer. */
  readonly directions: readonly StoredDirection[];
  /** The model that a control vector names, if it does. */
  readonly modelHint?: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface SteeringToWrite {
  readonly format: SteeringFormat;
  readonly site: ResidualSite;
  readonly directions: readonly { readonly layer: number; readonly values: Float32Array }[];
  /** The architecture, for a control vector. */
  readonly modelHint: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface SteeringApi {
  /** A direction for every layer from pairs of prompts, with how well it tells pairs that it was not made of. */
  steeringVectors(
    request: SteeringVectorsRequest,
    runId: RunId,
    onProgress?: (partial: SteeringVectorsResult) => void,
  ): Promise<SteeringVectorsResult>;
  /** A metric with a direction added, by layer and strength, beside random directions of the same length. */
  steeringEffect(
    request: SteeringEffectRequest,
    runId: RunId,
    onProgress?: (partial: SteeringEffectResult) => void,
  ): Promise<SteeringEffectResult>;
  /** Undefined for a file that holds no directions by layer. */
  readSteeringFile(file: File): Promise<SteeringFile | undefined>;
  writeSteeringFile(file: SteeringToWrite): Promise<Uint8Array<ArrayBuffer>>;
}
