/**
 * Regenerate after the edit: the first absent step is taken away in the mode chosen, then the model writes everything
 * behind it again, and one looks whether it comes to the same answer. Another question than the teacher-forced values:
 * here a later step can repair what is missing.
 */
import type { EngineApi } from "../../../protocol/api";
import type { RunId } from "../../../protocol/progress";
import { ablatedRow } from "../../../client/chain/ablatedRow";
import type { ChainState } from "../../state/chain/chain.svelte";
import { splitChain } from "../../../client/chain/splitSteps";

export interface Written {
  /** 0: greedy; else a sample at the temperature, drawn by this seed. */
  readonly seed: number | undefined;
  readonly text: string;
  /** What it says is the answer; empty where no answer was found. */
  readonly answer: string;
  readonly isSame: boolean;
}

export interface WrittenOn {
  /** The step that is taken away. */
  readonly step: number;
  readonly written: readonly Written[];
  readonly wanted: number;
}

export interface WriteRequest {
  readonly count: number;
  readonly temperature: number;
  readonly seed: number;
  readonly maxTokens: number;
  readonly eosId: number | undefined;
}

/** The first text is greedy, the others are drawn. */
export async function writeOn(
  engine: EngineApi,
  chain: ChainState,
  { count, temperature, seed, maxTokens, eosId }: WriteRequest,
  runId: RunId,
  partial: (so: WrittenOn) => void,
): Promise<WrittenOn> {
  const step = chain.present.indexOf(false);
  if (step < 0) throw new Error("Every step is present: switch one off, and the model writes on from there.");
  const whole = await chain.tokens();
  const ablation = await chain.ablation(whole);
  const upTo = { ...whole, steps: whole.steps.slice(0, step + 1), answerPrefix: [], answer: [] };
  const present = upTo.steps.map((_, i) => i !== step);
  const { prompt } = ablatedRow(upTo, present, ablation);
  const kept = chain.steps
    .slice(0, step)
    .map(({ text }) => text)
    .join("");
  const answer = chain.answer.trim();
  const written: Written[] = [];
  for (let i = 0; i < count; i++) {
    const drawn = i === 0 ? { temperature: 0, seed: 0 } : { temperature, seed: seed + i - 1 };
    const { tokens } = await engine.generate(
      {
        ...{ tokens: prompt.tokens, edits: prompt.edits, maxTokens, topK: 0, topP: 1 },
        ...{ ...drawn, stopIds: eosId === undefined ? [] : [eosId] },
      },
      runId,
    );
    const texts = await engine.describeTokens([...prompt.tokens.slice(-1), ...tokens]);
    const text = texts
      .slice(1)
      .filter(({ special }) => !special)
      .map((token) => token.text)
      .join("");
    const found = splitChain(chain.prompt + kept, text).answer.trim();
    written.push({ seed: i === 0 ? undefined : drawn.seed, text, answer: found, isSame: found === answer });
    partial({ step, written: [...written], wanted: count });
  }
  return { step, written, wanted: count };
}
