/** Chains on a real WebGPU adapter: 50 coalitions in every mode as on the CPU device, games, and written steps. */
import { beforeAll, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { ABLATION_MODES, type ChainGameRequest } from "../../../protocol/chain";
import { sharedCpu, sharedWebGpu } from "../../device/shared.samples";
import { CoalitionTrie } from "../../interp/coalitions/coalitionTrie";
import { stepAblation, CHAIN, naiveAnswer } from "../../interp/coalitions/coalitionTrie.samples";
import type { Model } from "../../models/model";
import { loadGolden } from "../../models/goldenUrls.samples";
import { randomGpt2 } from "../../models/randomModel";
import { chainGame } from "./chainGame";
import { resampleSteps } from "../resampleSteps/resampleSteps";

let gpu: Model;
let cpu: Model;
beforeAll(async () => {
  gpu = randomGpt2(await sharedWebGpu());
  cpu = randomGpt2(await sharedCpu());
});

const FIFTY = Array.from({ length: 50 }, (_, i) =>
  CHAIN.steps.map((_, bit) => (((i * 27 + 5) >> bit) & 1) === 1),
);

async function valued(model: Model, mode: (typeof ABLATION_MODES)[number]) {
  const request = { chain: CHAIN, ...stepAblation(mode), tokenScores: true, value: "margin" } as const;
  const trie = await CoalitionTrie.open(model, request, FIFTY.length, NEVER_CANCELLED);
  const values: number[][] = [];
  for await (const block of trie.values(FIFTY)) {
    for (const { index, sample, logProb, value, tokens } of block)
      values[index * trie.samples + sample] = [logProb, value, ...(tokens ?? [])];
  }
  trie.release();
  return { values, samples: trie.samples };
}

it.each(ABLATION_MODES)(
  "values 50 coalitions as the CPU device and as one row each, mode %s",
  async (mode) => {
    const [here, there] = [await valued(gpu, mode), await valued(cpu, mode)];
    for (const [row, numbers] of here.values.entries()) {
      numbers.forEach((value, i) => {
        if (!(Math.abs(value - there.values[row]![i]!) < 1e-4)) expect(value).toBe(there.values[row]![i]);
      });
    }
    for (const index of [0, 17, 42]) {
      const { logProbs } = await naiveAnswer(gpu, CHAIN, FIFTY[index]!, stepAblation(mode), 0);
      const own = here.values[index * here.samples]![0]!;
      expect(Math.abs(own - logProbs[0]! - logProbs[1]!)).toBeLessThan(1e-4);
    }
  },
);

it.each(["llama", "gemma2"])("%s plays the same games as on the CPU device", async (folder) => {
  const models = [await loadGolden(folder, gpu.memory.device), await loadGolden(folder, await sharedCpu())];
  const chain = { prompt: [1, 2], steps: [[3, 5], [4], [2, 6, 1]], answerPrefix: [5, 3], answer: [2] };
  for (const mode of ["mask", "mean"] as const) {
    const request: ChainGameRequest = {
      ...{ chain, mode, fillerId: 1, value: "logProb", estimator: "exact" },
      ...{ budget: 0, seed: 0, matrix: true },
    };
    const [here, there] = await Promise.all(
      models.map((model) => chainGame(model, request, NEVER_CANCELLED)),
    );
    here!.phi.values.forEach((value, i) =>
      expect(Math.abs(value - there!.phi.values[i]!)).toBeLessThan(1e-4),
    );
    here!.matrix!.phi.forEach((value, i) =>
      expect(Math.abs(value - there!.matrix!.phi[i]!)).toBeLessThan(1e-4),
    );
    expect(here!.evaluatedTokens).toBe(there!.evaluatedTokens);
  }
});

it("writes the same steps as the CPU device", async () => {
  const request = { chain: CHAIN, samples: 6, seed: 5, temperature: 0.8, topP: 0.95 };
  const written = await resampleSteps(gpu, request, NEVER_CANCELLED);
  expect(written).toEqual(await resampleSteps(cpu, request, NEVER_CANCELLED));
});
