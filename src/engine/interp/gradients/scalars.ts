/**
 * Scalars as the way back needs them. At the logits every kind of term is one form, the cotangent of a row of logits:
 *
 *   Σ weight · [column = target]  -  total · softmax  +  dense
 *
 *   log p(t)            weight w at t, total w
 *   logit t             weight w at t
 *   KL(base ‖ model)    total -w, dense -w · softmax(base)
 *   expected value E    weight w · π(t) (value(t) - E) at each answer t, with π the odds among the answers
 *
 * Terms at sites are cotangents of those sites as they are, the logits' among them.
 */
import { refuse } from "../../../protocol/errors";
import type {
  ExpectedTerm,
  GradientRequest,
  Scalar,
  ScalarTerm,
  SiteTerm,
} from "../../../protocol/gradients/gradients";
import type { Site } from "../../../protocol/sites";
import { isBelow } from "../../models/checks";
import { siteNamed, type Model } from "../../models/model";
import { vocabOut } from "../../models/sizes";
import { siteColumns } from "../../models/siteShape";
import { run } from "../pass/runRows";
import type { PackedRows } from "./gradientBatch";

/** How the value of a term is read, before its weight; a number where it is known. */
export type TermValue =
  | { readonly kind: "logProb" | "logit"; readonly target: number }
  | { readonly kind: "kl"; readonly base: Float32Array<ArrayBuffer> }
  | number;

/** A part of a scalar that is read off the logits of one token. */
export interface LogitTerm {
  readonly scalar: number;
  /** Of the batch. */
  readonly token: number;
  readonly weight: number;
  readonly asks: readonly { readonly target: number; readonly weight: number }[];
  readonly total: number;
  readonly dense?: Float32Array;
  readonly value: TermValue;
}

/** A part of a scalar that is read at another site. */
export interface SeedTerm {
  readonly scalar: number;
  readonly token: number;
  readonly site: Site;
  /** Weight included; [width of the site]. */
  readonly values: Float32Array;
}

export interface PlacedScalars {
  readonly logits: readonly LogitTerm[];
  readonly seeds: readonly SeedTerm[];
}

/** The request with sites in their canonical spelling; refused where it makes no sense. */
export function checkedScalars(model: Model, { scalars, rows }: GradientRequest): Scalar[] {
  const { config } = model;
  const cols = vocabOut(config);
  const checkTarget = (target: number) => {
    if (!isBelow(target, cols)) refuse(`target ${target} was asked; this model knows ids 0 to ${cols - 1}`);
  };
  const checkWidth = (values: Float32Array, width: number, what: string) => {
    if (values.length !== width) refuse(`${what} has ${values.length} numbers, expected ${width}`);
  };
  return scalars.map((scalar) =>
    scalar.map((term): ScalarTerm => {
      const { row, position } = term;
      const start = rows[row]?.startPosition ?? 0;
      const length = rows[row]?.tokens.length ?? 0;
      if (!(Number.isInteger(position) && position >= start && position < start + length)) {
        refuse(
          `position ${position} was asked of row ${row}, whose tokens are at ${start} to ${start + length - 1}`,
        );
      }
      switch (term.kind) {
        case "logProb":
        case "logit":
          checkTarget(term.target);
          return term;
        case "kl":
          checkWidth(term.base, cols, "the row of logits of a KL term");
          return term;
        case "expected":
          if (term.answers.length === 0) refuse("an expected value needs answers");
          term.answers.forEach(({ target }) => checkTarget(target));
          return term;
        case "site": {
          const site = siteNamed(model, term.site);
          const { heads, width } = siteColumns(config, site);
          if (width === "keys") refuse(`${site} has keys, not columns: no scalar can be read there`);
          checkWidth(term.values, heads * width, `a term at ${site}`);
          return { ...term, site };
        }
      }
    }),
  );
}

/** Terms at their tokens. Expected values are read first, in a run of their own: their cotangents depend on the odds. */
export async function placeScalars(
  model: Model,
  { packed, segments }: PackedRows,
  rows: GradientRequest["rows"],
  scalars: readonly Scalar[],
): Promise<PlacedScalars> {
  const logits: LogitTerm[] = [];
  const seeds: SeedTerm[] = [];
  const expected = await expectedValues(model, rows, scalars);
  for (const [scalar, terms] of scalars.entries()) {
    for (const term of terms) {
      const { weight = 1, row, position } = term;
      const token = (packed.starts[row] ?? 0) + position - (segments[row]?.context.nextPosition ?? 0);
      const place = { scalar, token, weight };
      if (term.kind === "site") {
        seeds.push({ ...place, site: term.site, values: term.values.map((value) => weight * value) });
      } else logits.push({ ...place, ...logitForm(term, weight, expected.get(term)) });
    }
  }
  return { logits, seeds };
}

type LogitForm = Pick<LogitTerm, "asks" | "total" | "dense" | "value">;

function logitForm(
  term: Exclude<ScalarTerm, SiteTerm>,
  weight: number,
  odds: { readonly value: number; readonly shares: readonly number[] } | undefined,
): LogitForm {
  switch (term.kind) {
    case "logProb":
    case "logit": {
      const { kind, target } = term;
      return { asks: [{ target, weight }], total: kind === "logProb" ? weight : 0, value: { kind, target } };
    }
    case "kl": {
      const dense = softmax(term.base).map((share) => -weight * share);
      return { asks: [], total: -weight, dense, value: { kind: "kl", base: Float32Array.from(term.base) } };
    }
    case "expected": {
      const { value = 0, shares = [] } = odds ?? {};
      const asks = term.answers.map(({ target, value: own }, i) => {
        return { target, weight: weight * (shares[i] ?? 0) * (own - value) };
      });
      return { asks, total: 0, value };
    }
  }
}

function softmax(logits: Float32Array): Float32Array {
  const highest = logits.reduce((best, logit) => Math.max(best, logit), -Infinity);
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return Float32Array.from(powers, (power) => power / total);
}

/** Of each expected value the odds among its answers, and what it comes to. */
async function expectedValues(model: Model, rows: GradientRequest["rows"], scalars: readonly Scalar[]) {
  const terms = scalars.flat().filter((term): term is ExpectedTerm => term.kind === "expected");
  const found = new Map<ScalarTerm, { value: number; shares: number[] }>();
  if (terms.length === 0) return found;
  const asks = terms.flatMap(({ row, position, answers }) =>
    answers.map(({ target }) => ({ row, position, target })),
  );
  const { scores } = await run(model, { rows, score: asks });
  let first = 0;
  for (const term of terms) {
    const own = scores.subarray(first, (first += term.answers.length));
    const shares = [...softmax(own)];
    const value = term.answers.reduce((sum, answer, i) => sum + answer.value * (shares[i] ?? 0), 0);
    found.set(term, { value, shares });
  }
  return found;
}
