/** The part of the engine's API that rests on gradients: estimates to first order, each with its distance from exact runs. */
import type {
  AttributionPatchingRequest,
  AttributionPatchingResult,
  EdgeAttributionRequest,
  EdgeAttributionResult,
  TokenAttributionRequest,
  TokenAttributionResult,
} from "./attributions";
import type { LatentAttributionRequest, LatentAttributionResult } from "./latentAttributions";
import type { AttributionGraphRequest, AttributionGraphResult } from "./graphs";
import type { RunId } from "../progress";

export interface GradientApi {
  /** Every cell of a sweep to first order, and some of them exactly. */
  attributionPatching(
    request: AttributionPatchingRequest,
    runId: RunId,
    onProgress?: (partial: AttributionPatchingResult) => void,
  ): Promise<AttributionPatchingResult>;
  /** Saliency, gradient × input and integrated gradients of a prompt's tokens. */
  tokenAttribution(
    request: TokenAttributionRequest,
    runId: RunId,
    onProgress?: (partial: TokenAttributionResult) => void,
  ): Promise<TokenAttributionResult>;
  /** Edges between heads, MLPs and logits, and graphs of the strongest. */
  edgeAttribution(
    request: EdgeAttributionRequest,
    runId: RunId,
    onProgress?: (partial: EdgeAttributionResult) => void,
  ): Promise<EdgeAttributionResult>;
  /** Which latents of attached dictionaries a prediction comes from, and through what. */
  attributionGraph(
    request: AttributionGraphRequest,
    runId: RunId,
    onProgress?: (partial: AttributionGraphResult) => void,
  ): Promise<AttributionGraphResult>;
  /** Latents of an autoencoder by gradient × activation, and some of them ablated. */
  latentAttribution(
    request: LatentAttributionRequest,
    runId: RunId,
    onProgress?: (partial: LatentAttributionResult) => void,
  ): Promise<LatentAttributionResult>;
}
