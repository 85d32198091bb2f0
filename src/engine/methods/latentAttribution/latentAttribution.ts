/**
 * Which latents a logit rests on, through everything above them: gradient × activation of latents (Marks et al. 2024,
 * "Sparse Feature Circuits", arXiv 2403.19647: indirect effects to first order, with an error node; their integrated variant).
 *
 *   1. the prompt with its edits: codes at the positions, and what the autoencoder's output site holds there, x
 *   2. the gradient g of the logit (difference) at that site; asked with steps, its mean at midpoints of the path on which
 *      all active latents of the positions grow together from 0 to their values, the error term kept
 *   3. by latent j, summed over the positions p: value · scale · (decoder row · g(p)); beside it the error node
 *      (x − reconstruction) · g and the bias, what is written without any latent, · g: together x · g (siteParts.ts)
 *   4. the direct way alone, as in saeEffects: it leaves out everything between the site and the final norm
 *   5. check: latents of the largest scores, and latents drawn by the seed, taken out in runs of their own, error kept
 *
 * A gradient of nothing but zeros, or not finite, is passed on as an alarm.
 */
import type { AttributionAlarm } from "../../../protocol/gradients/attributions";
import type {
  CheckedLatent,
  LatentAttributionRequest,
  LatentAttributionResult,
  LatentScore,
} from "../../../protocol/gradients/latentAttributions";
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import type { Scalar } from "../../../protocol/gradients/gradients";
import { showNowAndThen } from "../../../protocol/progress";
import { CheckedEstimates } from "../../../statistics/checkedEstimates";
import { scalarValues } from "../../interp/gradients/scalarValues";
import { summedGradients } from "../../interp/gradients/summedGradients";
import { resolveEdits, type ResolvedPrompt } from "../../interp/interventions/index";
import { ablate } from "../../interp/sae/ablateLatents";
import { readActive, type ActiveLatents, type Candidate } from "../../interp/sae/activeLatents";
import { decoderRows, emptyOutput } from "../../interp/sae/latentReads";
import { directWay } from "../../interp/weights/directWay";
import { checkPositions, checkTargets } from "../../models/checks";
import { saeOf, type Model } from "../../models/model";
import type { Sae } from "../../models/sae";
import { Scores, stepsOf, sumParts } from "./siteParts";

/** Decoder rows that are on the host at a time. */
const ROW_BYTES = 32 << 20;

const isCount = (value: number) => Number.isInteger(value) && value >= 0;

function check({ config }: Model, request: LatentAttributionRequest): void {
  const { prompt, positions, readAt, target, minus, most, steps, stepOf, check: asked } = request;
  const { length } = prompt.tokens;
  checkPositions([...positions, readAt], length);
  checkTargets([target, minus ?? target], config);
  if (positions.every((position) => position > readAt))
    refuse(`No position is asked up to ${readAt}, where the logit is read: name at least one.`);
  if (!isCount(most) || most === 0) refuse(`${most} latents were asked; ask for at least one.`);
  if (steps !== undefined && (!isCount(steps) || steps === 0))
    refuse(`A path of ${steps} steps was asked; take a whole number from 1 on.`);
  if (stepOf && stepOf.length !== length)
    refuse(`${stepOf.length} tokens have a step; the prompt has ${length} tokens.`);
  if (asked && ![asked.largest, asked.random].every(isCount))
    refuse("A check takes whole numbers of latents, from 0 on.");
}

export async function latentAttribution(
  model: Model,
  request: LatentAttributionRequest,
  pauser: Pauser,
  onProgress?: (partial: LatentAttributionResult) => void,
): Promise<LatentAttributionResult> {
  const sae = saeOf(model, request.sae);
  check(model, request);
  const prompt = await resolveEdits(model, request.prompt, pauser);
  const work = new Work(model, sae, request, prompt, pauser, onProgress);
  try {
    await work.read();
    await work.gradient();
    await work.check();
    return work.result();
  } catch (error) {
    // Whoever cancels keeps what is there.
    onProgress?.(work.result());
    throw error;
  }
}

interface Scored extends Candidate {
  readonly score: LatentScore;
}

const bySize = (latents: readonly Scored[]) =>
  latents.toSorted((a, b) => Math.abs(b.score.estimate) - Math.abs(a.score.estimate) || a.latent - b.latent);

