/**
 * Writes held-out problems of the page's own generator with their ground truth, token by token, for the scoring of
 * sparse autoencoders (training/sae/score.py). One JSON object on standard output.
 *
 *   npm run -s headless -- --entry training/writeProblems.ts [problems per split]
 *
 * Two splits that no training draws from: on `choose` a latent and its threshold are chosen for each factor value, on
 * `score` they are scored.
 */
import { createLedgerProblem, LEDGER_VOCABULARY } from "../src/synthetic/ledger/ledger";
import { LEDGER_FACTORS, ledgerFactors } from "../src/synthetic/ledger/ledgerFactors";

export const FACTOR_SPLITS = { choose: 5_000_000, score: 6_000_000 } as const;
export const PROBLEMS_PER_SPLIT = 600;

export function problemsOf(split: keyof typeof FACTOR_SPLITS, count: number) {
  return Array.from({ length: count }, (_, i) =>
    ledgerFactors(createLedgerProblem(FACTOR_SPLITS[split] + i)),
  );
}

export function main([countText]: readonly string[]): void {
  const count = Number(countText ?? PROBLEMS_PER_SPLIT);
  const idOf = new Map(LEDGER_VOCABULARY.map((word, id) => [word, id]));
  const idsAndValues = (split: keyof typeof FACTOR_SPLITS) =>
    problemsOf(split, count).map((tokens) => ({
      ids: tokens.map(({ word }) => idOf.get(word)),
      values: tokens.map(({ values }) => values),
    }));
  const splits = { choose: idsAndValues("choose"), score: idsAndValues("score") };
  process.stdout.write(JSON.stringify({ factors: LEDGER_FACTORS, firstSeeds: FACTOR_SPLITS, count, splits }));
}
