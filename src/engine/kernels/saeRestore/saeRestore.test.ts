import { expect, it } from "vitest";
import { noise } from "../case";
import { saeStandardiseReference } from "../saeStandardise/saeStandardise.ref";
import { saeRestoreReference } from "./saeRestore.ref";

it("undoes a normalisation", () => {
  const x = noise(3 * 40, 1, 5);
  const [y, back, moments] = [new Float32Array(120), new Float32Array(120), new Float32Array(6)];
  const sizes = { rows: 3, cols: 40 };
  saeStandardiseReference({ x, bias: y, y, moments }, { ...sizes, eps: 0, centred: 1, hasBias: 0 });
  saeRestoreReference({ x: y, moments, y: back }, sizes);
  back.forEach((value, i) => expect(value).toBeCloseTo(x[i]!, 5));
});