/** One request under way. */
class Work {
  readonly #started = performance.now();
  readonly #positions: readonly number[];
  /** What is read: what comes after cannot matter. */
  readonly #row: ResolvedPrompt;
  readonly #terms: Scalar;
  readonly #alarms: AttributionAlarm[] = [];
  #active: ActiveLatents | undefined;
  #scores: Scores | undefined;
  #latents: readonly Scored[] = [];
  #value = NaN;
  #pathDifference = NaN;
  #checks: CheckedEstimates<Scored> | undefined;
  #tokens = 0;
  #done = 0;
  readonly #showMore: () => void;

  constructor(
    private readonly model: Model,
    private readonly sae: Sae,
    private readonly request: LatentAttributionRequest,
    private readonly prompt: ResolvedPrompt,
    private readonly pauser: Pauser,
    onProgress: ((partial: LatentAttributionResult) => void) | undefined,
  ) {
    this.#showMore = showNowAndThen(onProgress, () => this.result());
    const { positions, readAt: position, target, minus } = request;
    this.#positions = [...new Set(positions)].filter((one) => one <= position);
    this.#row = { tokens: prompt.tokens.slice(0, position + 1), interventions: prompt.interventions };
    const logit = (token: number, weight: number) =>
      ({ kind: "logit", row: 0, position, target: token, weight }) as const;
    this.#terms = [logit(target, 1), ...(minus === undefined ? [] : [logit(minus, -1)])];
  }

  /** Step 1. */
  async read(): Promise<void> {
    const { model, sae, prompt, request } = this;
    this.#active = await readActive(model, sae, prompt, this.#positions, request.readAt);
    this.#tokens += prompt.tokens.length;
  }

