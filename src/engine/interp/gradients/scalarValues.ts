/** Scalars of many rows by forward passes alone: what a gradient's scalar comes to where no gradient is wanted. */
import type { Pauser } from "../../../protocol/cancel";
import type { GradientRequest, Scalar, ScalarTerm } from "../../../protocol/gradients/gradients";
import type { Capture, ScoreRequest } from "../../../protocol/run";
import { siteNamed, type Model } from "../../models/model";
import { vocabOut } from "../../models/sizes";
import { siteColumns } from "../../models/siteShape";
import { batchesOf, batchTokens } from "../batch/cellBatches";
import { run } from "../pass/runRows";

/** What rows of logits of one batch may take. */
const MAX_LOGIT_BYTES = 1 << 26;

/** One number for each row; every row is as long and is read by the same terms, whose `row` does not count. */
export async function scalarValues(
  model: Model,
  rows: GradientRequest["rows"],
  terms: Scalar,
  pauser: Pauser,
  onRows?: (count: number) => void,
): Promise<number[]> {
  const tokens = rows[0]?.tokens.length ?? 0;
  const cols = vocabOut(model.config);
  const asLogProbs = logitsAsLogProbs(terms);
  const targets = asLogProbs.flatMap(targetsOf);
  const sites = [...new Set(asLogProbs.flatMap((term) => siteOf(model, term)))];
  const changesPatterns = rows.some(({ interventions = [] }) =>
    interventions.some((one) => !("site" in one) || /\.(scores|pattern)$/.test(one.site)),
  );
  const most = batchTokens(model, tokens, changesPatterns);
  const limit = sites.includes("logits") ? Math.min(most, Math.floor(MAX_LOGIT_BYTES / (4 * cols))) : most;
  const values: number[] = [];
  for (const batch of batchesOf(rows, () => tokens, limit)) {
    await pauser.pause();
    const score = batch.flatMap((_, row): ScoreRequest[] => targets.map((target) => ({ ...target, row })));
    const { scores, captures } = await run(model, { rows: batch, score, capture: sites });
    batch.forEach((_, row) => {
      const own = scores.subarray(row * targets.length, (row + 1) * targets.length);
      const kept = captures.filter((capture) => capture.row === row);
      let first = 0;
      values.push(
        asLogProbs.reduce((sum, term) => {
          const logProbs = own.subarray(first, (first += targetsOf(term).length));
          return sum + (term.weight ?? 1) * termValue(model, term, logProbs, kept);
        }, 0),
      );
    });
    onRows?.(batch.length);
  }
  return values;
}

/** Logits at a position whose weights sum to 0 are log-probabilities too: what those have in common drops out. */
function logitsAsLogProbs(terms: Scalar): Scalar {
  const total = new Map<number, number>();
  for (const { kind, position, weight = 1 } of terms) {
    if (kind === "logit") total.set(position, (total.get(position) ?? 0) + weight);
  }
  return terms.map((term) =>
    term.kind === "logit" && total.get(term.position) === 0 ? { ...term, kind: "logProb" } : term,
  );
}

function targetsOf(term: ScalarTerm): Omit<ScoreRequest, "row">[] {
  const { position } = term;
  if (term.kind === "logProb") return [{ position, target: term.target }];
  return term.kind === "expected" ? term.answers.map(({ target }) => ({ position, target })) : [];
}

function siteOf(model: Model, term: ScalarTerm): string[] {
  if (term.kind === "site") return [siteNamed(model, term.site)];
  return term.kind === "logit" || term.kind === "kl" ? ["logits"] : [];
}

function termValue(
  model: Model,
  term: ScalarTerm,
  logProbs: Float32Array,
  captures: readonly Capture[],
): number {
  const read = (): Float32Array => {
    const [site = ""] = siteOf(model, term);
    const { heads, width } = siteColumns(model.config, site);
    const all = captures.find((capture) => capture.site === site)?.data ?? new Float32Array();
    const total = heads * Number(width);
    return all.subarray(term.position * total, (term.position + 1) * total);
  };
  switch (term.kind) {
    case "logProb":
      return logProbs[0] ?? NaN;
    case "logit":
      return read()[term.target] ?? NaN;
    case "kl":
      return divergence(term.base, read());
    case "expected": {
      const highest = Math.max(...logProbs);
      const odds = Array.from(logProbs, (logProb) => Math.exp(logProb - highest));
      const total = odds.reduce((sum, one) => sum + one, 0);
      return term.answers.reduce((sum, { value }, i) => sum + (value * (odds[i] ?? 0)) / total, 0);
    }
    case "site":
      return read().reduce((sum, value, i) => sum + value * (term.values[i] ?? 0), 0);
  }
}

/** KL(softmax of `base` ‖ softmax of `logits`), nats. */
function divergence(base: Float32Array, logits: Float32Array): number {
  const [p, q] = [logSoftmax(base), logSoftmax(logits)];
  return p.reduce((sum, logP, i) => sum + Math.exp(logP) * (logP - (q[i] ?? NaN)), 0);
}

function logSoftmax(logits: Float32Array): Float64Array {
  const highest = logits.reduce((best, logit) => Math.max(best, logit), -Infinity);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
  return Float64Array.from(logits, (logit) => logit - highest - Math.log(total));
}
