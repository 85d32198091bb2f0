/** A chain, six ways of taking its steps away, and the slow way to value a coalition: one whole row at a time. */
import type { Ablation, AblationMode, ChainTokens } from "../../../protocol/chain";
import type { Edit, Intervention } from "../../../protocol/interventions";
import type { RunRow } from "../../../protocol/run";
import { withTokenEdits } from "../../../protocol/tokenEdits";
import type { Model } from "../../models/model";
import { rowValues } from "../interventions/donors";
import { frozenSites, inPlace } from "../interventions/freeze";
import { resolveEdits } from "../interventions/index";
import { rebased } from "../interventions/rebase";
import { run } from "../pass/runRows";

export const FILLER = 11;

export const CHAIN: ChainTokens = {
  prompt: [0, 3, 7, 5],
  steps: [[1, 4, 3], [2, 5, 4, 5], [6], [8, 1, 4], [5, 2], [3, 9]],
  answerPrefix: [9, 10, 4],
  answer: [4, 12],
};

/** Tokens 3, 4 and 5 are numbers. */
const numbersIn = (tokens: readonly number[]) =>
  tokens.map((token) => (token >= 3 && token <= 5 ? token : -1));

export function stepAblation(mode: AblationMode, chain: ChainTokens = CHAIN): Ablation {
  if (mode === "symbol") {
    return { mode, fillerId: FILLER, numbers: [...chain.steps, chain.answerPrefix].map(numbersIn) };
  }
  if (mode !== "resample") return { mode, fillerId: FILLER };
  const written = (sample: number) =>
    chain.steps.map((step, i) =>
      Array.from(
        { length: Math.max(1, step.length + ((sample + i) % 3) - 1) },
        (_, j) => (sample * 7 + i * 3 + j) % 13,
      ),
    );
  // The second sample wrote the third step as it was; the first and the last wrote the fourth alike.
  const [a = [], b = [], c = []] = [0, 1, 2].map(written);
  b[2] = [...(chain.steps[2] ?? [])];
  c[3] = [...(a[3] ?? [])];
  return { mode, fillerId: FILLER, alternatives: [a, b, c] };
}

/** The chain as it reads, part by part, with where it is hidden or averaged. */
export interface NaiveRow {
  readonly parts: readonly (readonly number[])[];
  readonly hidden: readonly number[];
  readonly averaged: readonly number[];
  /** Of the tokens of each part their positions in the whole text. */
  readonly origins: readonly (readonly number[])[];
}

export function naiveRow(
  chain: ChainTokens,
  present: readonly boolean[],
  ablation: Ablation,
  sample = 0,
): NaiveRow {
  const { mode, fillerId, alternatives, numbers } = ablation;
  const hidden: number[] = [];
  const averaged: number[] = [];
  const origins: number[][] = [];
  let at = chain.prompt.length;
  let inText = at;
  const ownerOf = (number: number) => chain.steps.findIndex((_, i) => numbers?.[i]?.includes(number));
  const symbols = (tokens: readonly number[], part: number) =>
    tokens.map((token, i) => {
      const owner = ownerOf(numbers?.[part]?.[i] ?? -1);
      return (numbers?.[part]?.[i] ?? -1) >= 0 && owner >= 0 && !present[owner] ? fillerId : token;
    });
  const steps = chain.steps.map((step, i) => {
    let own: readonly number[] = step;
    if (mode === "symbol") own = symbols(step, i);
    else if (!present[i] && mode === "delete") own = [];
    else if (!present[i] && mode === "replace") own = step.map(() => fillerId);
    else if (!present[i] && mode === "resample") own = alternatives?.[sample]?.[i] ?? [];
    const positions = own.map((_, j) => at + j);
    if (!present[i] && mode === "mask") hidden.push(...positions);
    if (!present[i] && mode === "mean") averaged.push(...positions);
    at += own.length;
    const isOther = !present[i] && mode === "resample" && own.join() !== step.join();
    origins.push(
      own.map((_, j) => (isOther ? inText + Math.min(j, Math.max(1, step.length) - 1) + 0.5 : inText + j)),
    );
    inText += step.length;
    return own;
  });
  const cue = mode === "symbol" ? symbols(chain.answerPrefix, chain.steps.length) : chain.answerPrefix;
  origins.push(cue.map((_, j) => inText + j));
  return { parts: [...steps, cue], hidden, averaged, origins };
}

/** The mean embedding of the chain's tokens, straight from a capture. */
async function meanEmbedding(model: Model, chain: ChainTokens): Promise<Float32Array<ArrayBuffer>> {
  const tokens = chain.steps.flat();
  const { captures } = await run(model, { rows: [{ tokens }], capture: ["embed"] });
  const width = model.config.dModel;
  const data = captures[0]?.data ?? new Float32Array();
  return Float32Array.from(
    { length: width },
    (_, d) => tokens.reduce((sum, _, t) => sum + (data[t * width + d] ?? NaN), 0) / tokens.length,
  );
}

/** A chain with a stack of edits: as it reads with its tokens replaced, and as it was. */
interface Edited {
  readonly chain: ChainTokens;
  readonly original: ChainTokens;
  readonly edits: readonly Edit[];
}