  /** Steps 2 to 4. */
  async gradient(): Promise<void> {
    const { model, sae, request, pauser } = this;
    const active = this.#active;
    if (!active) throw new Error("the gradient comes after the codes");
    const { candidates, kept, x, scale } = active;
    const direction = await directWay(model, sae.siteOut, request, scale);
    const rows = { width: active.written.length / kept.length, kept, written: active.written };
    const empty = await emptyOutput(model, sae, x);
    const scores = new Scores(rows, empty, this.#positions);
    const eachRow = (take: (candidate: Candidate, row: Float32Array) => void) =>
      this.#eachRow(candidates, rows.width, take);
    await eachRow(({ at }, row) => scores.reconstruct(at, row));
    const gradient = await this.#gradientOver(scores, rows.width);
    scores.setGradient(gradient);
    const { stepOf } = request;
    const steps = stepOf && stepsOf(this.#positions, stepOf);
    const found: Scored[] = [];
    await eachRow((candidate, row) => {
      const { latent, value, position, at, atRead } = candidate;
      const own = scores.take(at, row);
      const direct =
        atRead === undefined || direction === undefined
          ? NaN
          : atRead * row.reduce((sum, weight, i) => sum + weight * (direction[i] ?? 0), 0);
      const of = (wanted: (position: number) => boolean) =>
        at.reduce((sum, place, i) => sum + (wanted(place.position) ? (own[i] ?? 0) : 0), 0);
      const bySteps = steps?.map((step) => of((place) => stepOf?.[place] === step));
      const estimate = of(() => true);
      const score = { latent, value, position, estimate, direct, ...(bySteps && { bySteps }) };
      found.push({ ...candidate, score });
    });
    this.#scores = scores;
    this.#latents = bySize(found);
    this.#showMore();
    await pauser.pause();
  }

  /** [kept, width]: the gradient, or its mean along the path; and the logit at both ends. */
  async #gradientOver(scores: Scores, width: number): Promise<Float64Array> {
    const { model, sae, request, pauser } = this;
    const { length } = this.#row.tokens;
    const { steps } = request;
    const at = (share: number) => ({
      tokens: this.#row.tokens,
      interventions: [...this.#row.interventions, scores.atShare(sae.siteOut, share)],
    });
    const points = steps === undefined ? [1] : Array.from({ length: steps }, (_, k) => (k + 0.5) / steps);
    const ends = steps === undefined ? [this.#row] : [this.#row, at(0)];
    const [value = NaN, without = NaN] = await scalarValues(model, ends, this.#terms, pauser);
    this.#value = value;
    this.#pathDifference = value - without;
    this.#tokens += ends.length * length;
    const weight = 1 / points.length;
    const { sums, alarms } = await summedGradients(
      model,
      points,
      (share) => ({
        row: share === 1 ? this.#row : at(share),
        terms: this.#terms.map((term) => ({ ...term, weight: (term.weight ?? 1) * weight })),
      }),
      length,
      [sae.siteOut],
      pauser,
      (count) => this.#took(count, count * length),
    );
    this.#alarms.push(
      ...alarms.map((alarm) => ({
        ...alarm,
        at: steps === undefined ? ("prompt" as const) : ("path" as const),
      })),
    );
    const all = [...sums.values()][0]?.data ?? new Float64Array();
    const kept = this.#active?.kept ?? [];
    const rows = new Float64Array(kept.length * width);
    kept.forEach((position, row) =>
      rows.set(all.subarray(position * width, (position + 1) * width), row * width),
    );
    return rows;
  }

  async #eachRow<C extends Pick<Candidate, "latent">>(
    candidates: readonly C[],
    width: number,
    take: (candidate: C, row: Float32Array) => void,
  ): Promise<void> {
    const atOnce = Math.max(1, Math.floor(ROW_BYTES / (4 * width)));
    for (let first = 0; first < candidates.length; first += atOnce) {
      await this.pauser.pause();
      const some = candidates.slice(first, first + atOnce);
      const ids = Uint32Array.from(some, ({ latent }) => latent);
      const rows = await decoderRows(this.model, this.sae, ids);
      for (const [n, one] of some.entries()) take(one, rows.subarray(n * width, (n + 1) * width));
    }
  }

  /** Step 5. */
  async check(): Promise<void> {
    const { model, sae, prompt, request, pauser } = this;
    if (!request.check || this.#latents.length === 0) return;
    const inOrder = this.#latents.toSorted((a, b) => a.latent - b.latent);
    const checks = new CheckedEstimates(request.check, inOrder, ({ score }) => score.estimate);
    this.#checks = checks;
    const chosen = bySize(checks.chosen);
    const rows: Float32Array[] = [];
    const width = (this.#active?.written.length ?? 0) / (this.#active?.kept.length ?? 1);
    await this.#eachRow(chosen, width, (_, row) => void rows.push(row));
    if (chosen.length === 0) return;
    const rowOf = (n: number) => rows[n] ?? new Float32Array();
    await ablate(model, sae, prompt, request, chosen, rowOf, pauser, (first, effects, tokens) => {
      checks.take(chosen.slice(first, first + effects.length), effects);
      this.#took(effects.length, tokens);
    });
  }

  #took(done: number, tokens: number): void {
    this.#done += done;
    this.#tokens += tokens;
    this.#showMore();
  }

  /** Checked latents at most, until they are drawn. */
  get #total(): number {
    const { steps = 1, check: asked } = this.request;
    const most = Math.min(
      this.#active?.candidates.length ?? Infinity,
      asked ? asked.largest + asked.random : 0,
    );
    return steps + (this.#checks?.chosen.length ?? most);
  }

  result(): LatentAttributionResult {
    const { most, stepOf, steps } = this.request;
    const checks = this.#checks;
    const checked = bySize(checks?.chosen ?? []).flatMap((one): CheckedLatent[] =>
      checks ? [{ ...one.score, ...checks.of(one) }] : [],
    );
    const places = this.#scores?.places ?? [];
    return {
      value: this.#value,
      latents: this.#latents.slice(0, most).map(({ score }) => score),
      active: this.#active?.candidates.length ?? 0,
      parts: sumParts(places),
      ...(stepOf && {
        steps: stepsOf(this.#positions, stepOf).map((step) => ({
          step,
          ...sumParts(places.filter(({ position }) => stepOf[position] === step)),
        })),
      }),
      ...(steps !== undefined && { pathDifference: this.#pathDifference }),
      ...(checks && checked.length > 0 && { check: { latents: checked, ...checks.agreements() } }),
      alarms: [...this.#alarms],
      ...{ done: this.#done, total: this.#total, evaluatedTokens: this.#tokens },
      elapsedMs: performance.now() - this.#started,
    };
  }
}
