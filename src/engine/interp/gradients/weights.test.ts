/** Gradients by weights, against central differences of the forward pass and against each other. */
import { describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Scalar } from "../../../protocol/gradients/gradients";
import type { Intervention } from "../../../protocol/interventions";
import { noise } from "../../../random/noise";
import { createCpuDevice } from "../../device/cpu";
import { GOLDEN_RUNS, loadChanged, openFolder, readGolden } from "../../models/golden.samples";
import { vocabOut } from "../../models/sizes";
import { loadModel } from "../../models/loading/loadModel";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import type { Matrix, Vector } from "../../ops/weights";
import { run } from "../pass/runRows";
import { gradients } from "./gradients";

const STEPS = [-2, -1, 1, 2] as const;
const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

interface Stored {
  readonly name: string;
  readonly owner: Matrix | Vector;
  readonly data: Float32Array<ArrayBuffer>;
}

const bufferOf = (owner: Matrix | Vector) => ("chunks" in owner ? owner.chunks[0]!.buffer : owner.buffer);

/** Every weight that was learnt, once. */
async function weightsOf(model: Model): Promise<Stored[]> {
  const { architecture, config, memory, weights } = model;
  const found = new Map<object, Stored>();
  for (const { name, kind, shape, values } of architecture.weights(config)) {
    const owner = kind === "vector" ? weights.vectorIfAny(name) : weights.matrix(name);
    const size = shape.reduce((product, n) => product * n, 1);
    if (values || !owner || size === 0 || found.has(owner)) continue;
    const slice = { buffer: bufferOf(owner), offsetBytes: 0, sizeBytes: 4 * size };
    const [data] = await memory.device.read([slice]);
    found.set(owner, { name, owner, data: new Float32Array(data!) });
  }
  return [...found.values()];
}

/** log p of the next tokens of two rows, the second's twice as much, by a run. */
async function value(model: Model, rows: readonly number[][]): Promise<number> {
  const asks = rows.flatMap((tokens, row) =>
    tokens.slice(1).map((target, position) => ({ row, position, target })),
  );
  const { scores } = await run(model, { rows: rows.map((tokens) => ({ tokens })), score: asks });
  return scores.reduce((sum, score, i) => sum + (1 + asks[i]!.row) * score, 0);
}

const scalarOf = (rows: readonly number[][]): Scalar =>
  rows.flatMap((tokens, row) =>
    tokens
      .slice(1)
      .map((target, position) => ({ kind: "logProb" as const, row, position, target, weight: 1 + row })),
  );

/** The slope (fourth order) along a direction of some weights, which are left as they were. */
async function slope(model: Model, along: readonly Stored[], rows: readonly number[][], h: number) {
  const { device } = model.memory;
  const values: number[] = [];
  for (const step of [...STEPS, 0]) {
    for (const [i, { owner, data }] of along.entries()) {
      const direction = noise(data.length, 70 + i);
      device.write(
        bufferOf(owner),
        data.map((weight, j) => weight + step * h * direction[j]!),
      );
    }
    if (step !== 0) values.push(await value(model, rows));
  }
  const [a, b, c, d] = values;
  return (8 * (c! - b!) - (d! - a!)) / (12 * h);
}

async function byWeight(model: Model, names: readonly string[], rows: readonly number[][]) {
  const { weights, values, alarms } = await gradients(model, {
    ...{ rows: rows.map((tokens) => ({ tokens })), scalars: [scalarOf(rows)], sites: [] },
    weights: names,
  });
  return { found: weights!, value: values[0]!, alarms };
}

const along = (data: Float32Array, i: number) => {
  const direction = noise(data.length, 70 + i);
  return data.reduce((sum, one, j) => sum + one * direction[j]!, 0);
};

describe.each(["tinyGpt2", "llama", "qwen3", "bloom", "starcoder2"])("every weight of %s", (folder) => {
  it("has its slope", async () => {
    const model = await loadChanged(await openFolder(folder));
    const rows = [
      [1, 5, 2, 7, 5, 3],
      [4, 4, 9],
    ];
    const weights = await weightsOf(model);
    const {
      found,
      value: own,
      alarms,
    } = await byWeight(
      model,
      weights.map(({ name }) => name),
      rows,
    );
    expect(own).toBeCloseTo(await value(model, rows), 4);
    expect(alarms).toEqual([]);
    for (const [i, weight] of weights.entries()) {
      const { name, data } = found[i]!;
      expect(data.length, name).toBe(weight.data.length);
      const length = Math.sqrt(data.reduce((sum, one) => sum + one * one, 0));
      const difference = await slope(model, [weight], rows, 0.01);
      // Both sides of a softmax get what a key's bias adds: its gradient is rounding.
      const bound = /\bk\.bias$/.test(name) ? 1e-3 : 4e-3 * length + 1e-4;
      expect(Math.abs(difference - along(data, 0)), name).toBeLessThan(bound);
    }
  });
});

