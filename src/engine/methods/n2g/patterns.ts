/**
 * What each example of a latent comes down to (Gao et al. 2024, "Scaling and evaluating sparse autoencoders", after Foote
 * et al. 2023, "Neuron to Graph"):
 *
 *   1. cut the context off after the chosen activation a
 *   2. the shortest suffix at whose end the latent has at least a / 2
 *   3. with the pad token before it: still a / 2? Otherwise it must stand at the start
 *   4. of each token of the suffix: 1 − (activation with the pad token in its place) / (activation of the suffix)
 *
 * Suffixes of all examples go through the model together, a few lengths at a time. A suffix as long as the longest text that
 * the model takes stands at the start: there is no room before it.
 */
import type { N2gExample, N2gPattern } from "../../../protocol/sae/saeEvaluation";

/** The latent's value at every token of every row. */
export type Activations = (rows: readonly (readonly number[])[]) => Promise<readonly Float32Array[]>;
/** Its value at the last token of every row: all that patterns are made from. */
export type LastValues = (rows: readonly (readonly number[])[]) => Promise<ArrayLike<number>>;

/** Share of the activation that must stay. */
const ENOUGH = 0.5;
/** Lengths that are tried in one go: the first that is enough counts. */
const LENGTHS_AT_ONCE = 4;

interface Cut {
  readonly example: number;
  /** Tokens up to and with the chosen one. */
  readonly tokens: readonly number[];
  /** The chosen activation. */
  readonly value: number;
}
interface Suffix extends Cut {
  readonly suffix: readonly number[];
  readonly suffixValue: number;
}

export async function findPatterns(
  examples: readonly N2gExample[],
  padToken: number,
  lastValues: LastValues,
  longest = Infinity,
): Promise<{ readonly patterns: N2gPattern[]; readonly skipped: number; readonly max: number }> {
  const rows = examples.map(({ tokens, at }) => tokens.slice(0, at + 1));
  const values = await lastValues(rows);
  const cuts = rows
    .map((tokens, example) => ({ example, tokens, value: values[example] ?? 0 }))
    .filter(({ value }) => value > 0);

  const suffixes = await shortest(cuts, lastValues);
  const roomy = suffixes.filter(({ suffix }) => suffix.length < longest);
  const paddedValues = await lastValues(roomy.map(({ suffix }) => [padToken, ...suffix]));
  const padded = new Map(roomy.map((one, i) => [one, paddedValues[i] ?? 0]));
  const replaced = await lastValues(
    suffixes.flatMap(({ suffix }) => suffix.map((_, i) => suffix.with(i, padToken))),
  );
  let read = 0;
  const patterns = suffixes.map((one) => ({
    example: one.example,
    tokens: one.suffix,
    saliency: one.suffix.map(() => 1 - (replaced[read++] ?? 0) / one.suffixValue),
    atStart: (padded.get(one) ?? 0) / one.value < ENOUGH,
    value: one.suffixValue,
  }));
  return {
    patterns,
    skipped: examples.length - cuts.length,
    max: Math.max(0, ...cuts.map(({ value }) => value)),
  };
}

/** In the order of `cuts`. A context that nothing shorter stands for stays whole, with its own activation. */
async function shortest(cuts: readonly Cut[], lastValues: LastValues): Promise<Suffix[]> {
  const found = new Map<Cut, Suffix>();
  for (let length = 1; found.size < cuts.length; length += LENGTHS_AT_ONCE) {
    const tried = cuts
      .filter((cut) => !found.has(cut))
      .flatMap((cut) => lengthsFrom(length, cut).map((size) => ({ cut, suffix: cut.tokens.slice(-size) })));
    const values = await lastValues(tried.map(({ suffix }) => suffix));
    for (const [i, { cut, suffix }] of tried.entries()) {
      const suffixValue = values[i] ?? 0;
      if (found.has(cut)) continue;
      if (suffixValue / cut.value >= ENOUGH) found.set(cut, { ...cut, suffix, suffixValue });
      else if (suffix.length === cut.tokens.length) {
        found.set(cut, { ...cut, suffix, suffixValue: cut.value });
      }
    }
  }
  return cuts.flatMap((cut) => found.get(cut) ?? []);
}

function lengthsFrom(first: number, { tokens }: Cut): number[] {
  const count = Math.min(LENGTHS_AT_ONCE, tokens.length - first + 1);
  return Array.from({ length: count }, (_, i) => first + i);
}
