/**
 * Computes again, without Python, what training/sae/score.py says of the autoencoders that ship: reconstruction,
 * loss when spliced, and F1 of every factor value. The files are read with their own short reader, the latents are
 * computed with plain loops in double precision, activations and losses are those of the page's own engine.
 *
 *   npm run -s headless -- --entry training/evaluateSaes.ts [problems to splice, default 40]
 *
 * Prints one JSON object: per site the numbers found here and the largest difference from `sae/factors.json`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineApi } from "../src/protocol/api";
import { createNodeEngine } from "../src/engine/hosts/nodeHost";
import { LEDGER_VOCABULARY } from "../src/synthetic/ledger/ledger";
import type { LedgerToken } from "../src/synthetic/ledger/ledgerFactors";
import { problemsOf, PROBLEMS_PER_SPLIT } from "./writeProblems";
import { decode, encode, readSae, type StoredSae } from "./storedSae";

const FOLDER = join(process.env["VITRINE_MODELS"] ?? "static/models", "ledger");
const BATCH = 24;
/** F1, FVU, L0, cosine and loss are rounded or summed in f32 there. */
export const TOLERANCE = 2e-3;

export interface SiteNumbers {
  readonly sha256: string;
  readonly fvu: number;
  readonly l0: number;
  readonly cosine: number;
  readonly factors: Readonly<Record<string, readonly FactorRow[]>>;
}
/** value, latent, threshold (both null where no latent fires at any token of the value), precision, recall, F1 */
export type FactorRow = readonly [string, number | null, number | null, number, number, number];

const idOf = new Map(LEDGER_VOCABULARY.map((word, id) => [word, id]));
export const idsOf = (tokens: readonly LedgerToken[]) => tokens.map(({ word }) => idOf.get(word) ?? -1);

/** Activations of one site, one array a token. */
export async function residuals(
  engine: EngineApi,
  site: string,
  problems: readonly (readonly LedgerToken[])[],
): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  for (let at = 0; at < problems.length; at += BATCH) {
    const batch = problems.slice(at, at + BATCH).map((tokens) => ({ tokens: idsOf(tokens) }));
    const { captures } = await engine.run({ rows: batch, capture: [site] });
    for (const { data, shape } of [...captures].sort((a, b) => a.row - b.row)) {
      const width = shape.at(-1) ?? 1;
      for (let start = 0; start < data.length; start += width) rows.push(data.slice(start, start + width));
    }
  }
  return rows;
}

/** Reconstruction of all tokens but <s>: of x by an autoencoder, of what the MLP writes by a transcoder. */
export function reconstruction(
  sae: StoredSae,
  x: readonly Float32Array[],
  codes: readonly ReadonlyMap<number, number>[],
) {
  const mean = new Float64Array(sae.dIn);
  for (const row of x) row.forEach((value, i) => (mean[i] = (mean[i] ?? 0) + value / x.length));
  let [left, spread, cosines, active] = [0, 0, 0, 0];
  x.forEach((row, t) => {
    const code = codes[t] ?? new Map<number, number>();
    const made = decode(sae, code);
    let [dot, rowNorm, madeNorm] = [0, 0, 0];
    row.forEach((value, i) => {
      const hat = made[i] ?? 0;
      left += (value - hat) ** 2;
      spread += (value - (mean[i] ?? 0)) ** 2;
      dot += value * hat;
      rowNorm += value * value;
      madeNorm += hat * hat;
    });
    cosines += dot / Math.sqrt(rowNorm * madeNorm);
    active += code.size;
  });
  return { fvu: left / spread, l0: active / x.length, cosine: cosines / x.length };
}

export function f1Of(
  [value, latent, threshold]: FactorRow,
  factor: string,
  tokens: readonly LedgerToken[],
  codes: readonly ReadonlyMap<number, number>[],
): number {
  let [hits, marked, positives] = [0, 0, 0];
  tokens.forEach(({ values }, t) => {
    const isPositive = values[factor] === value;
    const isMarked = latent !== null && threshold !== null && (codes[t]?.get(latent) ?? 0) > threshold;
    if (isPositive) positives++;
    if (isMarked) marked++;
    if (isPositive && isMarked) hits++;
  });
  return (2 * hits) / Math.max(1, marked + positives);
}

