/**
 * A sparse autoencoder's files in one form, whatever layout they are in. Matrices are read in slices of rows, both by
 * latent; a file of any size is never in memory as f32.
 *
 *   input   (scheme of the description) − inputBias
 *   encode  a = encoder · input + encoderBias;  latents = activation(a)
 *   decode  latents · decoder + decoderBias, the scheme undone, + skip · x
 */
import type { SaeDescription } from "../../../protocol/sae/sae";
import type { FloatDtype } from "../safetensors";
import type { FileSet } from "../bytes/source";
import type { RowSlice } from "../tensorReader";

export interface SaeMatrix {
  readonly shape: readonly [number, number];
  /** Of the file; rows come as f32. */
  readonly dtype: FloatDtype;
  rows(sliceBytes?: number): AsyncGenerator<RowSlice>;
}

export interface SaeVector {
  readonly size: number;
  read(): Promise<Float32Array<ArrayBuffer>>;
}

export interface SaeTensors {
  /** [nLatents, dIn]. */
  readonly encoder: SaeMatrix;
  /** [nLatents]; gated autoencoders have none. */
  readonly encoderBias?: SaeVector;
  /** [nLatents, dOut]. */
  readonly decoder: SaeMatrix;
  /**
   * A part of a cross-layer transcoder: what its latents write to the later sites, [nLatents, (sites − 1) · dOut], the
   * sites side by side in order. `decoder` and `decoderBias` are the first site's.
   */
  readonly laterDecoder?: SaeMatrix;
  /** [dOut]. */
  readonly decoderBias: SaeVector;
  /** [dIn]: taken off the input, after its scheme. */
  readonly inputBias?: SaeVector;
  /** [nLatents], of jumprelu and batchtopk: a latent is active where a > threshold, and a > 0. */
  readonly threshold?: SaeVector;
  /** Gated, [nLatents]: active where a + gateBias > 0, with the value ReLU(a · magnitudeScale + magnitudeBias). */
  readonly gate?: {
    readonly gateBias: SaeVector;
    /** exp(r_mag). */
    readonly magnitudeScale: SaeVector;
    readonly magnitudeBias: SaeVector;
  };
  /** [dOut, dIn]: a skip transcoder's path around the latents. */
  readonly skip?: SaeMatrix;
}

/** All but the hash, which takes reading the whole file. */
export type SaeAbout = Omit<SaeDescription, "sha256">;

/** An autoencoder among dropped files, its headers read and checked. */
export interface FoundSae {
  readonly about: SaeAbout;
  readonly tensors: SaeTensors;
  /** What it needs, the weights first. */
  readonly files: FileSet;
  /** How many of the files are weights; 1 if it does not say. */
  readonly weightFiles?: number;
  /** Worth showing to people. */
  readonly notes: readonly string[];
}

export interface SaeFile {
  readonly description: SaeDescription;
  readonly tensors: SaeTensors;
  readonly files: FileSet;
  readonly notes: readonly string[];
}
