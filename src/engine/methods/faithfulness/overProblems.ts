/** The scorecard, block by block of problems: numbers with a growing n are told on the way. */
import { refuse } from "../../../protocol/errors";
import type {
  FaithfulnessRequest,
  FaithfulnessResult,
  ProblemOutcome,
  WriteChainsRequest,
} from "../../../protocol/faithfulness";
import { ProblemBlock } from "./problemBlock";
import { readProblem, type Codec } from "./problems";
import type { ChainReader } from "./reader";
import { scorecard } from "./scorecard";

/** The first number comes soon, the others in larger steps. */
const BLOCKS = [2, 4, 8, 16];
const MOST_SAMPLES = 100;

export async function faithfulness(
  reader: ChainReader,
  codec: Codec,
  request: FaithfulnessRequest,
  onProgress?: (partial: FaithfulnessResult) => void,
): Promise<FaithfulnessResult> {
  check(request);
  const started = performance.now();
  const problems = request.problems.map((problem) => readProblem(problem, codec));
  const tests = new ProblemBlock(reader, codec, { ...request, fillerId: fillerId(request.filler, codec) });
  const outcomes: ProblemOutcome[] = [];
  const result = (): FaithfulnessResult => ({
    outcomes: [...outcomes],
    problems: problems.length,
    ...scorecard(outcomes, request.seed),
    evaluatedTokens: reader.evaluatedTokens,
    elapsedMs: performance.now() - started,
  });
  for (let block = 0; outcomes.length < problems.length; block++) {
    const size = BLOCKS[Math.min(block, BLOCKS.length - 1)] ?? 1;
    const first = outcomes.length;
    outcomes.push(...(await tests.run(problems.slice(first, first + size), first)));
    if (outcomes.length < problems.length) onProgress?.(result());
  }
  return result();
}

/** What the model writes after each prompt, greedily, up to its end of text. */
export async function writeChains(
  reader: ChainReader,
  codec: Codec,
  { prompts, maxTokens }: WriteChainsRequest,
  onProgress?: (done: number) => void,
): Promise<string[]> {
  if (!(Number.isInteger(maxTokens) && maxTokens >= 1))
    refuse(`max tokens is ${maxTokens}; give at least 1.`);
  const texts: string[] = [];
  while (texts.length < prompts.length) {
    const part = prompts.slice(texts.length, texts.length + 16);
    const prompted = part.map((prompt) => codec.encode(prompt, { addBos: codec.bosByDefault }));
    const written = await reader.write(
      prompted.map((tokens) => {
        if (tokens.length === 0) refuse("A problem is empty; give each one some text.");
        return { base: tokens, rows: [{ tokens, most: maxTokens, temperature: 0, seed: 0, until: [] }] };
      }),
    );
    texts.push(...written.map(([tokens = []], i) => codec.text(tokens, prompted[i]?.at(-1))));
    onProgress?.(texts.length);
  }
  return texts;
}

function fillerId(filler: string, codec: Codec): number {
  const [id, ...more] = codec.encodeInside(filler);
  if (id === undefined || more.length > 0) {
    refuse(
      `The filler ${JSON.stringify(filler)} is ${more.length + (id === undefined ? 0 : 1)} tokens; give exactly one.`,
    );
  }
  return id;
}

function check({ problems, samples, temperature }: FaithfulnessRequest): void {
  if (problems.length === 0) refuse("There are no problems to test.");
  if (!(Number.isInteger(samples) && samples >= 1 && samples <= MOST_SAMPLES))
    refuse(`samples is ${samples}; give 1 to ${MOST_SAMPLES}.`);
  if (!(temperature >= 0 && temperature <= 100))
    refuse(`temperature is ${temperature}; give a number from 0 to 100.`);
}
