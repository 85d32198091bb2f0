/** The table twin of a chart: the same numbers as rows, for reading, for screen readers and for export. */

export interface DataTable {
  readonly columns: readonly { readonly name: string; readonly numeric: boolean }[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Rows that are drawn; exports have all. */
export const SHOWN_ROWS = 500;

export const quoted = (value: string | number | boolean) => `"${String(value).replaceAll('"', '""')}"`;

/** RFC 4180, one header line; the caption is a comment line above. */
export function toCsv({ columns, rows }: DataTable, caption: string): string {
  const cell = (value: string | number) => (typeof value === "number" ? String(value) : quoted(value));
  const lines = rows.map((row) => row.map(cell).join(","));
  return [
    `# ${caption.replaceAll("\n", " ")}`,
    columns.map(({ name }) => quoted(name)).join(","),
    ...lines,
    "",
  ].join("\n");
}

/** One object a row. */
export function toRecords({ columns, rows }: DataTable): Record<string, string | number | null>[] {
  return rows.map((row) =>
    Object.fromEntries(
      columns.map(({ name }, i) => {
        const value = row[i] ?? "";
        return [name, typeof value === "number" && !Number.isFinite(value) ? null : value];
      }),
    ),
  );
}
