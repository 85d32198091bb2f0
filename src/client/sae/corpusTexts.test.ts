/** Documents of files, and their tokens. */
import { expect, it } from "vitest";
import { cutAtLines, documentsOfFile, readDocuments } from "./corpusTexts";

it("takes a line of JSONL for a document, and cuts plain text at line ends", () => {
  expect(documentsOfFile("a.jsonl", '{"text": "one"}\n"two"\n').texts).toEqual(["one", "two"]);
  const line = `${"x".repeat(6999)}\n`;
  const { texts } = documentsOfFile("a.txt", line.repeat(5));
  expect(texts.map(({ length }) => length)).toEqual([14000, 14000, 7000]);
  expect(texts.join("")).toBe(line.repeat(5));
  expect(documentsOfFile("a.txt", "  \n").texts).toEqual([]);
});

it("cuts a line without end inside", () => {
  const pieces = cutAtLines("y".repeat(45_000));
  expect(pieces.map(({ length }) => length)).toEqual([20_000, 20_000, 5_000]);
});

it("tokenizes in order, leaves empty documents out, and stops when told", async () => {
  const texts = Array.from({ length: 70 }, (_, i) => (i === 3 ? "" : "w ".repeat(i + 1)));
  const tokenize = async (text: string) =>
    (text.match(/\S+/g) ?? []).map((word) => ({ id: word.length, text: word, special: false }));
  const seen: number[] = [];
  const all = await readDocuments(texts, tokenize, (done) => seen.push(done) > 0);
  expect(all).toHaveLength(69);
  expect(all[3]).toHaveLength(5);
  expect(seen).toEqual([32, 64, 70]);
  expect(await readDocuments(texts, tokenize, () => false)).toHaveLength(31);
});
