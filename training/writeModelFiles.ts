/**
 * Writes what the embedded models share and the generator knows: `tokenizer.json`, `tokenizer_config.json` and
 * `examples.json`, into static/models/ledger and static/models/ledger-posthoc. `npm run model-files`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLedgerProblem, LEDGER_KINDS, type LedgerOptions } from "../src/synthetic/ledger/ledger";
import { ledgerTokenizerJson } from "../src/synthetic/ledger/ledgerTokenizer";

interface ExamplePlan {
  readonly title: string;
  readonly seed: number;
  readonly options: LedgerOptions;
}

const LEDGER: readonly ExamplePlan[] = [
  {
    title: "Count: one person of two",
    seed: 11,
    options: { kind: "count", people: 2, changes: [2, 2], distractors: 1 },
  },
  {
    title: "Total of two, a third stands by",
    seed: 12,
    options: { kind: "total", people: 3, changes: [1, 2, 1] },
  },
  {
    title: "Difference of two people",
    seed: 13,
    options: { kind: "difference", people: 2, changes: [2, 1] },
  },
  { title: "Who has more", seed: 14, options: { kind: "more", people: 2, changes: [1, 2] } },
  {
    title: "Eight steps, two of them needed",
    seed: 15,
    options: { kind: "total", people: 3, changes: [3, 3, 2] },
  },
  {
    title: "Twelve steps, one of them needed",
    seed: 16,
    options: { kind: "count", people: 3, changes: [4, 4, 4] },
  },
];

const POSTHOC: readonly ExamplePlan[] = LEDGER_KINDS.map((kind, i) => ({
  title: `${kind[0]?.toUpperCase()}${kind.slice(1)}, answered from the story`,
  seed: 30 + i,
  options: { kind, people: 2, changes: [1, 1], distractors: 0 },
}));

function examples(plans: readonly ExamplePlan[]) {
  return plans.map(({ title, seed, options }) => {
    const { kind, prompt, steps, answerPrefix, answer } = createLedgerProblem(seed, options);
    return { title, kind, seed, prompt, steps: steps.map(({ text }) => text), answerPrefix, answer };
  });
}

export async function main(): Promise<void> {
  for (const [name, plans] of [
    ["ledger", LEDGER],
    ["ledger-posthoc", POSTHOC],
  ] as const) {
    const folder = join("static/models", name);
    mkdirSync(folder, { recursive: true });
    const write = (file: string, value: unknown) =>
      writeFileSync(join(folder, file), `${JSON.stringify(value, undefined, 1)}\n`);
    write("tokenizer.json", ledgerTokenizerJson());
    write("tokenizer_config.json", {
      bos_token: "<s>",
      eos_token: "</s>",
      unk_token: "<unk>",
      add_bos_token: true,
    });
    write("examples.json", examples(plans));
  }
}
