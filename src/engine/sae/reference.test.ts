/** The reference by itself: hand-worked numbers, ties and NaN, and what must come back exactly. */
import { describe, expect, it } from "vitest";
import {
  decode,
  encode,
  fractionUnexplained,
  largest,
  reconstruct,
  reconstructLayers,
  type ReferenceSae,
} from "./reference";

const PLAIN: ReferenceSae = {
  ...{ dIn: 2, dOut: 2, nLatents: 3, input: { scheme: "none" } },
  encoder: [1, 0, 0, 1, 1, -1],
  encoderBias: [0, -1, 0.5],
  activation: { kind: "relu" },
  decoder: [1, 0, 0, 1, 2, 2],
  decoderBias: [10, 20],
};

describe("by hand", () => {
  it("relu", () => {
    const { a, latents } = encode(PLAIN, [1, 3]);
    expect(a).toEqual([1, 2, -1.5]);
    expect(latents).toEqual([1, 2, 0]);
    expect(reconstruct(PLAIN, [1, 3])).toEqual([11, 22]);
  });

  it("a cross-layer transcoder adds what every layer below writes", () => {
    const parts = [{ ...PLAIN, laterDecoder: [1, 1, 0, 3, 5, 5] }, PLAIN];
    // Latents [1, 2, 0] below, [0, 0, 0.5] above: 1 · [1, 1] + 2 · [0, 3] + 0.5 · [2, 2] + [10, 20].
    expect(
      reconstructLayers(parts, [
        [1, 3],
        [0, 0],
      ]),
    ).toEqual([
      [11, 22],
      [12, 28],
    ]);
  });

  it("topk keeps fewer than k where fewer are above 0", () => {
    const topK = (k: number) => encode({ ...PLAIN, activation: { kind: "topk", k } }, [1, 3]).latents;
    expect([topK(1), topK(2), topK(3)]).toEqual([
      [0, 2, 0],
      [1, 2, 0],
      [1, 2, 0],
    ]);
  });

  it("jumprelu is strict, and never gives what is below 0", () => {
    const threshold = [1, 1.9, -5];
    expect(encode({ ...PLAIN, activation: { kind: "jumprelu", threshold } }, [1, 3]).latents).toEqual([
      0, 2, 0,
    ]);
    expect(
      encode({ ...PLAIN, activation: { kind: "batchtopk", threshold: [0.5, 0.5, 0.5] } }, [1, 3]).latents,
    ).toEqual([1, 2, 0]);
  });

  it("gated: the gate decides, the other path says how much", () => {
    const activation = {
      kind: "gated" as const,
      ...{ gateBias: [0, -2, 2], magnitudeScale: [2, 1, 4], magnitudeBias: [0.5, 0, 1] },
    };
    expect(encode({ ...PLAIN, activation }, [1, 3]).latents).toEqual([2.5, 0, 0]);
    expect(encode({ ...PLAIN, activation }, [1, 1]).latents).toEqual([2.5, 0, 3]);
  });

  it("input bias after the scheme, scheme undone behind the decoder's bias", () => {
    const sae: ReferenceSae = { ...PLAIN, inputBias: [1, 1], input: { scheme: "rescale", factor: 2 } };
    const { a } = encode(sae, [1, 3]);
    expect(a).toEqual([1, 4, -3.5]);
    expect(reconstruct(sae, [1, 3])).toEqual([11 / 2, 24 / 2]);
  });

  it("layerNorm divides by the deviation and eps, and multiplies by the deviation alone", () => {
    const sae: ReferenceSae = { ...PLAIN, input: { scheme: "layerNorm", eps: 1 } };
    // Mean 2, deviation √2 with Bessel.
    const { a, moments } = encode(sae, [1, 3]);
    expect(moments.scale).toBeCloseTo(Math.SQRT2, 14);
    expect(a[0]).toBeCloseTo(-1 / (Math.SQRT2 + 1), 14);
    const z = 1 / (Math.SQRT2 + 1) - 1;
    expect(encode(sae, [1, 3]).latents[1]).toBe(Math.max(z, 0));
    const third = Math.max(-2 / (Math.SQRT2 + 1) + 0.5, 0);
    expect(reconstruct(sae, [1, 3])[0]).toBeCloseTo((10 + 2 * third) * Math.SQRT2 + 2, 12);
  });

  it("unitMeanSquare", () => {
    const sae: ReferenceSae = { ...PLAIN, input: { scheme: "unitMeanSquare" } };
    // The root of (9 + 16) / 2.
    const rms = Math.sqrt(12.5);
    expect(encode(sae, [3, 4]).a[0]).toBeCloseTo(3 / rms, 14);
    // Second latent (4 / rms − 1), third (−1 / rms + 0.5), twice.
    expect(reconstruct(sae, [3, 4])[1]).toBeCloseTo((20 + 4 / rms - 1 + 2 * (-1 / rms + 0.5)) * rms, 12);
  });

  it("a skip path reads x as it came; a prefix leaves later latents out", () => {
    const skip: ReferenceSae = {
      ...PLAIN,
      inputBias: [1, 1],
      input: { scheme: "rescale", factor: 2 },
      skip: [0, 1, 1, 0],
    };
    expect(reconstruct(skip, [1, 3])).toEqual([11 / 2 + 3, 24 / 2 + 1]);
    expect(reconstruct(PLAIN, [1, 3], 1)).toEqual([11, 20]);
    expect(decode(PLAIN, { latents: [1, 2, 3], moments: { shift: 0, scale: 1 } }, { prefix: 0 })).toEqual([
      10, 20,
    ]);
  });
});

