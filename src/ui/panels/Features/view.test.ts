/** Codes of two positions, by hand. */
import { describe, expect, it } from "vitest";
import { NO_LATENT } from "../../../protocol/sae/features";
import { labelF1, latentName, shortLabel } from "../../../client/sae/latentCode";
import {
  alongTable,
  codeTable,
  curveKs,
  mapOf,
  qualityOf,
  latentRows,
  ranked,
  recoveredWords,
  spliceWords,
  valuesOf,
  whyNotRecovered,
} from "./view";

const NOW = {
  listed: 2,
  ids: Uint32Array.of(7, 3, 3, NO_LATENT),
  values: Float32Array.of(5, 1, 2, 0),
};
const BASE = { listed: 2, ids: Uint32Array.of(7, 9, 3, NO_LATENT), values: Float32Array.of(4, 3, 2, 0) };
const label = (latent: number) => (latent === 7 ? "seven" : undefined);

describe("codes", () => {
  it("give a latent's values by position", () => {
    expect([...valuesOf(NOW, 3)]).toEqual([1, 2]);
    expect([...valuesOf(NOW, 4)]).toEqual([0, 0]);
    expect([...mapOf(NOW, [7, 3])]).toEqual([5, NaN, 1, 2]);
  });

  it("are ranked by value, at one position or over the prompt", () => {
    expect(ranked(NOW, undefined, [0], "value").map(({ latent }) => latent)).toEqual([7, 3]);
    expect(ranked(NOW, undefined, [0, 1], "value")[1]).toEqual({ latent: 3, value: 2, position: 1 });
  });

  it("are ranked by what the edits changed, in either direction", () => {
    expect(ranked(NOW, BASE, [0, 1], "change")).toEqual([
      { latent: 9, value: -3, position: 0 },
      { latent: 3, value: 1, position: 0 },
      { latent: 7, value: 1, position: 0 },
    ]);
  });

  it("are tables with labels", () => {
    expect(codeTable(NOW, ["a", "b"], label).rows).toEqual([
      [0, "a", 7, "seven", 5],
      [0, "a", 3, "", 1],
      [1, "b", 3, "", 2],
    ]);
    expect(alongTable(["a", "b"], [{ name: "value", values: valuesOf(NOW, 3) }]).rows).toEqual([
      [0, "a", 1],
      [1, "b", 2],
    ]);
  });
});

describe("latents of some positions", () => {
  const effect = (latent: number, direct: number, ablation: number) =>
    [latent, { latent, value: 1, position: 0, direct, ablation }] as const;

  it("stand with what is known of them", () => {
    const [first, second] = latentRows(NOW, undefined, [0, 1], undefined, "value");
    expect(first).toEqual({
      ...{ latent: 7, position: 0, value: 5 },
      ...{ change: NaN, gradient: NaN, direct: NaN, ablation: NaN },
    });
    expect(second).toMatchObject({ latent: 3, position: 1, value: 2 });
  });

  it("are ranked by size of effect, those that were not measured last", () => {
    const effects = new Map([effect(3, -2, 0.5)]);
    const by = (rank: "direct" | "ablation") => latentRows(NOW, undefined, [0, 1], effects, rank);
    expect(by("direct").map(({ latent }) => latent)).toEqual([3, 7]);
    expect(by("ablation")[0]).toMatchObject({ direct: -2, ablation: 0.5 });
  });

  it("are ranked by change, with those that only the baseline has", () => {
    const rows = latentRows(NOW, BASE, [0, 1], undefined, "change");
    expect(rows.map(({ latent, value, change }) => [latent, value, change])).toEqual([
      [9, 0, -3],
      [7, 5, 1],
      [3, 2, 1],
    ]);
  });
});

it("takes means over the positions that count", () => {
  const result = { l0: Float32Array.of(99, 2, 4), cosines: Float32Array.of(0, 0.5, 1) };
  expect(qualityOf(result as never, [false, true, true])).toEqual({ l0: 3, cosine: 0.75 });
});

it("says what splicing costs, with its n", () => {
  const result = { clean: 0.5, spliced: 0.75, zero: 8, zeroError: 0.5, lossRecovered: 0.97, kl: 0.25, n: 12 };
  expect(recoveredWords(result)).toBe("0.9700");
  expect(whyNotRecovered(result)).toBe("");
  expect(spliceWords(result)).toContain("0.500 as it is, 0.750 spliced, 8.000 with the site at zero");
  expect(spliceWords(result)).toContain("n = 12 tokens");
});

it("says where there is no loss to recover, and why", () => {
  const beaten = { clean: 3.2, spliced: 3.1, zero: 3, zeroError: 0.1, lossRecovered: NaN, kl: 0.25, n: 12 };
  expect(recoveredWords(beaten)).toBe("not defined");
  expect(whyNotRecovered(beaten)).toMatch(/no worse with the site at zero/);
  expect(whyNotRecovered({ ...beaten, zero: 3.3 })).toContain(
    "costs 0.100 ± 0.196 nats (95 %, n = 12 tokens)",
  );
});

it("draws the curve at doublings and at the trained k", () => {
  expect(curveKs(8, 512)).toEqual([1, 2, 4, 8, 16, 32]);
  expect(curveKs(5, 12)).toEqual([1, 2, 4, 5, 8]);
});

it("shortens labels for axes", () => {
  expect(shortLabel("only where section = answer (precision 0.95, recall 0.16)")).toBe("section = answer");
  expect(shortLabel("name read = Ann (best F1 1.00)")).toBe("name read = Ann");
  expect(shortLabel(undefined)).toBe("");
});

it("tells how well a label fits wherever it names a latent", () => {
  expect(labelF1("name read = Ann (best F1 0.91)")).toBe(0.91);
  expect(labelF1("only where section = answer (precision 0.95, recall 0.16)")).toBeCloseTo(0.2739, 4);
  expect(labelF1("only where a = b (precision 0.00, recall 0.00)")).toBe(0);
  expect(labelF1("a word (or two)")).toBeUndefined();
  const label = { text: "only where section = answer (precision 0.95, recall 0.16)", f1: 0.2739 };
  expect(latentName(460, label)).toBe("460 (F1 0.27) section = answer");
  expect(latentName(3, { text: "mine" })).toBe("3 mine");
  expect(latentName(3, undefined)).toBe("3");
});
