/** The part of the engine's API that is about autoencoders. */
import type {
  ByLogitRequest,
  CodeCurveRequest,
  CodeCurveResult,
  CorpusInfo,
  CorpusLatentRequest,
  CorpusLatentResult,
  CorpusOverview,
  CorpusOverviewRequest,
  CorpusRequest,
  DecodeRequest,
  DecodeResult,
  LatentEffect,
  LatentEffectsRequest,
  LatentRequest,
  LatentResult,
  LatentTraceRequest,
  LatentTraceResult,
  RankedLatents,
  SaeInfo,
  SaeSource,
  SortedFiles,
  SpliceRequest,
  SpliceResult,
} from "./features";
import type { MissingFields } from "../missingFields";
import type { Progress, RunId } from "../progress";
import type {
  N2gRequest,
  N2gResult,
  ProbeRequest,
  ProbeResult,
  SaeQualityRequest,
  SaeQualityResult,
  SimulateRequest,
  SimulateResult,
} from "./saeEvaluation";
import type { Site } from "../sites";

export interface SaeApi {
  /** Attaches every autoencoder among the files to the page's model. `site`: for those whose files do not say. */
  attachSaes(
    source: SaeSource,
    site: Site | undefined,
    runId: RunId,
    onProgress?: (p: Progress) => void,
  ): Promise<SaeInfo[]>;
  /** What to ask about autoencoders whose files were refused with MissingFields; undefined if they say all. */
  missingSaeFields(source: SaeSource, site: Site | undefined): Promise<MissingFields | undefined>;
  /** Whether files are autoencoders, a model, or both, by what is in them. */
  sortFiles(files: readonly File[]): Promise<SortedFiles>;
  detachSae(id: number): Promise<void>;
  saes(): Promise<readonly SaeInfo[]>;
  /** Codes of a prompt, and how near the reconstruction is. */
  saeDecode(request: DecodeRequest, runId: RunId): Promise<DecodeResult>;
  /** What the model loses with the reconstruction in place of the activation. */
  saeSplice(request: SpliceRequest, runId: RunId): Promise<SpliceResult>;
  saeCodeCurve(request: CodeCurveRequest, runId: RunId): Promise<CodeCurveResult>;
  /** One latent by its weights: tokens it raises and lowers, its neighbours. */
  saeLatent(request: LatentRequest, runId: RunId): Promise<LatentResult>;
  saeByLogit(request: ByLogitRequest): Promise<RankedLatents>;
  /** What ablating the most active latents of some positions does to a logit. */
  saeEffects(request: LatentEffectsRequest, runId: RunId): Promise<LatentEffect[]>;
  /** What ablating a latent at one position does to every later token. */
  saeTrace(request: LatentTraceRequest, runId: RunId): Promise<LatentTraceResult>;
  /** Codes of a corpus; the engine holds what was found until it is released. Cancelled: what was seen so far. */
  saeCorpus(
    request: CorpusRequest,
    runId: RunId,
    onProgress?: (partial: CorpusInfo) => void,
  ): Promise<CorpusInfo>;
  /** Reads the rest of a corpus that was cancelled. */
  goOnWithCorpus(id: number, runId: RunId, onProgress?: (partial: CorpusInfo) => void): Promise<CorpusInfo>;
  saeCorpusLatent(request: CorpusLatentRequest, runId: RunId): Promise<CorpusLatentResult>;
  saeCorpusOverview(request: CorpusOverviewRequest): Promise<CorpusOverview>;
  releaseCorpus(id: number): Promise<void>;
  /** Explains a latent by the tokens that set it off, and counts how far that goes on other texts. */
  saeN2g(request: N2gRequest, runId: RunId): Promise<N2gResult>;
  /** What the model loses when an explanation's predictions take the latent's place. */
  saeSimulate(request: SimulateRequest, runId: RunId): Promise<SimulateResult>;
  /** How well a label is read from one latent, from one channel, from all channels. */
  saeProbes(request: ProbeRequest, runId: RunId): Promise<ProbeResult>;
  /** Whether active values are too small, and which latents are dead. */
  saeQuality(request: SaeQualityRequest, runId: RunId): Promise<SaeQualityResult>;
}
