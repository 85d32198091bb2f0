/**
 * A published trace of thought anchors (87 sentences, about 100 rollouts each): its resampling importances follow from its
 * stored accuracies by our formula. Its KL importances do not and are not compared: they are between distributions over all
 * answers, which the file does not hold; ours is between two coins.
 */
import { describe, expect, it } from "vitest";
import { resamplingImportances } from "../src/statistics/anchorImportance";
import type { Share } from "../src/statistics/bernoulli";
import { splitSteps } from "../src/client/chain/splitSteps";
import { compatJson, isMissing } from "./folder";

interface Chunk {
  readonly chunk: string;
  /** Share of right answers of rollouts that begin in place of the sentence. */
  readonly accuracy: number;
  readonly resampling_importance_accuracy: number;
}

/** Rollouts a sentence had at most. */
const ROLLOUTS = 100;

/** The share with the fewest rollouts missing. */
function shareOf(accuracy: number): Share {
  for (let n = ROLLOUTS; n > 0; n--) {
    const successes = Math.round(accuracy * n);
    if (Math.abs(successes / n - accuracy) < 1e-12) return { successes, n };
  }
  throw new Error(`${accuracy} is no share of up to ${ROLLOUTS}`);
}

describe.skipIf(isMissing("cot"))("a published trace of thought anchors", () => {
  const folder = "cot/thought_anchors_2236";

  it("has the importances that follow from its accuracies", () => {
    const chunks = compatJson<Chunk[]>(`${folder}/chunks_labeled.json`);
    expect(chunks).toHaveLength(87);
    const found = resamplingImportances(chunks.map(({ accuracy }) => shareOf(accuracy)));
    const misses = found.map(({ value }, i) =>
      Math.abs(value - (chunks[i]?.resampling_importance_accuracy ?? NaN)),
    );
    console.log(`thought anchors: ${misses.length} importances, largest difference ${Math.max(...misses)}`);
    expect(Math.max(...misses)).toBeLessThan(1e-12);
    // The largest importances are told apart from nothing by their intervals, and most of the others are not.
    const sure = found.filter(({ low, high }) => low > 0 || high < 0);
    expect(sure.length).toBeGreaterThan(0);
    expect(sure.length).toBeLessThan(found.length / 2);
  });

  it("is cut into nearly the same sentences", () => {
    const { solution } = compatJson<{ solution: string }>(`${folder}/base_solution.json`);
    const chunks = compatJson<Chunk[]>(`${folder}/chunks_labeled.json`);
    const bare = (text: string) => text.replace(/\s+/g, " ").trim();
    const ours = new Set(splitSteps(solution.split("</think>")[0] ?? "").map(bare));
    const same = chunks.filter(({ chunk }) => ours.has(bare(chunk)));
    console.log(`thought anchors: ${same.length} of ${chunks.length} published sentences are steps here`);
    expect(same.length).toBeGreaterThan(0.8 * chunks.length);
  });
});
