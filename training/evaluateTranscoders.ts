/**
 * Computes again, without Python, what training/sae/scoreTranscoders.py says of the transcoders that ship: what they make of
 * the MLPs' input, the loss with all of them in the MLPs' places, and F1 of every factor value. The latents are computed
 * with plain loops in double precision, activations and losses are those of the page's own engine.
 *
 *   npm run -s headless -- --entry training/evaluateTranscoders.ts [problems to splice, default 40]
 *
 * The splice goes layer by layer: what a transcoder reads is captured with those before it in place.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineApi } from "../src/protocol/api";
import type { Intervention } from "../src/protocol/interventions";
import { createNodeEngine } from "../src/engine/hosts/nodeHost";
import type { LedgerToken } from "../src/synthetic/ledger/ledgerFactors";
import { f1Of, idsOf, reconstruction, residuals, TOLERANCE, type SiteNumbers } from "./evaluateSaes";
import { decode, encode, readSae, type StoredSae } from "./storedSae";
import { problemsOf, PROBLEMS_PER_SPLIT } from "./writeProblems";

const FOLDER = join(process.env["VITRINE_MODELS"] ?? "static/models", "ledger");
const MLP_OUT = "hook_mlp_out";

/** Mean -log p of the tokens of chain and answer: clean, with every MLP's transcoder in its place, and with zeros there. */
export async function lossesOfAll(
  engine: EngineApi,
  coders: readonly StoredSae[],
  problems: readonly (readonly LedgerToken[])[],
) {
  const sums = [0, 0, 0];
  let count = 0;
  for (const problem of problems) {
    const tokens = idsOf(problem);
    const valuePositions = tokens.map((_, i) => i);
    const spliced: Intervention[] = [];
    for (const [layer, coder] of coders.entries()) {
      const row = { tokens, interventions: spliced };
      const { captures } = await engine.run({ rows: [row], capture: [`blocks.${layer}.ln2.normalized`] });
      const read = captures[0]?.data ?? new Float32Array();
      const made = tokens.flatMap((_, t) => [
        ...decode(coder, encode(coder, read.subarray(t * coder.dIn, (t + 1) * coder.dIn))),
      ]);
      const site = `blocks.${layer}.mlp_out` as const;
      spliced.push({ kind: "affine", site, keep: 0, values: Float32Array.from(made), valuePositions });
    }
    const zeros = coders.map((_, layer): Intervention => ({
      kind: "affine",
      site: `blocks.${layer}.mlp_out`,
      keep: 0,
    }));
    const score = problem.flatMap(({ values }, i) =>
      values["section"] === "chain" || values["section"] === "answer"
        ? [{ position: i - 1, target: tokens[i] ?? 0 }]
        : [],
    );
    const rows = [{ tokens }, { tokens, interventions: spliced }, { tokens, interventions: zeros }];
    const asks = rows.flatMap((_, row) => score.map((ask) => ({ row, ...ask })));
    const { scores } = await engine.run({ rows, score: asks });
    scores.forEach((value, i) => {
      const row = Math.floor(i / score.length);
      sums[row] = (sums[row] ?? 0) - value;
    });
    count += score.length;
  }
  const [clean = 0, withAll = 0, zeroAblated = 0] = sums.map((sum) => sum / count);
  const lossRecovered = (zeroAblated - withAll) / (zeroAblated - clean);
  return { tokens: count, clean, spliced: withAll, zeroAblated, lossRecovered };
}

export async function main([spliced = "40"]: readonly string[]): Promise<void> {
  const stated = JSON.parse(readFileSync(join(FOLDER, "sae/transcoders.json"), "utf8")) as {
    sites: Record<string, SiteNumbers>;
  };
  const engine = createNodeEngine(process.env["VITRINE_MODELS"] ?? "static/models");
  await engine.openDevice("cpu");
  await engine.loadModel({ kind: "embedded", name: "ledger" }, "f32", "load");
  const problems = problemsOf("score", PROBLEMS_PER_SPLIT);
  const isFirst = problems.flatMap((tokens) => tokens.map((_, i) => i === 0));
  const tokens = problems.flat().filter((_, t) => !isFirst[t]);
  const report: Record<string, unknown> = {};
  const coders: StoredSae[] = [];
  let worst = 0;
  for (const name of readdirSync(join(FOLDER, "sae")).filter((entry) => entry.endsWith(".mlp"))) {
    const coder = readSae(join(FOLDER, "sae", name));
    coders.push(coder);
    const said = stated.sites[name.replace(/mlp$/, MLP_OUT)];
    if (said?.sha256 !== coder.sha256)
      throw new Error(`transcoders.json speaks of other weights than ${name}`);
    const at = async (site: string) =>
      (await residuals(engine, name.replace(/mlp$/, site), problems)).filter((_, t) => !isFirst[t]);
    const codes = (await at("ln2.normalized")).map((row) => encode(coder, row));
    const found = reconstruction(coder, await at("mlp_out"), codes);
    const differences = Object.entries(said.factors).flatMap(([factor, rows]) =>
      rows.map((row) => Math.abs(f1Of(row, factor, tokens, codes) - row[5])),
    );
    const largestF1Difference = Math.max(...differences);
    const others = [found.fvu - said.fvu, (found.l0 - said.l0) / coder.k, found.cosine - said.cosine];
    worst = Math.max(worst, largestF1Difference, ...others.map(Math.abs));
    report[name] = { ...found, factorValues: differences.length, largestF1Difference };
    process.stderr.write(`${name}: ${JSON.stringify(report[name])}\n`);
  }
  const allAtOnce = await lossesOfAll(engine, coders, problems.slice(0, Number(spliced)));
  process.stdout.write(
    `${JSON.stringify({ tokens: tokens.length, worst, layers: report, allAtOnce }, undefined, 1)}\n`,
  );
  if (worst > TOLERANCE) throw new Error(`the numbers differ by ${worst} from what transcoders.json says`);
}
