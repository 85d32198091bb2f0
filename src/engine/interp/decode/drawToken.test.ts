/** The draw on the host against the kernel's reference: the same tokens can come out, as often as they should. */
import { describe, expect, it } from "vitest";
import { noise } from "../../../random/noise";
import { sampleTokenReference } from "../../kernels/sampleToken/sampleToken.ref";
import { drawToken } from "./drawToken";

/** Tokens by log p, most probable first, and the logits that they come from. */
function distribution(count: number, seed: number) {
  const logits = noise(count, seed, 4);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  const order = [...logits.keys()].sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0));
  const logProbs = Float32Array.from(order, (id) => (logits[id] ?? 0) - Math.log(sum));
  return { logits, top: { ids: Uint32Array.from(order), logProbs } };
}

const GRID = 20_000;
const draws = (top: ReturnType<typeof distribution>["top"], temperature: number, topP: number) =>
  Array.from({ length: GRID }, (_, i) => drawToken(top, temperature, topP, i / GRID));

describe("a draw on the host", () => {
  it.each([
    [1, 1],
    [1, 0.7],
    [0.6, 0.95],
    [2, 0.5],
    [1, 1e-9],
  ])("draws from what the kernel draws from, at temperature %s and top-p %s", (temperature, topP) => {
    const { logits, top } = distribution(12, 5);
    const ids = new Uint32Array(1);
    const kernel = Array.from({ length: GRID }, (_, seed) => {
      const params = { rows: 1, cols: logits.length, temperature, topK: 0, topP, seed, step: 0 };
      sampleTokenReference({ logits, ids }, params);
      return ids[0] ?? -1;
    });
    const host = draws(top, temperature, topP);
    const share = (drawn: readonly number[], id: number) => drawn.filter((one) => one === id).length / GRID;
    for (const id of top.ids) expect(share(host, id)).toBeCloseTo(share(kernel, id), 1.7);
    // What top-p cuts comes out of neither; without it every token that is not too rare comes out of both.
    const rare = new Set([...top.ids].filter((id) => share(host, id) < 0.002));
    const often = (drawn: readonly number[]) => [...new Set(drawn)].filter((id) => !rare.has(id)).sort();
    expect(often(kernel)).toEqual(often(host));
    if (topP < 1) expect([...new Set(kernel)].every((id) => host.includes(id))).toBe(true);
  });

  it("takes the most probable at temperature 0, and one token for certain", () => {
    const { top } = distribution(9, 2);
    expect(new Set(draws(top, 0, 1))).toEqual(new Set([top.ids[0]]));
    expect(drawToken({ ids: Uint32Array.of(7), logProbs: Float32Array.of(0) }, 1, 1, 0.999)).toBe(7);
  });

  it("rises through the tokens with the number that is given", () => {
    const { top } = distribution(8, 3);
    const places = draws(top, 1, 0.9).map((id) => top.ids.indexOf(id));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });
});
