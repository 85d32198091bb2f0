/** Shaders of the built page: lighter, and the same line by line. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { leanWgsl } from "./wgslPlugin";

const FOLDER = join(import.meta.dirname, "../src/engine/kernels");
const FILES = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".wgsl"),
);

it("takes off comments and indentation, and keeps every line in its place", () => {
  expect(leanWgsl("// y = x\nfn main() { // here\n  y[0] = x[0];\n}\n")).toBe(
    "\nfn main() {\ny[0] = x[0];\n}\n",
  );
});

it.each(FILES)("%s keeps its code", (file) => {
  const source = readFileSync(join(FOLDER, file), "utf8");
  // What the shortening does not know: comments over several lines.
  expect(source).not.toMatch(/\/\*/);
  const lean = leanWgsl(source);
  expect(lean.split("\n").length).toBe(source.split("\n").length);
  const tokens = (text: string) =>
    text
      .replace(/\/\/.*$/gm, "")
      .split(/\s+/)
      .filter(Boolean);
  expect(tokens(lean)).toEqual(tokens(source));
});
