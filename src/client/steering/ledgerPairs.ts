/** Contrast pairs of the language that the embedded models were trained on: verbs of gain against verbs of loss. */
import { ledgerContrasts } from "../../synthetic/ledger/ledgerContrasts";
import type { PairTexts } from "./contrastPairs";

/** Tokens whose order in the chain of thought the pairs are about. */
export const LEDGER_SIGNS = { target: "+", minus: "-" } as const;

export const ledgerPairs = (from: number, count: number): PairTexts[] =>
  ledgerContrasts(from, count).map(({ positive, negative, prompt }) => ({ positive, negative, prompt }));
