/** Probes against closed forms, brute force and plain gradient descent. */
import { describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { noise } from "../../../random/noise";
import { evaluatedSae } from "../../interp/sae/evaluatedSae.samples";
import { readCodes } from "../../interp/sae/latentReads";
import { NO_LATENT } from "../../../protocol/sae/features";
import { run } from "../../interp/pass/runRows";
import { probes, probesFrom } from "./probes";
import { fitLinear } from "./linear";
import { probeScore } from "./score";
import { bestColumns, channelColumns, latentColumns } from "./search";
import { entropy, fitSingle, labelLoss, monotoneBound, type Column } from "./single";
import { splitLabels } from "./split";

const dense = (values: number[], labels: number[]): Column => ({
  values: Float64Array.from(values),
  labels: Uint8Array.from(labels),
  zeros: { n: 0, positives: 0 },
});

/** Labels that follow a noisy sum of the first two numbers of each row. */
function randomData(rows: number, width: number, seed: number) {
  const x = noise(rows * width, seed, 2);
  const luck = noise(rows, seed + 1, 2);
  const labels = Uint8Array.from(luck, (value, r) =>
    x[r * width]! - 0.5 * x[r * width + 1]! + value > 0 ? 1 : 0,
  );
  return { x, labels, rows: Array.from({ length: rows }, (_, r) => r) };
}

describe("one number", () => {
  it("reaches the conditional entropy of a value that is there or not", () => {
    // 3 of 4 with it are positive, 2 of 6 without.
    const column = {
      ...{ values: Float64Array.of(2, 2, 2, 2), labels: Uint8Array.of(1, 1, 0, 1) },
      zeros: { n: 6, positives: 2 },
    };
    const fit = fitSingle(column, 1e-12);
    expect(fit.loss).toBeCloseTo((entropy(4, 3) + entropy(6, 2)) / 10, 10);
    expect(fit.bias).toBeCloseTo(Math.log(2 / 4), 6);
    expect(fit.weight).toBeCloseTo((Math.log(3) - Math.log(0.5)) / 2, 6);
    expect(monotoneBound(column)).toBeCloseTo(fit.loss, 10);
  });

  it("is where the gradient is 0, ridge included", () => {
    const { x, labels } = randomData(60, 1, 5);
    const ridge = 0.01;
    const { weight, bias, loss } = fitSingle(dense([...x], [...labels]), ridge);
    const mean = x.reduce((a, b) => a + b, 0) / 60;
    const std = Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / 60);
    let [gw, gb, sum] = [0, 0, 0];
    for (const [i, value] of x.entries()) {
      const logit = weight * value + bias;
      const error = 1 / (1 + Math.exp(-logit)) - labels[i]!;
      gw += (error * (value - mean)) / std / 60;
      gb += error / 60;
      sum -= Math.log(labels[i] ? 1 / (1 + Math.exp(-logit)) : 1 / (1 + Math.exp(logit))) / 60;
    }
    expect(gw + ridge * weight * std).toBeCloseTo(0, 8);
    expect(gb).toBeCloseTo(0, 8);
    expect(loss).toBeCloseTo(sum, 12);
  });

  it("counts zeros as a group, to the same result", () => {
    const values = [0, 3, 0, 0, 1, 0, 2, 0];
    const labels = [0, 1, 0, 1, 0, 0, 1, 0];
    const kept = [1, 4, 6];
    const grouped: Column = {
      values: Float64Array.from(kept, (i) => values[i]!),
      labels: Uint8Array.from(kept, (i) => labels[i]!),
      zeros: { n: 5, positives: 1 },
    };
    const [a, b] = [fitSingle(dense(values, labels), 1e-4), fitSingle(grouped, 1e-4)];
    expect(a.loss).toBeCloseTo(b.loss, 12);
    expect(a.weight).toBeCloseTo(b.weight, 8);
    expect(monotoneBound(dense(values, labels))).toBeCloseTo(monotoneBound(grouped), 12);
  });

  it("stays finite where labels are separated, and far from 0", () => {
    const fit = fitSingle(dense([1e4, 1e4 + 1, 1e4 + 2, 1e4 + 3], [0, 0, 1, 1]), 1e-4);
    expect(Number.isFinite(fit.weight)).toBe(true);
    expect(fit.loss).toBeLessThan(0.01);
    expect(fit.weight * (1e4 + 1.5) + fit.bias).toBeCloseTo(0, 3);
    expect(fitSingle(dense([2, 2, 2], [0, 1, 1]), 1e-4)).toMatchObject({ weight: 0 });
    expect(fitSingle(dense([2, 2, 2], [0, 1, 1]), 1e-4).loss).toBeCloseTo(entropy(3, 2) / 3, 12);
  });

  it("is bounded by the best monotone probabilities, found by trying all cuts", () => {
    for (let seed = 0; seed < 30; seed++) {
      const { x, labels } = randomData(7, 1, 40 + seed);
      const order = [...x.keys()].sort((a, b) => x[a]! - x[b]!);
      const sorted = order.map((i) => labels[i]!);
      let best = Infinity;
      // Every way to cut the row into blocks whose shares rise (or fall).
      for (let cuts = 0; cuts < 2 ** 6; cuts++) {
        const blocks: { n: number; positives: number }[] = [];
        sorted.forEach((label, i) => {
          if (i === 0 || (cuts >> (i - 1)) & 1) blocks.push({ n: 0, positives: 0 });
          const block = blocks.at(-1)!;
          block.n++;
          block.positives += label;
        });
        const shares = blocks.map(({ n, positives }) => positives / n);
        const rises = shares.every((share, i) => i === 0 || share >= shares[i - 1]!);
        const falls = shares.every((share, i) => i === 0 || share <= shares[i - 1]!);
        if (!rises && !falls) continue;
        best = Math.min(best, blocks.reduce((sum, { n, positives }) => sum + entropy(n, positives), 0) / 7);
      }
      const column = dense([...x], [...labels]);
      expect(monotoneBound(column)).toBeCloseTo(best, 12);
      if (new Set(labels).size === 2) expect(fitSingle(column, 1e-4).loss).toBeGreaterThan(best - 1e-12);
    }
  });
});

