/**
 * The recorded example: what the default model really answered when the page was made, on screen before the
 * engine is. When the engine is ready it recomputes, and the page says whether the numbers agree.
 */
import type { ChainGameResult, ChainTokens, CoalitionResult } from "../../protocol/chain";
import { valueOf } from "../../client/chain/chainSettings";
import {
  compareNumbers,
  expectedNumbers,
  formatDifference,
  TOLERANCE_NATS,
} from "../../client/chain/compareNumbers";
import type { Effect } from "../../client/chain/effect";
import recording from "./recording.json";
import type { Session } from "../state/session.svelte";

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
  session.comparison = () => recordingSentence(session);
}

/** Recomputes the recorded example, unless the visitor has moved on. */
export async function compareWithRecording(session: Session): Promise<void> {
  const { chain } = session;
  session.comparison = () => recordingSentence(session);
  if (!isRecorded(session) || !session.model) return;
  // Loading the model has recomputed the chain.
  await chain.settled();
  await chain.game.run();
}

/** Whether what is on screen is what was recorded: the same parts, every step, no edit, the same question. */
function isRecorded({ chain, edits }: Session): boolean {
  return (
    JSON.stringify(chain.text) === JSON.stringify(RECORDING.chain) &&
    chain.mode === "delete" &&
    valueOf(chain.settings) === "logProb" &&
    chain.present.every(Boolean) &&
    edits.active.length === 0
  );
}

/** What can be said of the numbers on screen; nothing where they are of something else, or not all there. */
export function recordingSentence(session: Session): string | undefined {
  const { chain, model, device } = session;
  if (chain.recordedFrom !== undefined) return "recorded · starting the engine…";
  if (!model || chain.computing || !isRecorded(session)) return undefined;
  if (model.sha256 !== RECORDING.model.sha256) {
    return model.name === RECORDING.model.name
      ? `live · the recording was made with other weights of ${RECORDING.model.name}`
      : undefined;
  }
  const there = expectedNumbers(recordedEffect(RECORDING), RECORDING.game);
  // The recorded game stands there until its own is played: it is no number of this page.
  const own = chain.game.done === RECORDING.game ? undefined : chain.game.done;
  const here = expectedNumbers(chain.effect, own);
  if (!there || !here?.shapley) return undefined;
  const { worst, first } = compareNumbers(there, here);
  const how = `${model.precision} on ${device?.kind === "webgpu" ? device.label : "the CPU"}`;
  const tolerance = `tolerance ${formatDifference(TOLERANCE_NATS)}`;
  return first
    ? `live · differs from the recording by up to ${formatDifference(worst)} nats, first in ${first.name} (${how}, ${tolerance})`
    : `live · matches the recording (max difference ${formatDifference(worst)} nats, ${tolerance}, ${how})`;
}
