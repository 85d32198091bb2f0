/** Tokens with numbers, as bars and as rows. */
import type { WeightedTokens } from "../../../../protocol/analysis";
import type { DataTable } from "../../../charts/dataTable";
import type { TextOf } from "../../../../client/tokens/tokenTargets";
import { tokenMarks } from "../../../../client/tokens/tokenText";

export interface TokenItem {
  readonly id: string;
  readonly label: string;
  readonly value: number;
}

/** With its spaces as dots: tokens may differ by nothing else. */
export function spaced(token: string): string {
  const { before, text, after } = tokenMarks(token, true);
  return before + text + after;
}

export const tokenItems = ({ ids, values }: WeightedTokens, textOf: TextOf): TokenItem[] =>
  Array.from(ids, (id, i) => ({ id: String(id), label: spaced(textOf(id)), value: values[i] ?? NaN }));

export function tokenTable(items: readonly TokenItem[], unit: string): DataTable {
  return {
    columns: [
      { name: "token", numeric: false },
      { name: "id", numeric: true },
      { name: unit, numeric: true },
    ],
    rows: items.map(({ id, label, value }) => [label, Number(id), value]),
  };
}
