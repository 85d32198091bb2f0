/**
 * What a latent's explanation is worth to the model: its predictions are put in the latent's place, and the loss is
 * compared with the real values, with zeros, and with a bigram table.
 */
import type { SimulateResult, Simulated } from "../../../protocol/sae/saeEvaluation";

/** Losses nearer than this are the same but for rounding, nats. */
const ROUNDING = 1e-6;

type Rows = readonly Float32Array[];
/** Mean −log p of next tokens, nats, with these values in place of the latent's own at every token. */
export type LossWith = (values: Rows) => Promise<{ readonly loss: number; readonly n: number }>;

/** (token before, token) → mean value; unseen pairs fall back to the token's mean, unseen tokens to 0. */
export function bigramTable(
  contexts: readonly (readonly number[])[],
  values: Rows,
): (tokens: readonly number[]) => Float32Array {
  const sums = new Map<string, { sum: number; count: number }>();
  const keys = (tokens: readonly number[], i: number) => [
    `${tokens[i - 1] ?? "^"} ${tokens[i]}`,
    `${tokens[i]}`,
  ];
  for (const [row, tokens] of contexts.entries()) {
    for (const i of tokens.keys()) {
      for (const key of keys(tokens, i)) {
        const entry = sums.get(key) ?? { sum: 0, count: 0 };
        entry.sum += values[row]?.[i] ?? 0;
        entry.count++;
        sums.set(key, entry);
      }
    }
  }
  return (tokens) =>
    Float32Array.from(tokens, (_, i) => {
      const known = keys(tokens, i)
        .map((key) => sums.get(key))
        .find((entry) => entry !== undefined);
      return known ? known.sum / known.count : 0;
    });
}

export async function simulatedLoss(
  real: Rows,
  predictions: { readonly simulated: Rows; readonly bigram: Rows },
  lossWith: LossWith,
): Promise<SimulateResult> {
  const nothing = real.map(({ length }) => new Float32Array(length));
  const { loss: clean, n } = await lossWith(real);
  const { loss: without } = await lossWith(nothing);
  const judged = (values: Rows, loss: number): Simulated => ({
    loss,
    change: loss - clean,
    recovered: without - clean > ROUNDING ? (without - loss) / (without - clean) : NaN,
    correlation: correlation(values, real),
  });
  return {
    real: judged(real, clean),
    zero: judged(nothing, without),
    bigram: judged(predictions.bigram, (await lossWith(predictions.bigram)).loss),
    simulated: judged(predictions.simulated, (await lossWith(predictions.simulated)).loss),
    n,
  };
}

/** Pearson's; NaN where one side does not vary. */
export function correlation(a: Rows, b: Rows): number {
  const x = a.flatMap((row) => [...row]);
  const y = b.flatMap((row) => [...row]);
  const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  let [xx, yy, xy] = [0, 0, 0];
  for (const [i, value] of x.entries()) {
    const [dx, dy] = [value - meanX, (y[i] ?? 0) - meanY];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xy / Math.sqrt(xx * yy);
}