const editedChain = (original: ChainTokens, edits: readonly Edit[]): Edited => ({
  ...{ chain: withTokenEdits(original, edits), original, edits },
});

/** The row's own tokens, and what it would read without edits. */
interface Rows {
  readonly row: NaiveRow;
  readonly plain: NaiveRow;
}

async function runRow(model: Model, all: Edited, { row, plain }: Rows, extra: readonly number[]) {
  const { chain, original } = all;
  const tokens = [...chain.prompt, ...row.parts.flat(), ...extra];
  const own: Intervention[] =
    row.averaged.length > 0
      ? [
          {
            ...{ kind: "affine", site: "embed", keep: 0, positions: row.averaged },
            values: await meanEmbedding(model, chain),
          },
        ]
      : [];
  const hiddenPositions = row.hidden;
  const unedited = {
    ...{ tokens: [...original.prompt, ...plain.parts.flat(), ...extra], hiddenPositions },
    interventions: own,
  };
  const interventions = [...own, ...(await interventionsOn(model, all, row, unedited))];
  return (asks: readonly { position: number; target: number }[], capture: readonly string[] = []) =>
    run(model, {
      rows: [{ tokens, hiddenPositions, interventions }],
      score: asks.map((ask) => ({ row: 0, ...ask })),
      capture: [...capture],
    });
}

/** The stack, resolved on the whole text and put to this row position by position. */
async function interventionsOn(
  model: Model,
  { chain, edits }: Edited,
  { origins, hidden }: NaiveRow,
  unedited: RunRow,
): Promise<Intervention[]> {
  const text = [...chain.prompt, ...chain.steps.flat(), ...chain.answerPrefix, ...chain.answer];
  const length = unedited.tokens.length;
  const cueEnd = text.length - chain.answer.length;
  const flat = [...chain.prompt.keys(), ...origins.flat()];
  const whole = Array.from({ length }, (_, i) => flat[i] ?? cueEnd + i - flat.length);
  const found: Intervention[] = [];
  for (const edit of edits) {
    if (edit.kind === "freeze") {
      const sites = frozenSites(edit, model);
      found.push(...inPlace(sites, await rowValues(model, unedited, sites), length));
    } else if (edit.kind !== "token") {
      const { interventions } = await resolveEdits(model, { tokens: text, edits: [edit] });
      const row = { origins: whole, hidden: new Set(hidden) };
      found.push(...interventions.map((one) => rebased(model.config, one, row)));
    }
  }
  return found;
}

/** log p of each answer token, and the logits that they are read from [answer token, vocabulary]. */
export async function naiveAnswer(
  model: Model,
  chain: ChainTokens,
  present: readonly boolean[],
  ablation: Ablation,
  sample = 0,
  answer = chain.answer,
  edits: readonly Edit[] = [],
): Promise<{ logProbs: number[]; logits: Float32Array[] }> {
  const all = editedChain(chain, edits);
  const [row, plain] = [all.chain, chain].map((one) => naiveRow(one, present, ablation, sample)) as [
    NaiveRow,
    NaiveRow,
  ];
  const start = chain.prompt.length + row.parts.flat().length - 1;
  const go = await runRow(model, all, { row, plain }, answer.slice(0, -1));
  const { scores, captures } = await go(
    answer.map((target, i) => ({ position: start + i, target })),
    ["logits"],
  );
  const width = model.config.dVocab;
  const data = captures[0]?.data ?? new Float32Array();
  return {
    logProbs: [...scores],
    logits: answer.map((_, i) => data.slice((start + i) * width, (start + i + 1) * width)),
  };
}

/** log p of every token of the steps, the cue and the answer, a whole row for each part. */
export async function naiveTokens(
  model: Model,
  chain: ChainTokens,
  present: readonly boolean[],
  ablation: Ablation,
  sample = 0,
  edits: readonly Edit[] = [],
): Promise<number[]> {
  const found: number[] = [];
  const all = editedChain(chain, edits);
  for (const part of [...chain.steps.keys(), chain.steps.length]) {
    // The part itself is there, whether or not the coalition has it; symbols stand for numbers of absent steps before.
    const has = present.map((is, i) => is || i === part);
    const isCue = part === chain.steps.length;
    const read = all.chain;
    const row = naiveRow(read, has, ablation, sample);
    const original = isCue ? [...read.answerPrefix, ...read.answer] : (read.steps[part] ?? []);
    const before = row.parts.slice(0, part).flat().length + chain.prompt.length;
    const own = row.parts[part] ?? [];
    const seen = (position: number): number =>
      row.hidden.includes(position) ? seen(position - 1) : position;
    const cut = (whole: NaiveRow): NaiveRow => ({
      parts: whole.parts.slice(0, part + 1),
      origins: whole.origins.slice(0, part + 1),
      hidden: whole.hidden.filter((p) => p < before),
      averaged: whole.averaged.filter((p) => p < before),
    });
    const rows = { row: cut(row), plain: cut(naiveRow(chain, has, ablation, sample)) };
    const go = await runRow(model, all, rows, isCue ? chain.answer.slice(0, -1) : []);
    const { scores } = await go(
      original.map((target, i) => ({ position: i === 0 ? seen(before - 1) : before + i - 1, target })),
    );
    if (own.length > 0 || isCue) found.push(...scores);
  }
  return found;
}
