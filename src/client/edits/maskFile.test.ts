/** Masks from files: matrices in every form, rules, and what is wrong by name. */
import { expect, it } from "vitest";
import { readMaskFile } from "./maskFile";

const bytes = (text: string) => new TextEncoder().encode(text);
function npy(descr: string, shape: string, data: Uint8Array, order = "False"): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }\n`;
  const head = Uint8Array.from([0x93, ...bytes("NUMPY"), 1, 0, header.length & 255, header.length >> 8]);
  return Uint8Array.from([...head, ...bytes(header), ...data]);
}
const RULES = { text: "0, 2 <- 0; 1 <-", isMatrix: true };

it("reads CSV, JSON, npy, and rules", () => {
  expect(readMaskFile("m.csv", bytes("1,0,0\n0,0,0\n1,0,0\n"))).toEqual(RULES);
  expect(readMaskFile("m.json", bytes("[[1,0,0],[0,0,0],[1,0,0]]"))).toEqual(RULES);
  expect(readMaskFile("m.npy", npy("|b1", "3, 3", Uint8Array.of(1, 0, 0, 0, 0, 0, 1, 0, 0)))).toEqual(RULES);
  const floats = new Uint8Array(Float32Array.of(1, 0, 0, 0, 0, 0, 1, 0, 0).buffer);
  expect(readMaskFile("m.npy", npy("<f4", "3, 3", floats))).toEqual(RULES);
  expect(readMaskFile("m.txt", bytes("3 <- 0..2"))).toEqual({ text: "3 <- 0..2", isMatrix: false });
});

it.each<[string, Uint8Array, RegExp]>([
  ["m.npy", npy("|b1", "3, 2", new Uint8Array(6)), /m.npy: its shape is \(3, 2\): give a square matrix/],
  ["m.npy", npy("|b1", "3, 3", new Uint8Array(6)), /another number of bytes/],
  ["m.npy", npy("<c8", "1, 1", new Uint8Array(8)), /numbers are of type <c8/],
  ["m.npy", npy("|b1", "1, 1", new Uint8Array(1), "True"), /column by column/],
  ["m.npy", bytes("nonsense"), /no .npy file/],
  ["m.csv", bytes("1,1\n0,1\n"), /m.csv: Row 0 shows key 1/],
  ["m.txt", bytes("hello"), /m.txt: Rule 1, “hello”: write queries <- keys/],
  ["m.csv", new Uint8Array(8_000_001), /8000001 bytes/],
])("refuses %s", (name, content, wrong) => {
  const read = readMaskFile(name, content);
  expect("wrong" in read && read.wrong).toMatch(wrong);
});
