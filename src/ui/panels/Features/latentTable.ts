/** Lists of latents with numbers: what the table on the page and the exported one are made of. */
import type { DataTable } from "../../charts/dataTable";
import type { LatentLabel } from "../../state/latentLabels.svelte";

export interface ListedLatent {
  readonly latent: number;
  /** One for each column; NaN: there is none. */
  readonly values: readonly number[];
  /** A position of the text, where the list is about several. */
  readonly position?: number;
}

export function latentTable(
  rows: readonly ListedLatent[],
  columns: readonly string[],
  labelOf: (latent: number) => LatentLabel | undefined,
  tokens: readonly string[] = [],
): DataTable {
  const hasPosition = rows.some(({ position }) => position !== undefined);
  const where = hasPosition
    ? [
        { name: "position", numeric: true },
        { name: "token", numeric: false },
      ]
    : [];
  return {
    columns: [
      { name: "latent", numeric: true },
      { name: "label", numeric: false },
      { name: "F1 of the label", numeric: true },
      ...columns.map((name) => ({ name, numeric: true })),
      ...where,
    ],
    rows: rows.map(({ latent, values, position = NaN }) => [
      latent,
      labelOf(latent)?.text ?? "",
      labelOf(latent)?.f1 ?? NaN,
      ...values,
      ...(hasPosition ? [position, tokens[position] ?? ""] : []),
    ]),
  };
}
