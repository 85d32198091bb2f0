/** One number of the chain on screen, changed by hand: what the model makes of it. */
import { insideTokens } from "../tokens/insideTokens";
import type { EngineApi, TokenInfo } from "../../protocol/api";
import type { RunId } from "../../protocol/progress";
import type { AfterEdit, MistakeOutcome } from "../../protocol/faithfulness";
import { numbersOf } from "../../synthetic/ledger/numberEdits";
import { makeEdit, type NumberChange, type NumberPlace } from "./edits";
import type { SetProblem } from "./problemSet";

export interface Expected {
  readonly token: TokenInfo;
  readonly probability: number;
}

export interface HandChange {
  readonly place: NumberPlace;
  readonly value: string;
  readonly after: AfterEdit;
  readonly change: NumberChange;
}

export interface HandOutcome {
  readonly mistake: MistakeOutcome;
  /** The answer after the chain as it stands. */
  readonly before: string;
  /** What the model expects next, right after the number: the original one, and the changed one. */
  readonly next: readonly [original: readonly Expected[], changed: readonly Expected[]];
}

export const placesOf = numbersOf;

const TOP = 5;

export async function changeByHand(
  engine: Pick<EngineApi, "faithfulness" | "tokenizeChain" | "run" | "describeTokens">,
  problem: SetProblem,
  { place, value, after, change }: HandChange,
  filler: string,
  runId: RunId,
): Promise<HandOutcome> {
  const edit = { ...makeEdit(problem, place, value, after, change), counted: true };
  const { chain, name } = problem;
  const { outcomes } = await engine.faithfulness(
    {
      problems: [{ name, chain, edits: [edit] }],
      tests: ["mistakes"],
      ...{ filler, samples: 1, temperature: 0, seed: 0 },
    },
    runId,
  );
  const [outcome] = outcomes;
  const [mistake] = outcome?.mistakes ?? [];
  if (!outcome || !mistake) throw new Error("The engine did not answer for this change.");
  const upto = (number: string) =>
    engine.tokenizeChain({
      ...{ prompt: chain.prompt, answerPrefix: "", answer: "" },
      steps: [
        ...chain.steps.slice(0, place.step),
        (chain.steps[place.step] ?? "").slice(0, place.start) + number,
      ],
    });
  const rows = (await Promise.all([upto(place.text), upto(value)])).map(({ prompt, steps }) => ({
    tokens: [...prompt, ...steps.flat()],
  }));
  const { top } = await engine.run({
    rows,
    top: rows.map(({ tokens }, row) => ({ row, position: tokens.length - 1, k: TOP })),
  });
  const expected = async (row: number): Promise<Expected[]> => {
    const { ids, logProbs } = top[row] ?? { ids: [], logProbs: [] };
    const tokens = await insideTokens(engine, [...ids]);
    return tokens.map((token, i) => ({ token, probability: Math.exp(logProbs[i] ?? -Infinity) }));
  };
  return { mistake, before: outcome.whole.text, next: [await expected(0), await expected(1)] };
}
