/** Passes over a corpus against plain loops; stopping, going on, batches, and what is refused. */
import { beforeAll, expect, it } from "vitest";
import { VitrineError } from "../../../protocol/errors";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { CorpusInfo } from "../../../protocol/sae/features";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { attachRandom } from "../../interp/sae/attachRandom.samples";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { CorpusStats, corpusLatent, corpusOverview } from "./saeCorpus";
import { BOS, corpusTests, documentsOf, READ, requestOf } from "./saeCorpus.samples";

let device: Device;
beforeAll(async () => {
  device = await createCpuDevice();
});

corpusTests(() => randomGpt2(device));

/** A model of which a batch of the CPU device takes some 300 tokens. */
function wide(): Model {
  const model = randomGpt2(device, { n_embd: 384, n_head: 4 });
  attachRandom(model, 1, READ[0]!);
  attachRandom(model, 2, { kind: "relu", siteIn: "blocks.1.attn.z", nLatents: 64 });
  return model;
}

const seen = async (model: Model, corpus: CorpusStats) => ({
  info: { ...corpus.info(), id: 0, tokensPerSecond: 0 },
  overviews: [corpusOverview(corpus, 1), corpusOverview(corpus, 2)],
  latent: await corpusLatent(model, corpus, { sae: 1, latent: 7 }, NEVER_CANCELLED),
});

/** Lets so many batches through. */
const stopAfter = (batches: number) => ({
  pause: () =>
    batches-- > 0 ? Promise.resolve() : Promise.reject(new VitrineError("Cancelled", "Cancelled.")),
});

it("goes on where it was stopped, and ends as one that never was", async () => {
  const model = wide();
  const request = requestOf(documentsOf(150), [1, 2]);
  const whole = new CorpusStats(1, model, request, BOS);
  const reports: CorpusInfo[] = [];
  await whole.run(model, NEVER_CANCELLED, (partial) => reports.push(partial));
  const corpus = new CorpusStats(2, model, request, BOS);
  for (const batches of [0, 1, 2]) {
    const { tokensDone } = corpus.info();
    const partial: CorpusInfo[] = [];
    const stopped = corpus.run(model, stopAfter(batches), (one) => partial.push(one));
    await expect(stopped).rejects.toMatchObject({ name: "Cancelled" });
    // Its last word is what it has.
    expect(partial.at(-1)).toEqual(corpus.info());
    expect(corpus.info().tokensDone > tokensDone).toBe(batches > 0);
    expect(corpus.isDone).toBe(false);
  }
  const { tokensDone, l0 } = corpus.info();
  expect(l0[0]).toBeCloseTo(5, 0);
  const early = await corpusLatent(model, corpus, { sae: 1, latent: 7 }, NEVER_CANCELLED);
  expect(early.tokens).toBe(tokensDone);
  await corpus.run(model, NEVER_CANCELLED);
  expect(await seen(model, corpus)).toEqual(await seen(model, whole));
});

it("does not run twice at once", async () => {
  const model = wide();
  const corpus = new CorpusStats(1, model, requestOf(documentsOf(3), [1]), BOS);
  const running = corpus.run(model, NEVER_CANCELLED);
  await expect(corpus.run(model, NEVER_CANCELLED)).rejects.toThrow(/already/);
  await running;
});

it("leaves nothing behind on the device", async () => {
  const model = wide();
  const corpus = () => new CorpusStats(1, model, requestOf(documentsOf(40), [1, 2]), BOS);
  await corpus().run(model, NEVER_CANCELLED);
  const { buffersCreated } = device.counters;
  await corpus().run(model, NEVER_CANCELLED);
  expect(device.counters.buffersCreated).toBe(buffersCreated);
});

it("refuses what cannot be read", () => {
  const model = randomGpt2(device);
  attachRandom(model, 1, READ[0]!);
  const request = requestOf(documentsOf(3), [1]);
  const made = (change: Partial<typeof request>) => () =>
    new CorpusStats(1, model, { ...request, ...change }, BOS);
  expect(made({ contextSize: 65 })).toThrow(/reads 64/);
  expect(made({ contextSize: 1 })).toThrow(/from 2/);
  expect(made({ documents: [[BOS], []] })).toThrow(/noise has no tokens/);
  expect(made({ documents: [[1, 13]] })).toThrow(/token id 13/);
  expect(made({ saes: [] })).toThrow(/No autoencoder/);
  expect(made({ saes: [1, 1] })).toThrow(/twice/);
  expect(made({ saes: [2] })).toThrow(/No autoencoder 2/);
  expect(() => corpusOverview(made({})(), 2)).toThrow(/not read with autoencoder 2/);
});
