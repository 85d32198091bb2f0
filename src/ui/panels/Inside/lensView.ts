/** The logit lens over a step, and the answer's log p through the layers with the step and without it. */
import type { LensResult } from "../../../protocol/analysis";
import type { DataTable } from "../../charts/dataTable";
import { formatNumber, formatProbability } from "../../../client/format";
import { siteIndexOf, siteLabel } from "../../../client/tokens/residualSites";
import { tokenLabel } from "../../../client/tokens/tokenText";
import type { Pair } from "./readInside";

type TextOf = (id: number) => string;

/** Probability of each cell's most probable token, row-major, the last site on top. */
export function topGrid({ cells }: LensResult): Float32Array {
  const rows = [...cells].reverse();
  return Float32Array.from(rows.flatMap((row) => row.map(({ top }) => Math.exp(top.logProbs[0] ?? NaN))));
}

export function topText({ cells }: LensResult, row: number, col: number, textOf: TextOf): string {
  const id = cells[siteIndexOf(row, cells.length)]?.[col]?.top.ids[0];
  return id === undefined ? "" : tokenLabel(textOf(id));
}

/** One line about a cell. */
export function cellWords(lens: LensResult, row: number, col: number, token: string, textOf: TextOf): string {
  const site = lens.sites[siteIndexOf(row, lens.sites.length)];
  const cell = lens.cells[siteIndexOf(row, lens.sites.length)]?.[col];
  if (!site || !cell) return "";
  const listed = [...cell.top.ids].map(
    (id, i) => `${tokenLabel(textOf(id))} ${formatProbability(Math.exp(cell.top.logProbs[i] ?? NaN))}`,
  );
  const answer = cell.targets[0];
  const target = answer ? ` · log p(answer) ${formatNumber(answer.logProb)}, rank ${answer.rank}` : "";
  return `${siteLabel(site)} · after “${token}” → ${listed.join(", ")}${target}`;
}

/** log p of the whole answer at each site, nats: the sum over its tokens, each read where it is predicted. */
export function answerCurve({ cells }: LensResult): Float32Array {
  return Float32Array.from(cells, (row) =>
    row.reduce((sum, { targets: [target] }) => sum + (target?.logProb ?? NaN), 0),
  );
}

/** The first token that the model would say in place of the answer, site by site. */
export function firstSaid({ cells }: LensResult, textOf: TextOf): string[] {
  return cells.map(([first]) => {
    const id = first?.top.ids[0];
    return id === undefined ? "" : tokenLabel(textOf(id));
  });
}

const text = (name: string) => ({ name, numeric: false });
const number = (name: string) => ({ name, numeric: true });

export function stepLensTable(
  { sites, positions, cells }: LensResult,
  tokens: readonly string[],
  textOf: TextOf,
): DataTable {
  return {
    columns: [
      ...[text("site"), number("position"), text("after"), text("most probable")],
      ...[number("probability"), number("log p(answer's first token), nats"), number("its rank")],
    ],
    rows: sites.flatMap((site, s) =>
      positions.map((position, p) => {
        const cell = cells[s]?.[p];
        const [target] = cell?.targets ?? [];
        return [
          ...[site, position, tokens[p] ?? "", textOf(cell?.top.ids[0] ?? NaN)],
          ...[Math.exp(cell?.top.logProbs[0] ?? NaN), target?.logProb ?? NaN, target?.rank ?? NaN],
        ];
      }),
    ),
  };
}

export function answerTable(answer: Pair<LensResult>, textOf: TextOf): DataTable {
  const [present, absent] = [answerCurve(answer.with), answerCurve(answer.without)];
  const [said, saidWithout] = [firstSaid(answer.with, textOf), firstSaid(answer.without, textOf)];
  return {
    columns: [
      text("site"),
      ...["log p with, nats", "log p without, nats", "without − with, nats"].map(number),
      ...["most probable with", "most probable without"].map(text),
    ],
    rows: answer.with.sites.map((site, i) => {
      const [a, b] = [present[i] ?? NaN, absent[i] ?? NaN];
      return [site, a, b, b - a, said[i] ?? "", saidWithout[i] ?? ""];
    }),
  };
}
