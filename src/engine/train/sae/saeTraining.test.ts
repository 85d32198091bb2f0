/** Runs of learning on a small model: they get better, repeat, stop, go on, and survive their device. */
import { describe, expect, it, vi } from "vitest";
import { CancelToken, NEVER_CANCELLED } from "../../../protocol/cancel";
import type { SaeSettings, SaeTrainingRequest } from "../../../protocol/sae/training";
import { randomBelow } from "../../../random/lcg";
import { loadChanged, openFolder } from "../../models/golden.samples";
import type { Model } from "../../models/model";
import { SaeTraining } from "./saeTraining";
import { TopKLearner } from "./topKLearner";

const SAE: SaeSettings = {
  ...{ siteIn: "blocks.0.resid_post", siteOut: "blocks.0.resid_post", nLatents: 48, k: 4 },
  ...{ auxK: 8, auxWeight: 1 / 32, deadAfter: 200, seed: 3 },
};
const TRANSCODER = { ...SAE, siteIn: "blocks.1.ln2.normalized", siteOut: "blocks.1.mlp_out", seed: 4 };

function requestOf(given: Partial<SaeTrainingRequest> = {}): SaeTrainingRequest {
  const draw = randomBelow(7);
  const documents = Array.from({ length: 60 }, () => Array.from({ length: 8 + draw(5) }, () => 1 + draw(12)));
  return {
    ...{ name: "noise", documents, contextSize: 12, addBos: false, saes: [SAE, TRANSCODER] },
    ...{ steps: 60, batch: 64, schedule: { rate: 5e-3, warmUp: 5, decay: 0.2 }, clip: 1 },
    ...{ heldOut: 0.1, shuffledTokens: 150, seed: 1 },
    ...given,
  };
}

const openModel = async (): Promise<Model> => loadChanged(await openFolder("tinyGpt2"));

async function whole(model: Model, request: SaeTrainingRequest): Promise<SaeTraining> {
  const training = new SaeTraining(1, model, request, undefined);
  await training.run(model, Infinity, NEVER_CANCELLED);
  return training;
}

const curvesOf = (training: SaeTraining) => training.info().saes;

describe("learning", () => {
  it("reconstructs rows that it never saw better than it began, autoencoder and transcoder", async () => {
    const model = await openModel();
    const training = await whole(model, requestOf({ steps: 150 }));
    for (const { points, heldOut } of curvesOf(training)) {
      expect(points[0]!.loss).toBeGreaterThan(0.3);
      expect(heldOut.at(-1)!.step).toBe(150);
      expect(heldOut.at(-1)!.fvu).toBeLessThan(heldOut[0]!.fvu * 0.8);
      expect(heldOut.at(-1)!.l0).toBeGreaterThan(2);
      expect(heldOut.at(-1)!.l0).toBeLessThanOrEqual(4);
    }
  });

  it("repeats to the bit by its seed, and differs by another", async () => {
    const model = await openModel();
    const [one, two] = [await whole(model, requestOf()), await whole(model, requestOf())];
    expect(curvesOf(two)).toEqual(curvesOf(one));
    expect(await two.trained(0)).toEqual(await one.trained(0));
    const other = await whole(model, requestOf({ seed: 2 }));
    expect(curvesOf(other)[0]!.points.at(-1)!.loss).not.toBe(curvesOf(one)[0]!.points.at(-1)!.loss);
  });

  it("goes on after any step with the same numbers", async () => {
    const model = await openModel();
    const one = await whole(model, requestOf());
    const training = new SaeTraining(1, model, requestOf(), undefined);
    for (const steps of [1, 7, 20, Infinity]) await training.run(model, steps, NEVER_CANCELLED);
    expect(curvesOf(training).map(({ points }) => points)).toEqual(curvesOf(one).map(({ points }) => points));
    expect(await training.trained(1)).toEqual(await one.trained(1));
  });

  it("keeps what was learned when it is cancelled", async () => {
    const model = await openModel();
    const training = new SaeTraining(1, model, requestOf(), undefined);
    const token = new CancelToken();
    let pauses = 0;
    const pauser = {
      pause: () => {
        if (++pauses === 12) token.cancel();
        return token.pause();
      },
    };
    await expect(training.run(model, Infinity, pauser)).rejects.toMatchObject({ name: "Cancelled" });
    const { step } = training.info();
    expect(step).toBeGreaterThanOrEqual(5);
    expect(step).toBeLessThan(60);
    await training.run(model, Infinity, NEVER_CANCELLED);
    expect(await training.trained(0)).toEqual(await (await whole(model, requestOf())).trained(0));
  });

  it("goes on upon another device from what it kept, with the same numbers", async () => {
    const [before, after] = [await openModel(), await openModel()];
    const training = new SaeTraining(1, before, requestOf(), undefined);
    await training.run(before, 17, NEVER_CANCELLED);
    // The device is lost; the same model was loaded again.
    await training.run(after, Infinity, NEVER_CANCELLED);
    const one = await whole(after, requestOf());
    expect(curvesOf(training).map(({ points }) => points)).toEqual(curvesOf(one).map(({ points }) => points));
    expect(await training.trained(0)).toEqual(await one.trained(0));
  });
});

