/** Words, tracks and tables of the Jacobian lens, on small answers made by hand. */
import { expect, it } from "vitest";
import type { LensResult } from "../../../../protocol/analysis";
import type { LensInfo, LensQualityResult, LensReading } from "../../../../protocol/gradients/lenses";
import {
  fitWords,
  judgedOn,
  leftOut,
  lensWords,
  meanWords,
  qualitySeries,
  qualityTable,
  rangesOf,
  rankOf,
  rankTracks,
  tracksTable,
} from "./lensView";

const LENS: LensInfo = {
  ...{ id: 1, name: "8 problems", source: "fit", layers: [0, 1, 2], dModel: 8, texts: 3, allTexts: 8 },
  ...{ lastChange: 0.0312, elapsedMs: 1500, environment: { positions: 1204, skipFirst: 16 }, notes: [] },
};

it("says what a lens is made of, and no more than is known", () => {
  expect(lensWords(LENS)).toBe(
    "8 problems · mean over 3 texts, 1,204 positions · after blocks 0 to 2 · positions 0 to 15 and the last of each text left out",
  );
  expect(lensWords({ ...LENS, texts: 1, layers: [4], environment: {} })).toBe(
    "8 problems · mean over 1 text · after block 4",
  );
  expect(rangesOf([0, 1, 3, 4, 5, 9])).toBe("0, 1, 3 to 5, 9");
  expect([0, 1].map(leftOut)).toEqual([
    "the last position of each text left out",
    "position 0 and the last of each text left out",
  ]);
});

it("says how far a fit is", () => {
  expect(fitWords(0, 0, undefined)).toBe("reading texts…");
  expect(fitWords(3, 8, LENS)).toBe("3 of 8 texts · the last moved J by 3.1 % · about 3 s left");
  expect(fitWords(1, 8, { ...LENS, lastChange: NaN })).toBe("1 of 8 texts · about 11 s left");
});

const ranked = (sites: readonly string[], ranks: readonly number[]): LensResult => ({
  ...{ sites, positions: [4] },
  cells: ranks.map((rank) => [
    {
      top: { ids: Uint32Array.of(1), logProbs: Float32Array.of(0) },
      entropy: 0,
      targets: [{ logProb: -1, rank }],
    },
  ]),
});

it("puts both lenses on the places that both read", () => {
  const plain = ranked(
    ["blocks.0.resid_pre", "blocks.0.resid_mid", "blocks.0.resid_post", "blocks.1.resid_post"],
    [70, 60, 50, 0],
  );
  const jacobian = ranked(["blocks.0.resid_post", "blocks.1.resid_post"], [9, 0]);
  const tracks = rankTracks(plain, jacobian, ["“a”"]);
  expect(tracks.series.map(({ name, dashed }) => [name, dashed])).toEqual([
    ["“a”, Jacobian lens", undefined],
    ["“a”, logit lens", true],
  ]);
  expect(tracks.series.map(({ values }) => [...values].map(rankOf))).toEqual([
    ["9", "0"],
    ["50", "0"],
  ]);
  expect(tracksTable(tracks)).toEqual({
    columns: [
      { name: "site", numeric: false },
      { name: "rank: “a”, Jacobian lens", numeric: true },
      { name: "rank: “a”, logit lens", numeric: true },
    ],
    rows: [
      ["blocks.0.resid_post", 9, 50],
      ["blocks.1.resid_post", 0, 0],
    ],
  });
  expect(rankOf(NaN)).toBe("–");
});

const mean = (value: number) => ({ mean: value, low: value - 0.5, high: value + 0.5 });
const QUALITY: LensQualityResult = {
  rows: [0, 1].flatMap((layer) =>
    (["jacobian", "logit", "shuffled"] as const).map((reading: LensReading, r) => ({
      ...{ layer, reading, kl: mean(10 * layer + r) },
      ...{ agreesWithModel: mean(0.5), agreesWithNext: mean(0.25) },
    })),
  ),
  ...{ texts: 4, allTexts: 4, positions: 320, alsoFitted: 0 },
};

it("draws a line a reading, and tables each with its interval", () => {
  expect(qualitySeries(QUALITY, "kl").map(({ name, values }) => [name, ...values])).toEqual([
    ["Jacobian lens", 0, 10],
    ["logit lens (J = identity)", 1, 11],
    ["J with shuffled columns (control)", 2, 12],
  ]);
  const { columns, rows } = qualityTable(QUALITY);
  expect(columns.slice(0, 5).map(({ name }) => name)).toEqual([
    ...["block", "reading", "KL, nats", "KL, nats, 2.5 %", "KL, nats, 97.5 %"],
  ]);
  expect(rows[4]).toEqual([1, "logit lens (J = identity)", 11, 10.5, 11.5, 0.5, 0, 1, 0.25, -0.25, 0.75]);
  expect(meanWords(mean(1))).toBe("1.000 [0.500, 1.500]");
});

it("warns where texts were part of the fit, and where nobody knows", () => {
  expect(judgedOn(QUALITY)).toBe("n = 4 texts, 320 positions; none of them in the fit");
  expect(judgedOn({ ...QUALITY, alsoFitted: 2 })).toMatch(/2 of them ALSO IN THE FIT/);
  const { rows, texts, allTexts, positions } = QUALITY;
  expect(judgedOn({ rows, texts, allTexts, positions })).toMatch(/its file does not tell/);
});
