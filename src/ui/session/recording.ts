/**
 * The recorded example: what the default model really answered when the page was made, on screen before the
 * engine is. When the engine is ready it recomputes, and the page says whether the numbers agree.
 */
import type { ChainGameResult, ChainTokens, CoalitionResult } from "../../protocol/chain";
import { valueOf } from "./chainSettings";
import { compareNumbers, expectedNumbers, formatDifference, TOLERANCE_NATS } from "./compareNumbers";
import type { Effect } from "./effect";
import recording from "./recording.json";
import type { Session } from "./session.svelte";

interface Answers {
  readonly logProb: number;
  /** [token id, text, log-probability], most probable first. */
  readonly top: readonly (readonly [number, string, number])[];
}

export interface Recording {
  readonly model: { readonly name: string; readonly sha256: string };
  readonly chain: {
    readonly prompt: string;
    readonly steps: readonly string[];
    readonly answerPrefix: string;
    readonly answer: string;
  };
  readonly tokens: readonly { readonly id: number; readonly text: string; readonly special: boolean }[];
  /** The same tokens, part by part. */
  readonly parts: ChainTokens;
  readonly answerId: number;
  readonly baseline: Answers;
  readonly early: readonly number[];
  readonly loo: readonly number[];
  readonly game: ChainGameResult;
}

// Written in this shape by scripts/recordExample.ts; JSON has no tuples.
export const RECORDING = recording as unknown as Recording;

function asResult({ logProb, top }: Answers): CoalitionResult {
  return {
    logProb,
    top: {
      ids: Uint32Array.from(top, ([id]) => id),
      logProbs: Float32Array.from(top, ([, , value]) => value),
    },
  };
}

function recordedEffect({ baseline, early, loo, answerId }: Recording): Effect {
  const result = asResult(baseline);
  const topTokens = new Map(baseline.top.map(([id, text]) => [id, text]));
  return { now: result, baseline: result, tokens: [], topTokens, answerId, early, earlyValues: early, loo };
}

export function showRecording(session: Session): void {
  const { chain, tokens, parts, game, model } = RECORDING;
  session.promptText = chain.prompt;
  session.showTokens(tokens, parts);
  session.chain.set(chain);
  session.chain.effect = recordedEffect(RECORDING);
  session.chain.game.show(game);
  session.chain.recordedFrom = model.sha256;
  session.comparison = "recorded · starting the engine…";
}

/** Recomputes the recorded example, unless the visitor has moved on. */
export async function compareWithRecording(session: Session): Promise<void> {
  const { chain } = session;
  const recorded = Object.values(RECORDING.chain).flat().join("");
  const isUntouched = () =>
    chain.wholeText === recorded &&
    chain.mode === "delete" &&
    valueOf(chain.settings) === "logProb" &&
    chain.present.every(Boolean);
  if (!isUntouched() || !session.model) {
    session.comparison = undefined;
    return;
  }
  await chain.recompute();
  await chain.game.run();
  if (!isUntouched()) session.comparison = undefined;
  else if (session.model.sha256 !== RECORDING.model.sha256)
    session.comparison = `live · the recording was made with other weights of ${RECORDING.model.name}`;
  else session.comparison = sentence(session);
}

function sentence({ chain }: Session): string {
  const there = expectedNumbers(recordedEffect(RECORDING), RECORDING.game);
  if (!there) return "";
  const { worst, first } = compareNumbers(there, expectedNumbers(chain.effect, chain.game.done));
  if (!first) return `live · matches the recording (max difference ${formatDifference(worst)} nats)`;
  return `live · differs from the recording by up to ${formatDifference(worst)} nats, first in ${first.name} (tolerance ${formatDifference(TOLERANCE_NATS)})`;
}
