/**
 * The recorded example: what the default model really answered when the page was made, on screen before the
 * engine is. When the engine is ready it recomputes, and the page says whether the numbers agree.
 */
import type { CoalitionResult, ShapleyResult } from "../../protocol/chain";
import recording from "./recording.json";
import type { Session } from "./session.svelte";

interface Answers {
  readonly logProb: number;
  /** [token id, text, log-probability], most probable first. */
  readonly top: readonly (readonly [number, string, number])[];
}

interface Recording {
  readonly model: { readonly name: string; readonly sha256: string };
  readonly chain: {
    readonly prompt: string;
    readonly steps: readonly string[];
    readonly answerPrefix: string;
    readonly answer: string;
  };
  readonly tokens: readonly { readonly id: number; readonly text: string; readonly special: boolean }[];
  readonly baseline: Answers;
  readonly early: readonly number[];
  readonly loo: readonly number[];
  readonly shapley: ShapleyResult;
}

// The file is written by scripts/recordExample.mjs in this shape.
const RECORDING = recording as unknown as Recording;

function asResult({ logProb, top }: Answers): CoalitionResult {
  return {
    logProb,
    top: {
      ids: Uint32Array.from(top, ([id]) => id),
      logProbs: Float32Array.from(top, ([, , value]) => value),
    },
  };
}

export function showRecording(session: Session): void {
  const { chain, tokens, baseline, early, loo, shapley } = RECORDING;
  session.promptText = chain.prompt;
  session.tokens = tokens;
  session.chain.set(chain);
  const result = asResult(baseline);
  session.chain.effect = {
    now: result,
    baseline: result,
    topTokens: new Map(baseline.top.map(([id, text]) => [id, text])),
    ...{ early, loo },
  };
  session.chain.shapley = shapley;
  session.comparison = "recorded · starting the engine…";
}

/** Recomputes the recorded example, unless the visitor has moved on. */
export async function compareWithRecording(session: Session): Promise<void> {
  const { chain } = session;
  const untouched = chain.wholeText === Object.values(RECORDING.chain).flat().join("");
  if (!untouched || session.model?.sha256 !== RECORDING.model.sha256) {
    session.comparison = undefined;
    return;
  }
  await chain.recompute();
  await chain.runShapley();
  const { effect, shapley } = chain;
  if (!effect || !shapley) return;
  const differences = [
    effect.baseline.logProb - RECORDING.baseline.logProb,
    ...RECORDING.shapley.phi.map((value, i) => value - (shapley.phi[i] ?? NaN)),
  ].map(Math.abs);
  const worst = Math.max(...differences);
  const size = worst === 0 ? "0" : worst.toExponential(0).replace("e-", "e−");
  session.comparison =
    worst < 1e-3
      ? `live · matches the recording (max difference ${size} nats)`
      : `live · differs from the recording by ${size} nats`;
}