describe("refusals", () => {
  const refusal = async (given: Partial<SaeTrainingRequest>) => {
    const model = await openModel();
    return () => new SaeTraining(1, model, requestOf(given), undefined);
  };

  it.each<[Partial<SaeTrainingRequest>, RegExp]>([
    [{ saes: [] }, /0 autoencoders were asked for/],
    [{ steps: 0.5 }, /0.5 steps were asked for/],
    [{ batch: 5000 }, /fewer than the 5000 of one step; give it more text/],
    [{ documents: [[1, 2, 3]] }, /too little text to keep some of it apart/],
    [{ saes: [{ ...SAE, siteIn: "blocks.9.resid_post" }] }, /no site blocks.9.resid_post/],
    [{ saes: [{ ...SAE, siteIn: "blocks.0.attn.pattern" }] }, /has no row for each token/],
    [{ saes: [{ ...SAE, k: 100 }] }, /100 active latents a token \(k\) were asked for/],
    [{ documents: [[1, 2], [99_999]] }, /99999|99,999/],
    [{ schedule: { rate: NaN, warmUp: 0, decay: 0 } }, /the rate is NaN/],
  ])("%j", async (given, message) => {
    expect(await refusal(given)).toThrow(message);
  });

  it("stops at a number that is not finite, says so, and keeps what was good", async () => {
    const model = await openModel();
    const training = new SaeTraining(1, model, requestOf({ saes: [SAE] }), undefined);
    await training.run(model, 3, NEVER_CANCELLED);
    const good = await training.trained(0);
    const bad = { loss: NaN, dead: 0, gradientLength: 1 };
    vi.spyOn(TopKLearner.prototype, "step").mockResolvedValueOnce(bad);
    await expect(training.run(model, Infinity, NEVER_CANCELLED)).rejects.toThrow(
      /step 4 gave a loss of NaN .* from step 3/,
    );
    expect(training.info().failure).toMatch(/a smaller rate may help/);
    expect(await training.trained(0)).toEqual(good);
    await expect(training.run(model, 1, NEVER_CANCELLED)).rejects.toThrow(/a smaller rate may help/);
  });

  it("refuses activations that never differ", async () => {
    const model = await openModel();
    const documents = Array.from({ length: 30 }, () => new Array<number>(10).fill(1));
    const sae = { ...SAE, siteIn: "embed", siteOut: "embed" };
    const training = new SaeTraining(1, model, requestOf({ saes: [sae], documents }), undefined);
    await expect(training.run(model, 1, NEVER_CANCELLED)).rejects.toThrow(/embed .* the same at every token/);
  });
});
