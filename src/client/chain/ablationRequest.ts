/**
 * How absent steps are taken away, with what a mode needs beyond a token: for "symbol" which tokens are the same number,
 * for "resample" what the model writes in place of each step.
 */
import type { EngineApi } from "../../protocol/api";
import type { RunId } from "../../protocol/progress";
import type { Ablation, AblationMode, ChainTokens } from "../../protocol/chain";
import { chainNumbers } from "./chainNumbers";

export interface StepAblationRequest {
  readonly mode: AblationMode;
  readonly fillerId: number;
  /** Of "resample"; samples are drawn from the whole distribution at this temperature. */
  readonly samples: number;
  readonly seed: number;
  readonly temperature: number;
}

export async function stepAblation(
  engine: EngineApi,
  chain: ChainTokens,
  { mode, fillerId, samples, seed, temperature }: StepAblationRequest,
  runId: RunId,
): Promise<Ablation> {
  if (mode === "symbol") return { mode, fillerId, numbers: await chainNumbers(engine, chain) };
  if (mode !== "resample") return { mode, fillerId };
  const asked = { chain, samples, seed, temperature, topP: 1 };
  return { mode, fillerId, alternatives: await engine.resampleSteps(asked, runId) };
}