function sparse(x: Float32Array, width: number, keep: number) {
  const rows = x.length / width;
  const ids = new Uint32Array(rows * keep).fill(NO_LATENT);
  const values = new Float32Array(rows * keep);
  const full = new Float32Array(x.length);
  for (let r = 0; r < rows; r++) {
    const line = [...x.subarray(r * width, (r + 1) * width)];
    const top = [...line.keys()].sort((a, b) => line[b]! - line[a]!).slice(0, keep);
    for (const [slot, id] of top.entries()) {
      if (line[id]! <= 0) continue;
      ids[r * keep + slot] = id;
      values[r * keep + slot] = line[id]!;
      full[r * width + id] = line[id]!;
    }
  }
  return { codes: { ids, values, width: keep }, full };
}

it("finds the columns that fitting all of them finds", async () => {
  for (const seed of [1, 2, 3]) {
    const { x, labels, rows } = randomData(80, 50, seed);
    const { codes, full } = sparse(x, 50, 6);
    const train = rows.filter((row) => row % 3 !== 0);
    const all = Array.from({ length: 50 }, (_, index) => ({
      index,
      ...fitSingle(
        dense(
          train.map((row) => full[row * 50 + index]!),
          train.map((row) => labels[row]!),
        ),
        1e-4,
      ),
    })).sort((a, b) => a.loss - b.loss);
    const latents = latentColumns(codes, 50, train, labels);
    const channels = channelColumns(full, 50, train, labels);
    const found = await bestColumns(50, latents, 1e-4, 4, NEVER_CANCELLED);
    expect(found.best.map(({ index }) => index)).toEqual(all.slice(0, 4).map(({ index }) => index));
    found.best.forEach(({ loss }, i) => expect(loss).toBeCloseTo(all[i]!.loss, 10));
    expect(found.fitted).toBeLessThan(50);
    const dense4 = await bestColumns(50, channels, 1e-4, 4, NEVER_CANCELLED);
    expect(dense4.best.map(({ index }) => index)).toEqual(found.best.map(({ index }) => index));
  }
});

describe("all channels", () => {
  it("is the fit on one number where there is one channel", async () => {
    const { x, labels, rows } = randomData(70, 1, 9);
    const one = fitSingle(dense([...x], [...labels]), 1e-3);
    const { weights, bias } = await fitLinear(x, 1, rows, labels, 1e-3, NEVER_CANCELLED);
    expect(weights[0]).toBeCloseTo(one.weight, 5);
    expect(bias).toBeCloseTo(one.bias, 5);
  });

  it("is what gradient descent comes to, with a channel that does not vary", async () => {
    const width = 6;
    const { x, labels, rows } = randomData(40, width, 21);
    for (const row of rows) x[row * width + 5] = 3;
    const ridge = 0.01;
    const fit = await fitLinear(x, width, rows, labels, ridge, NEVER_CANCELLED);
    expect(fit.weights[5]).toBe(0);

    const columns = Array.from({ length: width }, (_, j) => rows.map((row) => x[row * width + j]!));
    const means = columns.map((column) => column.reduce((a, b) => a + b, 0) / 40);
    const stds = columns.map((column, j) =>
      Math.sqrt(column.reduce((a, b) => a + (b - means[j]!) ** 2, 0) / 40),
    );
    const u = columns.map((column, j) =>
      column.map((value) => (stds[j]! > 1e-9 ? (value - means[j]!) / stds[j]! : 0)),
    );
    const w = new Array<number>(width).fill(0);
    let b = 0;
    for (let step = 0; step < 20_000; step++) {
      const errors = rows.map((r) => {
        const logit = w.reduce((sum, value, j) => sum + value * u[j]![r]!, b);
        return 1 / (1 + Math.exp(-logit)) - labels[r]!;
      });
      w.forEach((value, j) => {
        const gradient = errors.reduce((sum, error, r) => sum + error * u[j]![r]!, 0) / 40 + ridge * value;
        w[j] = value - gradient;
      });
      b -= errors.reduce((sum, error) => sum + error, 0) / 40;
    }
    w.slice(0, 5).forEach((value, j) => expect(fit.weights[j]! * stds[j]!).toBeCloseTo(value, 5));
  });

  it("separates what can be separated with more channels than tokens", async () => {
    const { x, labels, rows } = randomData(20, 50, 33);
    const fit = await fitLinear(x, 50, rows, labels, 1e-4, NEVER_CANCELLED);
    rows.forEach((row) => {
      const logit = fit.bias + fit.weights.reduce((sum, w, j) => sum + w * x[row * 50 + j]!, 0);
      expect(labelLoss(logit, labels[row]!)).toBeLessThan(0.05);
    });
  });
});