it("chooses the largest: ties to the lowest index, infinities in order, never NaN", () => {
  expect(largest([1, 3, 3, 2, 3], 2)).toEqual([1, 2]);
  expect(largest([NaN, -Infinity, Infinity, NaN, Infinity, -1], 4)).toEqual([2, 4, 5, 1]);
  expect(largest([NaN, NaN], 1)).toEqual([]);
  expect(largest([-1, -2], 1)).toEqual([0]);
});

it("reconstructs exactly what lies in the span of k orthonormal tied latents, with positive coefficients", () => {
  // Rows of a Hadamard matrix over 4: orthonormal, and exact.
  const n = 16;
  const sign = (row: number, col: number) =>
    (row & col).toString(2).replaceAll("0", "").length % 2 ? -1 : 1;
  const rows = Array.from({ length: n * n }, (_, i) => sign(Math.floor(i / n), i % n) / 4);
  const sae: ReferenceSae = {
    ...{ dIn: n, dOut: n, nLatents: n, input: { scheme: "none" }, decoderBias: new Float32Array(n) },
    ...{ encoder: rows, decoder: rows, activation: { kind: "topk", k: 3 } },
  };
  const parts = new Map([
    [2, 0.5],
    [7, 3],
    [12, 1.25],
  ]);
  const x = Array.from({ length: n }, (_, c) =>
    [...parts].reduce((sum, [l, z]) => sum + z * rows[l * n + c]!, 0),
  );
  const { latents } = encode(sae, x);
  expect(latents).toEqual(Array.from({ length: n }, (_, l) => parts.get(l) ?? 0));
  expect(reconstruct(sae, x)).toEqual(x);
  // And what came out goes in again.
  expect(reconstruct(sae, reconstruct(sae, x))).toEqual(x);
});

it("leaves all of the variance unexplained by the mean, and none by x itself", () => {
  const xs = [
    [1, 2],
    [3, -2],
    [5, 3],
  ];
  expect(fractionUnexplained(xs, xs)).toBe(0);
  expect(
    fractionUnexplained(xs, [
      [3, 1],
      [3, 1],
      [3, 1],
    ]),
  ).toBe(1);
});
