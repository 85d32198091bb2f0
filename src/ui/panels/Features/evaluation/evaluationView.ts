/** Judgements as tables. */
import type {
  Detection,
  ProbeResult,
  Simulated,
  SimulateResult,
} from "../../../../protocol/sae/saeEvaluation";
import type { DataTable } from "../../../charts/dataTable";
import { formatNumber, formatProbability, formatSigned } from "../../../../client/format";
import type { Judged } from "./evaluation";

const text = (name: string) => ({ name, numeric: false });
const number = (name: string) => ({ name, numeric: true });

/** The share, or why there is none; the losses stand above it. */
function recoveredCell({ clean, zero, zeroError, lossRecovered }: Judged): string {
  if (!Number.isNaN(lossRecovered)) return formatNumber(lossRecovered, 5);
  const lost = `zero − as it is: ${formatSigned(zero - clean, 4)}`;
  return `not defined (${lost}${Number.isNaN(zeroError) ? "" : ` ± ${formatNumber(1.96 * zeroError, 4)}`})`;
}

type Row = readonly [name: string, value: (one: Judged) => string];
const ROWS: readonly Row[] = [
  ["FVU", ({ fvu }) => formatNumber(fvu, 5)],
  ["L0, active latents a token", ({ l0 }) => formatNumber(l0, 2)],
  ["loss as it is, nats", ({ clean }) => formatNumber(clean, 4)],
  ["loss spliced, nats", ({ spliced }) => formatNumber(spliced, 4)],
  ["loss with the site at zero, nats", ({ zero }) => formatNumber(zero, 4)],
  ["loss recovered", recoveredCell],
  ["KL(clean ‖ spliced), nats", ({ kl }) => formatNumber(kl, 5)],
  ["dead: latents never above 0.001", ({ dead, sae }) => `${dead} of ${sae.nLatents.toLocaleString("en")}`],
  ["refit / value, mean over active values", ({ quality }) => formatNumber(quality.shrinkage.meanRatio, 4)],
  ["refit / value, ratio of sums", ({ quality }) => formatNumber(quality.shrinkage.ratioOfSums, 4)],
  ["active values that the refit raised", ({ quality }) => formatProbability(quality.shrinkage.raised)],
  ["FVU with values refitted", ({ quality }) => formatNumber(quality.shrinkage.fvuAfter, 5)],
  ["tokens refitted", ({ quality }) => quality.shrinkage.n.toLocaleString("en")],
];

export const judgedTable = (list: readonly Judged[]): DataTable => ({
  columns: [text("measure"), ...list.map(({ sae }) => number(`${sae.siteIn}, ${sae.sha256.slice(0, 8)}`))],
  rows: ROWS.map(([name, value]) => [name, ...list.map(value)]),
});

/** "0.93 (n = 120)": a share and what it is a share of. */
const shareOf = (share: number, n: number) => `${formatProbability(share)} of ${n}`;

export const detectionTable = (list: readonly (readonly [name: string, of: Detection])[]): DataTable => ({
  columns: [text("active is"), number("precision"), number("recall"), number("F1")],
  rows: list.map(([name, { precision, recall, f1, predicted, actual }]) => [
    ...[name, shareOf(precision, predicted), shareOf(recall, actual), formatProbability(f1)],
  ]),
});

export function simulatedTable({ real, zero, bigram, simulated }: SimulateResult): DataTable {
  const rows: readonly (readonly [string, Simulated])[] = [
    ["its real values", real],
    ["the explanation’s", simulated],
    ["a table of token pairs", bigram],
    ["zero", zero],
  ];
  return {
    columns: [
      text("values of the latent"),
      ...["loss, nats", "change", "recovered", "correlation"].map(number),
    ],
    rows: rows.map(([name, { loss, change, recovered, correlation }]) => [
      ...[
        name,
        formatNumber(loss, 5),
        formatSigned(change, 5),
        Number.isNaN(recovered) ? "not defined" : formatNumber(recovered, 3),
      ],
      formatNumber(correlation, 3),
    ]),
  };
}

export function probeTable({ latent, channel, linear, base }: ProbeResult): DataTable {
  const rows = [
    [`best latent: ${latent.index}`, latent.test],
    [`best channel: ${channel.index}`, channel.test],
    ["all channels, linear", linear.test],
    ["no input", base.test],
  ] as const;
  return {
    columns: [
      text("probe"),
      ...["loss, nats", "F1", "precision", "recall", "accuracy", "n", "positives"].map(number),
    ],
    rows: rows.map(([name, { loss, f1, precision, recall, accuracy, n, positives }]) => [
      ...[name, formatNumber(loss, 4), formatProbability(f1), formatProbability(precision)],
      ...[formatProbability(recall), formatProbability(accuracy), n, positives],
    ]),
  };
}
