/** The command `shapley`: a game of the steps of one chain; with edits also the same game without them. */
import type { EngineApi } from "../protocol/api";
import {
  ABLATION_MODES,
  GAME_ESTIMATORS,
  MAX_EXACT_STEPS,
  type Ablation,
  type AblationMode,
  type ChainText,
  type ChainTokens,
  type ChainValue,
} from "../protocol/chain";
import type { Edit } from "../protocol/interventions";
import { withTokenEdits } from "../protocol/tokenEdits";
import { stepAblation, type StepAblationRequest } from "../client/chain/ablationRequest";
import { filler } from "./filler";
import { inputEdits } from "./inputs";
import { openEngine, PROGRESS } from "./openEngine";
import { indexOption, numberOption, oneOf, required, usage, type Options } from "./options";
import { plain } from "./plain";
import { labelsOf, problemAt } from "./problems";

/** Values that need no set of answers. */
const TOKEN_VALUES = ["logProb", "probability", "margin", "argmax"] satisfies readonly ChainValue[];
/** How many tokens a cue may take. */
const CUE_TOKENS = 16;

export async function shapley(values: Options): Promise<object> {
  const file = values.problems;
  const known = file === undefined ? undefined : problemAt(file, indexOption(values) ?? 0);
  const { engine } = await openEngine(values);
  const mode = oneOf<AblationMode>("mode", required(values, "mode"), ABLATION_MODES);
  const chain = await readChain(engine, values, known?.chain);
  const asked = await ablationRequest(engine, values, mode);
  const edits = await inputEdits(engine, values);
  /** Without the edits other tokens may be the same number. */
  const ablationUnder = (under: readonly Edit[]) =>
    stepAblation(engine, mode === "resample" ? chain : withTokenEdits(chain, under), asked, "shapley");
  const ablation = await ablationUnder(edits);
  const played = await play(engine, values, chain, ablation, edits);
  const unedited = async () => {
    const own = mode === "resample" ? ablation : await ablationUnder([]);
    return play(engine, values, chain, own, []);
  };
  return plain({
    ...(known && { problem: labelsOf(known.problem) }),
    ...played,
    ...(edits.length > 0 && { edits, unedited: await unedited() }),
  }) as object;
}

/** The chain of the options, or of a set of problems; the model writes the cue that neither gives. */
async function readChain(
  engine: EngineApi,
  values: Options,
  known: ChainText | undefined,
): Promise<ChainTokens> {
  const steps: unknown = known?.steps ?? JSON.parse(required(values, "steps"));
  if (!Array.isArray(steps) || !steps.every((step): step is string => typeof step === "string")) {
    return usage("--steps must be a JSON list of strings");
  }
  const prompt = known?.prompt ?? required(values, "problem");
  const answer = known?.answer ?? required(values, "answer");
  const answerPrefix =
    values["answer-prefix"] ?? known?.answerPrefix ?? (await ownCue(engine, prompt, steps, answer));
  return engine.tokenizeChain({ prompt, steps, answerPrefix, answer });
}

async function ablationRequest(
  engine: EngineApi,
  values: Options,
  mode: AblationMode,
): Promise<StepAblationRequest> {
  const usesFiller = mode === "replace" || mode === "symbol";
  return {
    mode,
    fillerId: usesFiller ? (await filler(engine, values.filler)).id : 0,
    seed: numberOption(values, "seed"),
    samples: numberOption(values, "samples"),
    temperature: numberOption(values, "temperature") || 1,
  };
}

async function play(
  engine: EngineApi,
  values: Options,
  chain: ChainTokens,
  ablation: Ablation,
  edits: readonly Edit[],
): Promise<object> {
  const usual = chain.steps.length > MAX_EXACT_STEPS ? "pairedRegression" : "exact";
  const { phi, leaveOneOut, interactions, ...result } = await engine.chainGame(
    {
      ...{ chain, ...ablation, edits, matrix: false },
      seed: numberOption(values, "seed"),
      budget: numberOption(values, "budget"),
      value: oneOf("value", required(values, "value"), TOKEN_VALUES),
      estimator: oneOf("estimator", values.estimator ?? usual, GAME_ESTIMATORS),
    },
    "shapley",
    ({ coalitionsDone, coalitions }) => PROGRESS.show(`${coalitionsDone}/${coalitions} coalitions`),
  );
  return {
    ...{ ...result, fillerId: ablation.fillerId },
    ...{ phi: phi.values, low: phi.low, high: phi.high, loo: leaveOneOut },
    ...(interactions && { interactions }),
  };
}

/** What the model itself writes between the last step and the answer; "Answer :" if it never gives the answer. */
async function ownCue(
  engine: EngineApi,
  prompt: string,
  steps: readonly string[],
  answer: string,
): Promise<string> {
  const chain = await engine.tokenizeChain({ prompt, steps, answerPrefix: "", answer });
  const tokens = [...chain.prompt, ...chain.steps.flat()];
  const request = { tokens, maxTokens: CUE_TOKENS, temperature: 0, topK: 0, topP: 1, seed: 0, stopIds: [] };
  const { tokens: written } = await engine.generate(request, "cue");
  const infos = (await engine.describeTokens([...tokens.slice(-1), ...written])).slice(1);
  // The answer stands behind a colon: a number before it belongs to the text.
  const colon = infos.findIndex(({ text }) => text.trim() === ":");
  if (colon < 0) return " Answer :";
  return infos
    .slice(0, colon + 1)
    .map(({ text }) => text)
    .join("");
}
