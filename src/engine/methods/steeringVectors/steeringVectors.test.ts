/** Directions against one run a prompt and plain sums; on a random model and on the shipped one. */
import { beforeAll, describe, expect, it } from "vitest";
import { CancelToken, NEVER_CANCELLED } from "../../../protocol/cancel";
import type { SteeringVectorsRequest, SteeringVectorsResult } from "../../../protocol/steering";
import { LEDGER_VOCABULARY } from "../../../synthetic/ledger/ledger";
import { ledgerContrasts } from "../../../synthetic/ledger/ledgerContrasts";
import { createCpuDevice } from "../../device/cpu";
import { filesFromFolder } from "../../formats/bytes/sourceNode";
import { openModelFiles } from "../../formats/modelFiles";
import { run } from "../../interp/pass/runRows";
import { loadModel } from "../../models/loading/loadModel";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { norm } from "./principal";
import { principalReference } from "./principalReference";
import { splitPairs, steeringVectors } from "./steeringVectors";

const named = (tokens: readonly number[]) => ({ text: tokens.join(" "), tokens });
const PAIRS = ["3 1 4/3 1 5", "2 7 1 8/2 7 1", "9 9/8 8 8 8", "1 2 3 4 5/5 4 3 2 1", "6/7"].map((pair) => {
  const [positive, negative] = pair.split("/").map((text) => named(text.split(" ").map(Number)));
  return { positive: positive!, negative: negative! };
});
const REQUEST: SteeringVectorsRequest = {
  ...{ pairs: PAIRS, site: "resid_post", over: "last", centring: "none" },
  ...{ testShare: 0.4, shuffles: 3, seed: 5 },
};

let model: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice());
});

/** The activation of one prompt in a run of its own. */
async function activation(tokens: readonly number[], site: string, over: "last" | "all") {
  const { captures } = await run(model, { rows: [{ tokens }], capture: [site] });
  const data = captures[0]!.data;
  const width = data.length / tokens.length;
  const rows = tokens.map((_, i) => [...data.subarray(i * width, (i + 1) * width)]);
  const taken = over === "last" ? rows.slice(-1) : rows;
  return taken[0]!.map((_, k) => taken.reduce((sum, row) => sum + row[k]!, 0) / taken.length);
}

