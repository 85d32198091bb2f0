/** What depends on what, as a table. */
import type { DataTable } from "../../charts/dataTable";
import type { ChainMatrix } from "../../../client/chain/chainMatrix";

/** Long form: one row a cell that can have a value. */
export function matrixTable(matrix: ChainMatrix): DataTable {
  const { rowLabels, colLabels, values, cols, rowCounts, colCounts } = matrix;
  return {
    columns: [
      { name: "cause", numeric: false },
      { name: "players", numeric: true },
      { name: "effect", numeric: false },
      { name: "tokens", numeric: true },
      { name: "phi, nats", numeric: true },
    ],
    rows: rowLabels.flatMap((cause, row) =>
      colLabels.flatMap((effect, column) => {
        const value = values[row * cols + column] ?? NaN;
        return Number.isNaN(value)
          ? []
          : [[cause, rowCounts[row] ?? 0, effect, colCounts[column] ?? 0, value]];
      }),
    ),
  };
}