it("scores by hand", () => {
  const score = probeScore([2, -1, 0.5, -3], [1, 1, 0, 0]);
  expect(score).toMatchObject({ accuracy: 0.5, precision: 0.5, recall: 0.5, f1: 0.5, n: 4, positives: 2 });
  const loss = [Math.exp(-2), Math.exp(1), Math.exp(0.5), Math.exp(-3)].map((x) => Math.log(1 + x));
  expect(score.loss).toBeCloseTo(loss.reduce((a, b) => a + b) / 4, 12);
  expect(labelLoss(800, 0)).toBe(800);
  expect(probeScore([], []).loss).toBeNaN();
});

describe("the split", () => {
  const labels = Array.from({ length: 40 }, (_, i) => ({
    ...{ context: i >> 3, position: i & 7, label: i % 4 === 0 },
  }));
  it("takes the share of each label, the same for the same seed", () => {
    const ask = { testShare: 0.3, splitBy: "token", seed: 3 } as const;
    const { train, test } = splitLabels(labels, ask);
    expect(test.filter((i) => labels[i]!.label)).toHaveLength(3);
    expect(test).toHaveLength(12);
    expect([...train, ...test].sort((a, b) => a - b)).toEqual([...labels.keys()]);
    expect(splitLabels(labels, ask)).toEqual({ train, test });
    expect(splitLabels(labels, { ...ask, seed: 4 }).test).not.toEqual(test);
    expect(splitLabels(labels, { ...ask, testShare: 0 }).test).toEqual([]);
  });
  it("keeps contexts whole", () => {
    const { train, test } = splitLabels(labels, { testShare: 0.4, splitBy: "context", seed: 1 });
    const contexts = (side: readonly number[]) => new Set(side.map((i) => labels[i]!.context));
    expect(contexts(test).size).toBe(2);
    expect([...contexts(train)].filter((context) => contexts(test).has(context))).toEqual([]);
  });
  it("refuses to learn from one label", () => {
    const same = labels.filter(({ label }) => label);
    expect(() => splitLabels(same, { testShare: 0.2, splitBy: "token", seed: 1 })).toThrow(/without it/);
  });
});

it("probes a model, on the numbers of its labelled tokens", async () => {
  const { model, sae } = await evaluatedSae("topk", { scheme: "layerNorm", eps: 1e-5 });
  const contexts = [
    [3, 1, 4, 1, 5, 9, 2],
    [6, 5, 3, 5, 8, 9],
    [7, 9, 3, 2, 3, 8],
  ];
  const labels = contexts
    .flatMap((tokens, context) => tokens.map((token, position) => ({ context, position, label: token < 5 })))
    .reverse();
  const request = {
    ...{ sae: 0, contexts, before: [12], labels, seed: 1, ridge: 1e-4 },
    ...{ testShare: 0.25, splitBy: "token" as const },
  };
  const result = await probes(model, sae, request);

  const rows = contexts.map((tokens) => ({ tokens: [12, ...tokens] }));
  const { captures } = await run(model, { rows, capture: ["blocks.0.resid_post"] });
  const x = Float32Array.from(
    labels.flatMap(({ context, position }) => [
      ...captures[context]!.data.subarray((position + 1) * 8, (position + 2) * 8),
    ]),
  );
  const plain = await probesFrom(
    {
      ...splitLabels(labels, request),
      ...{ codes: await readCodes(model, sae, x), nLatents: 40, x, dIn: 8 },
      labels: Uint8Array.from(labels, ({ label }) => (label ? 1 : 0)),
    },
    1e-4,
  );
  expect(result).toEqual(plain);
  expect(result.base.train.loss).toBeCloseTo(
    entropy(result.base.train.n, result.base.train.positives) / result.base.train.n,
    12,
  );
  expect(result.latent.train.loss).toBeLessThan(result.base.train.loss);
  expect(result.linear.train.loss).toBeLessThan(result.channel.train.loss);
  expect(result.latent.next).toHaveLength(5);

  const bad = { ...request, labels: [{ context: 0, position: 7, label: true }] };
  await expect(probes(model, sae, bad)).rejects.toThrow(/position 7 of context 0/);
  await expect(probes(model, sae, { ...request, ridge: 0 })).rejects.toThrow(/ridge/);
});