describe("steering vectors", () => {
  it.each([
    ["resid_post", "last", "none"],
    ["resid_mid", "all", "mean"],
    ["resid_pre", "all", "none"],
  ] as const)("at %s over %s (centring %s): the plain sums", async (site, over, centring) => {
    const found = await steeringVectors(model, { ...REQUEST, site, over, centring }, NEVER_CANCELLED);
    expect([...found.train, ...found.test].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(found.test).toHaveLength(2);
    expect(found.layers.map(({ layer }) => layer)).toEqual([...Array(model.config.nLayers).keys()]);
    for (const { layer, meanDifference, component, norm: length, explained } of found.layers) {
      const rows: Float64Array[] = [];
      for (const i of found.train) {
        const name = `blocks.${layer}.${site}`;
        const above = await activation(PAIRS[i]!.positive.tokens, name, over);
        const below = await activation(PAIRS[i]!.negative.tokens, name, over);
        rows.push(Float64Array.from(above, (x, k) => x - below[k]!));
      }
      const mean = rows[0]!.map((_, k) => rows.reduce((sum, row) => sum + row[k]!, 0) / rows.length);
      meanDifference.forEach((x, k) => expect(x).toBeCloseTo(mean[k]!, 5));
      expect(length).toBeCloseTo(norm(mean), 5);
      const expected = principalReference(rows, centring);
      const cosine = component.reduce((sum, x, k) => sum + x * expected.direction[k]!, 0);
      expect(Math.abs(cosine)).toBeCloseTo(1, 6);
      expect(explained).toBeCloseTo(expected.explained, 6);
      // More positive prompts lie where it points.
      const votes = rows.map((row) => Math.sign(row.reduce((sum, x, k) => sum + x * component[k]!, 0)));
      expect(votes.reduce((sum, vote) => sum + vote, 0)).toBeGreaterThan(0);
    }
  });

  it("where no pair differs has no direction, and tells nothing", async () => {
    const pairs = PAIRS.map(({ positive }) => ({ positive, negative: positive }));
    const { layers } = await steeringVectors(model, { ...REQUEST, pairs }, NEVER_CANCELLED);
    expect(layers[0]!.norm).toBe(0);
    expect(layers[0]!.separation.meanDifference).toMatchObject({ accuracy: 0.5, auc: 0.5 });
    expect(layers[0]!.component.every((x) => x === 0)).toBe(true);
  });

  it("turns round with the labels", async () => {
    const pairs = PAIRS.map(({ positive, negative }) => ({ positive: negative, negative: positive }));
    const [one, other] = [
      await steeringVectors(model, REQUEST, NEVER_CANCELLED),
      await steeringVectors(model, { ...REQUEST, pairs }, NEVER_CANCELLED),
    ];
    for (const [i, { meanDifference, component }] of one.layers.entries()) {
      other.layers[i]!.meanDifference.forEach((x, k) => expect(x).toBeCloseTo(-meanDifference[k]!, 6));
      other.layers[i]!.component.forEach((x, k) => expect(x).toBeCloseTo(-component[k]!, 6));
    }
  });

  it("refuses what it cannot read, by name", async () => {
    const bad = async (more: Partial<SteeringVectorsRequest>, message: RegExp) =>
      expect(steeringVectors(model, { ...REQUEST, ...more }, NEVER_CANCELLED)).rejects.toThrow(message);
    await bad({ pairs: PAIRS.slice(0, 1) }, /1 pairs; give from 2/);
    await bad(
      { pairs: [...PAIRS, { positive: named([]), negative: named([1]) }] },
      /positive prompt of pair 6/,
    );
    await bad({ pairs: [...PAIRS, { positive: named([1]), negative: named([1e6]) }] }, /names token 1000000/);
    await bad({ site: "mlp_out" as "resid_post" }, /site is mlp_out/);
    await bad({ testShare: 1 }, /testShare is 1/);
    await bad({ shuffles: -1 }, /shuffles is -1/);
  });

  it("that is cancelled keeps the layers that are there", async () => {
    const token = new CancelToken();
    let pauses = 0;
    const pauser = { pause: () => (++pauses === 3 && token.cancel(), token.pause()) };
    let last: SteeringVectorsResult | undefined;
    await expect(steeringVectors(model, REQUEST, pauser, (so) => (last = so))).rejects.toThrow("Cancelled");
    expect(last!.layers).toHaveLength(1);
    expect(last!.done).toBeLessThan(last!.total);
  });
});

it("holds pairs out by the seed, never so many that fewer than two are left", () => {
  expect(splitPairs(10, 0.3, 1)).toEqual(splitPairs(10, 0.3, 1));
  expect(splitPairs(10, 0.3, 1).test).toHaveLength(3);
  expect(splitPairs(10, 0.3, 2)).not.toEqual(splitPairs(10, 0.3, 1));
  expect(splitPairs(3, 0.9, 1).train).toHaveLength(2);
  expect(splitPairs(4, 0, 1).test).toEqual([]);
});

it("of gain against loss tells the verbs of held-out stories in every layer of ledger but the last; shuffled labels do not", async () => {
  const all = await filesFromFolder("static/models/ledger");
  const files = await openModelFiles(all.filter(({ name }) => !name.startsWith("sae/")));
  const ledger = (await loadModel(await createCpuDevice(), files, "auto", NEVER_CANCELLED)).model;
  const read = (text: string) =>
    named(["<s>", ...text.split(" ")].map((one) => LEDGER_VOCABULARY.indexOf(one)));
  // Settings were chosen on seeds from 1; these are others.
  const pairs = ledgerContrasts(1001, 48).map(({ positive, negative }) => ({
    ...{ positive: read(positive), negative: read(negative) },
  }));
  const asked = { ...REQUEST, pairs, testShare: 1 / 3, shuffles: 20, seed: 1 };
  const { layers, test } = await steeringVectors(ledger, asked, NEVER_CANCELLED);
  expect(test).toHaveLength(16);
  // The last block writes what follows the verb, which is a number either way.
  const [, , , last] = layers;
  expect(last!.separation.meanDifference.accuracy).toBeGreaterThan(0.75);
  for (const { separation, shuffled, residual, norm: length, shuffledNorm } of layers.slice(0, 3)) {
    expect(shuffledNorm).toBeLessThan(0.5 * length);
    expect(separation.meanDifference.accuracy).toBe(1);
    expect(separation.component.accuracy).toBe(1);
    expect(shuffled.meanDifference.accuracy).toBeLessThan(0.8);
    expect(residual).toBeLessThan(1e-6);
  }
});
