/**
 * Jacobian lenses: for each block a matrix that carries its residual stream into the basis of the last one, where the model's
 * own head can read it. Fitted on a corpus, or opened from a file.
 */
import type { RunId } from "../progress";

/** How a lens was made; what a file does not say is left out. */
export interface LensEnvironment {
  readonly model?: string;
  /** As `ModelInfo.sha256`. */
  readonly modelSha256?: string;
  /** What its texts are called, and SHA-256 of their token ids (u32, each text preceded by its length). */
  readonly corpus?: string;
  readonly corpusSha256?: string;
  /** Positions of a text that are left out at its beginning; its last position is left out, too. */
  readonly skipFirst?: number;
  /** Tokens that were put before each text (BOS). */
  readonly before?: readonly number[];
  /** Tokens of the longest text. */
  readonly longest?: number;
  /** Positions that the mean is over. */
  readonly positions?: number;
  /** Base and scaling of rotary positions as the model's config has them; "none" where it has none. */
  readonly rope?: string;
  /** The program that made it. */
  readonly madeBy?: string;
}

export interface LensInfo {
  readonly id: number;
  /** The corpus it was fitted on, or its file. */
  readonly name: string;
  readonly source: "fit" | "file";
  /** Blocks whose output it reads, ascending. */
  readonly layers: readonly number[];
  readonly dModel: number;
  /** Texts that the mean is over. */
  readonly texts: number;
  /** Of a fit: texts there are, and those that were too short. */
  readonly allTexts?: number;
  readonly shortTexts?: number;
  /** Of a fit: how far the last text moved the mean, max over layers of ‖J after − J before‖ / ‖J before‖. */
  readonly lastChange?: number;
  readonly elapsedMs?: number;
  readonly environment: LensEnvironment;
  /** What a reader should know: what the file does not say, or that it was made on other weights. */
  readonly notes: readonly string[];
}

export interface LensFitRequest {
  /** What the texts are called. */
  readonly name: string;
  /** Token ids of each text; with `before` no longer than the model reads. */
  readonly contexts: readonly (readonly number[])[];
  /** Put before each. */
  readonly before: readonly number[];
  /** Positions left out at the beginning of each row, `before` among them. */
  readonly skipFirst: number;
}

/** How a residual stream is read: through J, as it is, or through J with its columns shuffled. */
export const LENS_READINGS = ["jacobian", "logit", "shuffled"] as const;
export type LensReading = (typeof LENS_READINGS)[number];

export interface LensQualityRequest {
  readonly lens: number;
  readonly contexts: readonly (readonly number[])[];
  readonly before: readonly number[];
  /** Positions left out at the beginning of each row. */
  readonly skipFirst: number;
  /** Of the shuffle, and of the bootstrap. */
  readonly seed: number;
}

/** A mean over texts with its 95 % interval (bootstrap over texts). */
export interface TextMean {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface LensQualityRow {
  readonly layer: number;
  readonly reading: LensReading;
  /** KL(the model's own prediction ‖ the lens's), nats a position. */
  readonly kl: TextMean;
  /** Share of positions where the lens's most probable token is the model's. */
  readonly agreesWithModel: TextMean;
  /** Share of positions where it is also that of the same lens one layer on (behind the last layer of the lens: the model's). */
  readonly agreesWithNext: TextMean;
}

export interface LensQualityResult {
  /** Layer after layer, each with all readings. */
  readonly rows: readonly LensQualityRow[];
  readonly texts: number;
  readonly allTexts: number;
  readonly positions: number;
  /** How many of the texts the lens was fitted on; undefined where its file does not tell. */
  readonly alsoFitted?: number;
}

export interface LensApi {
  /** The lens is held from the first text on, also where the fit is stopped: `goOnFitting` reads the rest. */
  fitJacobianLens(
    request: LensFitRequest,
    runId: RunId,
    onProgress?: (partial: LensInfo) => void,
  ): Promise<LensInfo>;
  goOnFitting(lens: number, runId: RunId, onProgress?: (partial: LensInfo) => void): Promise<LensInfo>;
  /** Opens every lens among the files for the page's model. */
  openLenses(files: readonly File[], runId: RunId): Promise<LensInfo[]>;
  /** Those that are held for the page's model. */
  lenses(): Promise<readonly LensInfo[]>;
  releaseLens(lens: number): Promise<void>;
  /** As a safetensors file: one matrix a layer, the environment beside them. */
  exportLens(lens: number): Promise<Uint8Array<ArrayBuffer>>;
  /** How well a lens does on texts, beside the logit lens and a shuffled lens. */
  lensQuality(
    request: LensQualityRequest,
    runId: RunId,
    onProgress?: (partial: LensQualityResult) => void,
  ): Promise<LensQualityResult>;
}