it.each(GOLDEN_RUNS)("all weights together have their slope: %s %j", async (folder, change, recording) => {
  const model = await loadChanged(await openFolder(folder), change);
  const { tokens } = await readGolden(folder, recording ?? "golden.safetensors");
  const rows = [tokens.slice(0, 12).map((token) => token % vocabOut(model.config))];
  const weights = await weightsOf(model);
  const { found } = await byWeight(
    model,
    weights.map(({ name }) => name),
    rows,
  );
  const own = found.map(({ data }, i) => along(data, i));
  const difference = await slope(model, weights, rows, 0.0005);
  const size = Math.sqrt(own.reduce((sum, one) => sum + one * one, 0));
  const sum = own.reduce((all, one) => all + one, 0);
  expect(Math.abs(difference - sum) / size).toBeLessThan(1e-2);
});

it("is in f32 however weights are stored", async () => {
  const files = await openFolder("tinyGpt2");
  const device = await createCpuDevice();
  const rows = [[1, 5, 2, 7, 5, 3]];
  const by = async (precision: "f32" | "f16" | "q8") => {
    const { model } = await loadModel(device, files, precision, NEVER_CANCELLED);
    const names = (await weightsOf(model)).map(({ name }) => name);
    return (await byWeight(model, names, rows)).found;
  };
  const [whole, half, byte] = [await by("f32"), await by("f16"), await by("q8")];
  for (const [i, { name, data }] of whole.entries()) {
    if (/c_attn\.bias$/.test(name)) continue;
    for (const [other, bound] of [
      [half, 0.01],
      [byte, 0.2],
    ] as const) {
      const apart = other[i]!.data.map((one, j) => one - data[j]!);
      expect(largest(apart) / largest(data), name).toBeLessThan(bound);
    }
  }
});

describe("what is not wanted", () => {
  const tokens = [3, 1, 4, 1, 5];
  const last: Scalar = [{ kind: "logProb", row: 0, position: 4, target: 3 }];

  it("costs nothing, and leaves gradients of sites bit for bit as they are", async () => {
    const model = randomGpt2(await createCpuDevice());
    const { counters } = model.memory.device;
    const dispatches = async (weights: readonly string[]) => {
      const before = counters.dispatches;
      const sites = ["blocks.1.resid_pre"];
      const { gradients: found } = await gradients(model, {
        ...{ rows: [{ tokens }], scalars: [last], sites },
        ...(weights.length > 0 && { weights }),
      });
      return { count: counters.dispatches - before, data: found[0]!.data };
    };
    await dispatches([]);
    const [none, one] = [await dispatches([]), await dispatches(["h.1.mlp.c_fc.weight"])];
    expect(one.count).toBe(none.count + 1);
    expect(one.data).toEqual(none.data);
  });

  it("is another scalar's, and rows add up", async () => {
    const model = randomGpt2(await createCpuDevice());
    const names = ["wte.weight", "wpe.weight", "h.0.attn.c_attn.bias", "ln_f.weight"];
    const rows = [{ tokens }, { tokens: [7, 7, 2, 0, 11] }];
    const of = (row: number): Scalar => last.map((term) => ({ ...term, row }));
    const { weights } = await gradients(model, {
      ...{ rows, sites: [], weights: names },
      scalars: [of(0), of(1), [...of(0), ...of(1)]],
    });
    for (const [i, name] of names.entries()) {
      const [a, b, both] = [0, 1, 2].map((scalar) => weights![scalar * names.length + i]!);
      expect([a!.name, b!.scalar, both!.scalar]).toEqual([name, 1, 2]);
      const apart = both!.data.map((one, j) => one - a!.data[j]! - b!.data[j]!);
      expect(largest(apart)).toBeLessThan(1e-5 * largest(both!.data));
    }
  });

  it("under an edit is what reaches the scalar through what is left", async () => {
    const model = randomGpt2(await createCpuDevice());
    const cut: Intervention = { kind: "affine", site: "blocks.1.mlp.post", keep: 0 };
    const { weights, alarms } = await gradients(model, {
      ...{ rows: [{ tokens, interventions: [cut] }], scalars: [last], sites: [] },
      weights: ["h.1.mlp.c_fc.weight", "h.1.mlp.c_proj.weight", "h.1.mlp.c_proj.bias", "h.0.mlp.c_fc.weight"],
    });
    const sizes = weights!.map(({ data }) => largest(data));
    expect(sizes.map((size) => size > 0)).toEqual([false, false, true, true]);
    expect(alarms.map(({ kind, site }) => [kind, site])).toEqual([
      ["allZero", "h.1.mlp.c_fc.weight"],
      ["allZero", "h.1.mlp.c_proj.weight"],
    ]);
  });

  it("is named, where there is no such weight", async () => {
    const model = randomGpt2(await createCpuDevice());
    const ask = gradients(model, {
      ...{ rows: [{ tokens }], scalars: [last], sites: [], weights: ["h.7.mlp.c_fc.weight"] },
    });
    await expect(ask).rejects.toThrow(/no weight h\.7\.mlp\.c_fc\.weight.*wte\.weight/);
  });
});
