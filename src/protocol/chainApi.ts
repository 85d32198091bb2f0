/** The part of the engine's API that is about chains of thought. */
import type {
  RolloutsRequest,
  RolloutsResult,
  StepAttentionRequest,
  StepAttentionResult,
  SuppressionRequest,
  SuppressionResult,
} from "./anchors";
import type { Progress, RunId } from "./progress";
import type {
  ChainGameRequest,
  ChainGameResult,
  CoalitionResult,
  CoalitionsRequest,
  ResampleStepsRequest,
  ShapleyCost,
  ShapleyCostRequest,
} from "./chain";
import type { FaithfulnessRequest, FaithfulnessResult, WriteChainsRequest } from "./faithfulness";

export interface ChainApi {
  /** Values of chosen sets of steps, with the most probable answers. */
  coalitions(request: CoalitionsRequest): Promise<CoalitionResult[]>;
  shapleyCost(request: ShapleyCostRequest): Promise<ShapleyCost>;
  /** What the model writes in place of each step: [sample][step] tokens. */
  resampleSteps(
    request: ResampleStepsRequest,
    runId: RunId,
    onProgress?: (p: Progress) => void,
  ): Promise<(readonly (readonly number[])[])[]>;
  /** A game of steps or tokens: Shapley values, leave-one-out, Banzhaf, interactions, effects on later tokens. */
  chainGame(
    request: ChainGameRequest,
    runId: RunId,
    onProgress?: (partial: ChainGameResult) => void,
  ): Promise<ChainGameResult>;
  /** What the model writes after each prompt, greedily: its own chains of thought. */
  writeChains(
    request: WriteChainsRequest,
    runId: RunId,
    onProgress?: (p: Progress) => void,
  ): Promise<string[]>;
  /** What happens to the answer when a chain is cut short, changed, replaced or written again; over problems. */
  faithfulness(
    request: FaithfulnessRequest,
    runId: RunId,
    onProgress?: (partial: FaithfulnessResult) => void,
  ): Promise<FaithfulnessResult>;
  /** Writes a chain anew from each of its steps, and its answer after each. */
  anchorRollouts(
    request: RolloutsRequest,
    runId: RunId,
    onProgress?: (partial: RolloutsResult) => void,
  ): Promise<RolloutsResult>;
  /** What later steps lose when no head may look at a step. */
  stepSuppression(request: SuppressionRequest, runId: RunId): Promise<SuppressionResult>;
  /** Attention from step to step, of every head. */
  stepAttention(request: StepAttentionRequest, runId: RunId): Promise<StepAttentionResult>;
}
