/** Tables as files: quoted where they must be, numbers exact, nothing that is not finite in JSON. */
import { expect, it } from "vitest";
import { toCsv, toRecords, type DataTable } from "./dataTable";
import { svgFigure, wrapped } from "./svg";

const table: DataTable = {
  columns: [
    { name: "token", numeric: false },
    { name: "log p, nats", numeric: true },
  ],
  rows: [
    [' "a", b', -0.1],
    ["\n", NaN],
  ],
};

it("writes CSV with the caption above", () => {
  expect(toCsv(table, "model\nledger")).toBe(
    '# model ledger\n"token","log p, nats"\n" ""a"", b",-0.1\n"\n",NaN\n',
  );
});

it("writes records, null for what is not finite", () => {
  expect(toRecords(table)).toEqual([
    { token: ' "a", b', "log p, nats": -0.1 },
    { token: "\n", "log p, nats": null },
  ]);
});

it("breaks a caption between words, and escapes a title", () => {
  expect(wrapped("one two three", 8)).toEqual(["one two", "three"]);
  const svg = svgFigure({ title: "<b>", caption: "c", width: 100, height: 50 }, []);
  expect(svg).toContain("&#60;b&#62;");
  expect(svg).not.toContain("<b>");
});
