/**
 * Which tokens of a prompt a scalar rests on, by its gradient at their embeddings: saliency (Simonyan et al. 2013, arXiv
 * 1312.6034), gradient × input, and integrated gradients (Sundararajan et al. 2017, arXiv 1703.01365).
 *
 *   1. the prompt with its edits, up to the last position that is read: embeddings x, and one gradient g = ∂f/∂x
 *   2. by token i: saliency ‖gᵢ‖₂; gradient × input gᵢ · xᵢ
 *   3. integrated gradients (xᵢ − x′ᵢ) · ∫₀¹ ∂f/∂xᵢ(x′ + a (x − x′)) da from a named baseline x′; the integral is a sum over
 *      points of the path (midpoint or trapezoid rule), each a row whose embeddings are replaced
 *   4. f(x) and f(x′) by forward passes: Σ integrated − (f(x) − f(x′)) is the completeness error
 *   5. the truth beside it: each token, and each whole step of a chain, replaced by the filler token in a row of its own
 *
 * Values that edits take from elsewhere stay those of the prompt as it is, in every row. Position embeddings are no part of
 * x. A gradient of nothing but zeros, or not finite, is passed on as an alarm.
 */
import type {
  AttributionAlarm,
  TokenAttributionRequest,
  TokenAttributionResult,
  TokenScores,
} from "../../../protocol/gradients/attributions";
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import type { Scalar } from "../../../protocol/gradients/gradients";
import { showNowAndThen } from "../../../protocol/progress";
import { scalarValues } from "../../interp/gradients/scalarValues";
import { summedGradients } from "../../interp/gradients/summedGradients";
import { resolveEdits, type ResolvedPrompt } from "../../interp/interventions/index";
import { isBelow } from "../../models/checks";
import type { Model } from "../../models/model";
import { atShare, embeddings, pathPoints, type Embeddings, type PathPoint } from "./embeddings";
import { Replacements } from "./replacements";
import { agreementOf, byStep } from "./tokenScores";

function check({ config }: Model, request: TokenAttributionRequest): void {
  const { length } = request.prompt.tokens;
  const { scalar, steps, fixed = [], stepOf, filler, baseline } = request;
  if (scalar.length === 0) refuse("The scalar has no terms; name at least one.");
  const bad = scalar.find(({ position }) => !isBelow(position, length));
  if (bad) refuse(`The scalar is read at position ${bad.position}; there are positions 0 to ${length - 1}.`);
  if (!(Number.isInteger(steps) && steps >= 1))
    refuse(`Integrated gradients take ${steps} steps; take a whole number from 1 on.`);
  const outside = fixed.find((position) => !(position >= 0 && position < length));
  if (outside !== undefined)
    refuse(`Position ${outside} is to stay fixed; there are positions 0 to ${length - 1}.`);
  if (stepOf && stepOf.length !== length)
    refuse(`${stepOf.length} tokens have a step; the prompt has ${length} tokens.`);
  const ids = [filler, baseline.kind === "token" ? baseline.token : undefined];
  const unknown = ids.find((id) => id !== undefined && !(id >= 0 && id < config.dVocab));
  if (unknown !== undefined)
    refuse(`Token ${unknown} is to take a place; this model knows tokens 0 to ${config.dVocab - 1}.`);
}

export async function tokenAttribution(
  model: Model,
  request: TokenAttributionRequest,
  pauser: Pauser,
  onProgress?: (partial: TokenAttributionResult) => void,
): Promise<TokenAttributionResult> {
  check(model, request);
  const whole = await resolveEdits(model, request.prompt, pauser);
  // What comes after the last position that is read cannot matter.
  const read = 1 + Math.max(...request.scalar.map(({ position }) => position));
  const prompt = { tokens: whole.tokens.slice(0, read), interventions: whole.interventions };
  const work = new Work(model, request, prompt, pauser, onProgress);
  try {
    await work.gradient();
    await work.path();
    await work.replace();
    return work.result();
  } catch (error) {
    // Whoever cancels keeps what is there.
    onProgress?.(work.result());
    throw error;
  }
}

/** One request under way. */
class Work {
  readonly #started = performance.now();
  readonly #terms: Scalar;
  readonly #points: readonly PathPoint[];
  readonly #replacements: Replacements | undefined;
  readonly #alarms: AttributionAlarm[] = [];
  readonly #scores: Record<"saliency" | "gradientInput" | "integrated", number[]>;
  #embeddings: Embeddings | undefined;
  #value = NaN;
  #baselineValue = NaN;
  #rowsDone = 0;
  readonly #showMore: () => void;

  constructor(
    private readonly model: Model,
    private readonly request: TokenAttributionRequest,
    /** With its edits, as far as it is read. */
    private readonly prompt: ResolvedPrompt,
    private readonly pauser: Pauser,
    onProgress: ((partial: TokenAttributionResult) => void) | undefined,
  ) {
    this.#showMore = showNowAndThen(onProgress, () => this.result());
    this.#terms = request.scalar.map((term) => ({ ...term, row: 0 }));
    this.#points = pathPoints(request.steps, request.rule);
    if (request.filler !== undefined) {
      this.#replacements = new Replacements(prompt.tokens, request.filler, request);
    }
    const unknown = (): number[] => prompt.tokens.map(() => NaN);
    this.#scores = { saliency: unknown(), gradientInput: unknown(), integrated: unknown() };
  }