/** Mean -log p of the tokens of chain and answer: clean, with the site's reconstruction, and with zeros there. */
async function losses(
  engine: EngineApi,
  sae: StoredSae,
  site: string,
  problems: readonly (readonly LedgerToken[])[],
) {
  const sums = { clean: 0, spliced: 0, zeroAblated: 0 };
  let count = 0;
  for (const problem of problems) {
    const tokens = idsOf(problem);
    const made = (await residuals(engine, site, [problem])).flatMap((x) => [...decode(sae, encode(sae, x))]);
    const splice = { kind: "affine", site, keep: 0 } as const;
    const positions = tokens.map((_, i) => i);
    const score = problem.flatMap(({ values }, i) =>
      values["section"] === "chain" || values["section"] === "answer"
        ? [{ position: i - 1, target: tokens[i] ?? 0 }]
        : [],
    );
    const rows = [
      { tokens },
      { tokens, interventions: [{ ...splice, values: Float32Array.from(made), valuePositions: positions }] },
      { tokens, interventions: [splice] },
    ];
    const asks = rows.flatMap((_, row) => score.map((ask) => ({ row, ...ask })));
    const { scores } = await engine.run({ rows, score: asks });
    const total = (row: number) =>
      -scores.slice(row * score.length, (row + 1) * score.length).reduce((sum, value) => sum + value, 0);
    sums.clean += total(0);
    sums.spliced += total(1);
    sums.zeroAblated += total(2);
    count += score.length;
  }
  const [clean, spliced, zeroAblated] = [sums.clean / count, sums.spliced / count, sums.zeroAblated / count];
  const lossRecovered = (zeroAblated - spliced) / (zeroAblated - clean);
  return { tokens: count, clean, spliced, zeroAblated, lossRecovered };
}

export async function main([spliced = "40"]: readonly string[]): Promise<void> {
  const stated = JSON.parse(readFileSync(join(FOLDER, "sae/factors.json"), "utf8")) as {
    sites: Record<string, SiteNumbers>;
  };
  const engine = createNodeEngine(process.env["VITRINE_MODELS"] ?? "static/models");
  await engine.openDevice("cpu");
  await engine.loadModel({ kind: "embedded", name: "ledger" }, "f32", "load");
  const problems = problemsOf("score", PROBLEMS_PER_SPLIT);
  const isFirst = problems.flatMap((tokens) => tokens.map((_, i) => i === 0));
  const tokens = problems.flat().filter((_, t) => !isFirst[t]);
  const report: Record<string, unknown> = {};
  let worst = 0;
  for (const name of readdirSync(join(FOLDER, "sae")).filter((entry) => entry.endsWith("resid_post"))) {
    const sae = readSae(join(FOLDER, "sae", name));
    const hook = name.replace("resid_post", "hook_resid_post");
    const said = stated.sites[hook];
    if (said?.sha256 !== sae.sha256) throw new Error(`factors.json speaks of other weights than ${name}`);
    const x = (await residuals(engine, name, problems)).filter((_, t) => !isFirst[t]);
    const codes = x.map((row) => encode(sae, row));
    const found = reconstruction(sae, x, codes);
    const differences = Object.entries(said.factors).flatMap(([factor, rows]) =>
      rows.map((row) => Math.abs(f1Of(row, factor, tokens, codes) - row[5])),
    );
    const largestF1Difference = Math.max(...differences);
    const others = [found.fvu - said.fvu, (found.l0 - said.l0) / sae.k, found.cosine - said.cosine];
    worst = Math.max(worst, largestF1Difference, ...others.map(Math.abs));
    const loss = await losses(engine, sae, name, problems.slice(0, Number(spliced)));
    report[hook] = { ...found, factorValues: differences.length, largestF1Difference, chainAndAnswer: loss };
    process.stderr.write(`${hook}: ${JSON.stringify(report[hook])}\n`);
  }
  process.stdout.write(`${JSON.stringify({ tokens: tokens.length, worst, sites: report }, undefined, 1)}\n`);
  if (worst > TOLERANCE) throw new Error(`the numbers differ by ${worst} from what factors.json says`);
}
