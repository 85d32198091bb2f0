/**
 * What a sparse autoencoder or transcoder is, whatever file it came from: which site it reads, which it writes, and what
 * happens between. The formulas are in `engine/sae/reference.ts`.
 */
import type { Site } from "../sites";

export const SAE_LAYOUTS = [
  "SAELens",
  "Gemma Scope",
  "sparsify",
  "OpenAI",
  "dictionary_learning",
  "circuit-tracer",
] as const;
export type SaeLayout = (typeof SAE_LAYOUTS)[number];

/** From pre-activations to latents. BatchTopK works by its threshold once it is trained. */
export type SaeActivation = "relu" | "topk" | "batchtopk" | "jumprelu" | "gated";

/** What is done to x before it is encoded; undone after decoding. */
export type SaeInputScheme =
  | { readonly scheme: "none" }
  /** x · factor. */
  | { readonly scheme: "rescale"; readonly factor: number }
  /** (x − mean) / (standard deviation + eps), Bessel's. */
  | { readonly scheme: "layerNorm"; readonly eps: number }
  /** To a mean square of 1. */
  | { readonly scheme: "unitMeanSquare" };

export interface SaeDescription {
  /** The folder's or file's name. */
  readonly name: string;
  readonly layout: SaeLayout;
  /** SHA-256 of the weights, hex. */
  readonly sha256: string;
  readonly activation: SaeActivation;
  readonly dIn: number;
  readonly dOut: number;
  readonly nLatents: number;
  /** Of TopK; of BatchTopK the trained mean. */
  readonly k?: number;
  /** What it reads; undefined where the files do not say. */
  readonly siteIn: Site | undefined;
  /** What it writes: the same site, or another one for a transcoder. */
  readonly siteOut: Site | undefined;
  /**
   * A part of a cross-layer transcoder: all sites that its latents write, in order of layers, `siteOut` first. What each
   * of them holds is written by several parts together. Absent for everything else.
   */
  readonly writes?: readonly Site[];
  readonly input: SaeInputScheme;
  /** Matryoshka: sizes of the prefixes that are autoencoders by themselves; else empty. */
  readonly prefixes: readonly number[];
  /** A skip transcoder: a linear path around the latents. */
  readonly hasSkip: boolean;
  /** The model it was trained on, as its files name it. */
  readonly modelName?: string;
  readonly prependBos?: boolean;
  readonly contextSize?: number;
}