  /** Steps 1 and 2. */
  async gradient(): Promise<void> {
    const { model, prompt, request, pauser } = this;
    const fixed = new Set(request.fixed);
    const found = await embeddings(model, prompt, request.baseline, fixed, pauser);
    this.#embeddings = found;
    this.#took(1);
    const at = await this.#gradients("prompt", [{ share: 1, weight: 1 }], () => prompt);
    const { input, dModel } = found;
    this.#scores.saliency = perToken(at, dModel, (g) => g * g).map(Math.sqrt);
    this.#scores.gradientInput = perToken(at, dModel, (g, i) => g * (input[i] ?? 0));
  }

  /** Steps 3 and 4. */
  async path(): Promise<void> {
    const { model, prompt, pauser } = this;
    const found = this.#embeddings;
    if (!found) throw new Error("the path comes after the gradient");
    const { input, baseline, dModel } = found;
    const at = (share: number) => ({
      tokens: prompt.tokens,
      interventions: [...prompt.interventions, atShare(found, share)],
    });
    const ends = await scalarValues(model, [prompt, at(0)], this.#terms, pauser, this.#took);
    [this.#value = NaN, this.#baselineValue = NaN] = ends;
    const mean = await this.#gradients("path", this.#points, ({ share }) => at(share));
    this.#scores.integrated = perToken(mean, dModel, (g, i) => g * ((input[i] ?? 0) - (baseline[i] ?? 0)));
  }

  /** Step 5. */
  async replace(): Promise<void> {
    const replacements = this.#replacements;
    if (!replacements) return;
    const { interventions } = this.prompt;
    const rows = replacements.rows.map((tokens) => ({ tokens, interventions }));
    // A batch at a time, so that what is done can be shown.
    for (const batch of replacements.batches(this.model)) {
      const part = rows.slice(batch.from, batch.end);
      replacements.take(batch.from, await scalarValues(this.model, part, this.#terms, this.pauser));
      this.#took(part.length);
    }
  }

  /** The weighted sum of gradients at the embeddings, over rows. */
  async #gradients(
    name: AttributionAlarm["at"],
    points: readonly PathPoint[],
    rowOf: (point: PathPoint) => ResolvedPrompt,
  ): Promise<Float64Array> {
    const { sums, alarms } = await summedGradients(
      this.model,
      points,
      (point) => ({
        row: rowOf(point),
        terms: this.#terms.map((term) => ({ ...term, weight: (term.weight ?? 1) * point.weight })),
      }),
      this.prompt.tokens.length,
      ["embed"],
      this.pauser,
      this.#took,
    );
    this.#alarms.push(...alarms.map((alarm) => ({ ...alarm, at: name })));
    return sums.get("embed")?.data ?? new Float64Array();
  }

  readonly #took = (rows: number): void => {
    this.#rowsDone += rows;
    this.#showMore();
  };

  result(): TokenAttributionResult {
    const { length } = this.request.prompt.tokens;
    const read = this.prompt.tokens.length;
    const [value, baselineValue] = [this.#value, this.#baselineValue];
    const drops = this.#replacements?.drops(value, length);
    // Tokens that are not read have no part in it.
    const filled = (values: readonly number[]) => [...values, ...new Array<number>(length - read).fill(0)];
    const tokens: TokenScores = {
      saliency: filled(this.#scores.saliency),
      gradientInput: filled(this.#scores.gradientInput),
      integrated: filled(this.#scores.integrated),
      ...(drops && { replaced: drops.tokens }),
    };
    const { stepOf } = this.request;
    const rows = 4 + this.#points.length + (this.#replacements?.rows.length ?? 0);
    const total = tokens.integrated.reduce((sum, one) => sum + one, 0);
    return {
      ...{ value, baselineValue, tokens },
      ...(stepOf && { steps: byStep(tokens, stepOf, drops?.steps) }),
      completenessError: total - (value - baselineValue),
      ...(drops && { agreement: agreementOf(tokens, drops.tokens, read) }),
      alarms: [...this.#alarms],
      ...{ rowsDone: this.#rowsDone, rows, evaluatedTokens: this.#rowsDone * read },
      elapsedMs: performance.now() - this.#started,
    };
  }
}

/** Sums over each token's columns. */
function perToken(
  values: Float64Array,
  dModel: number,
  term: (value: number, index: number) => number,
): number[] {
  const sums = new Array<number>(values.length / dModel).fill(0);
  values.forEach((value, i) => {
    const token = Math.floor(i / dModel);
    sums[token] = (sums[token] ?? 0) + term(value, i);
  });
  return sums;
}
