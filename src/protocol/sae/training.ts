/**
 * Learning in the engine: what is asked of a run, and how far it is. A run belongs to the engine until it is released; it stops
 * between any two steps and goes on there with the same numbers.
 */
import type { OnModel } from "../analysis";
import type { SaeInfo } from "./features";
import type { RunId } from "../progress";
import type { Site } from "../sites";

/** The learning rate: up from 0 over `warmUp` steps, level, down to 0 over the last share `decay` of the run. */
export interface RateSchedule {
  readonly rate: number;
  readonly warmUp: number;
  readonly decay: number;
}

/** A TopK autoencoder (both sites the same) or transcoder. */
export interface SaeSettings {
  readonly siteIn: Site;
  readonly siteOut: Site;
  readonly nLatents: number;
  readonly k: number;
  /** Dead latents that code what the others leave, and what that loss is worth. */
  readonly auxK: number;
  readonly auxWeight: number;
  /** Tokens after which a latent that was not active counts as dead. */
  readonly deadAfter: number;
  readonly seed: number;
}

export interface SaeTrainingRequest extends OnModel {
  readonly name: string;
  /** Documents, as tokens; cut into contexts. */
  readonly documents: readonly (readonly number[])[];
  readonly contextSize: number;
  /** Put before every context, if the model has one. It is never learned from. */
  readonly addBos: boolean;
  /** All of them learn from the same activations, in the same order. */
  readonly saes: readonly SaeSettings[];
  readonly steps: number;
  /** Tokens a step. */
  readonly batch: number;
  readonly schedule: RateSchedule;
  /** The longest gradient, all parameters of an autoencoder together. */
  readonly clip: number;
  /** Share of the documents that is kept apart, for the measures that count. */
  readonly heldOut: number;
  /** Tokens whose activations are shuffled together. */
  readonly shuffledTokens: number;
  /** Of texts and their order. */
  readonly seed: number;
}

/** What a step said. */
export interface SaeStepPoint {
  readonly step: number;
  /** Share of the variance of the batch that is left. */
  readonly loss: number;
  readonly auxLoss?: number;
  readonly dead: number;
  readonly gradientLength: number;
}

/** Measured on documents that were kept apart. */
export interface SaeHeldOutPoint {
  readonly step: number;
  /** Σ ‖y − ŷ‖² / Σ ‖y − mean y‖². */
  readonly fvu: number;
  /** Mean active latents a token. */
  readonly l0: number;
}

export interface SaeCurve {
  /** At most some hundreds: from where there are more, one in so many. */
  readonly points: readonly SaeStepPoint[];
  readonly heldOut: readonly SaeHeldOutPoint[];
}

export interface SaeTrainingInfo {
  readonly id: number;
  readonly name: string;
  readonly step: number;
  readonly steps: number;
  readonly rate: number;
  readonly tokensPerSecond: number;
  /** Tokens learned from, those seen again counted again; and those of the corpus that may be. */
  readonly tokensSeen: number;
  readonly corpusTokens: number;
  readonly heldOutTokens: number;
  readonly saes: readonly SaeCurve[];
  /** Why it stopped for good: a number that is not finite, at which step; what is kept is of the step before. */
  readonly failure?: string;
}

/** Files in the SAELens layout. */
export interface TrainedFile {
  readonly name: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

export interface TrainingApi {
  /** Learns; cancelled, it answers with where it stands. */
  trainSaes(
    request: SaeTrainingRequest,
    runId: RunId,
    onProgress?: (partial: SaeTrainingInfo) => void,
  ): Promise<SaeTrainingInfo>;
  /** Goes on with a run that was stopped: to its end, or for so many steps. */
  goOnWithTraining(
    asked: { readonly id: number; readonly steps?: number },
    runId: RunId,
    onProgress?: (partial: SaeTrainingInfo) => void,
  ): Promise<SaeTrainingInfo>;
  /** An autoencoder of a run as it is now. */
  trainedSaeFiles(asked: { readonly id: number; readonly sae: number }): Promise<readonly TrainedFile[]>;
  /** The same, attached to the page's model beside the others. */
  attachTrainedSae(asked: { readonly id: number; readonly sae: number }): Promise<readonly SaeInfo[]>;
  releaseTraining(id: number): Promise<void>;
}
