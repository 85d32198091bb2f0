import { beforeAll, describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { GradientRequest, Scalar, ScalarTerm } from "../../../protocol/gradients/gradients";
import type { Intervention } from "../../../protocol/interventions";
import { counted } from "../../device/countedDevice";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { noise } from "../../../random/noise";
import { loadChanged, openFolder } from "../../models/golden.samples";
import { loadModel } from "../../models/loading/loadModel";
import { sitesOf, type Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { run } from "../pass/runRows";
import { gradients } from "./gradients";
import { expectSlope } from "./slopes.samples";

const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];
const OTHER = [7, 7, 2, 0, 11];
const LAST: ScalarTerm = { kind: "logProb", row: 0, position: 7, target: 3 };

let device: Device;
let model: Model;
beforeAll(async () => {
  device = await createCpuDevice();
  model = randomGpt2(device);
});

const ask = (given: Partial<GradientRequest>) =>
  gradients(model, {
    rows: [{ tokens: TOKENS }],
    scalars: [[LAST]],
    sites: ["blocks.0.resid_pre"],
    ...given,
  });

const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The same device with smaller buffers. */
const limited = (whole: Device, maxBufferBytes: number): Device =>
  new Proxy(whole, {
    get(target, key) {
      if (key === "limits") return { ...whole.limits, maxBufferBytes };
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

/** To 5e-6 of the largest entry: sums of f32 in another order. */
function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  const bound = 5e-6 * largest(expected);
  for (let i = 0; i < actual.length; i++) expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThan(bound);
}

describe("scalars", () => {
  it("has the value that a run gives, and at the logits its gradient by hand", async () => {
    const { values, gradients: found } = await ask({ sites: ["logits"] });
    const { scores, captures } = await run(model, {
      rows: [{ tokens: TOKENS }],
      score: [{ row: 0, position: 7, target: 3 }],
      capture: ["logits"],
    });
    expect(values[0]).toBe(scores[0]);
    const logits = [...captures[0]!.data.slice(7 * 13)];
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    const { data, shape } = found[0]!;
    expect(shape).toEqual([8, 13]);
    expect(largest(data.slice(0, 7 * 13))).toBe(0);
    logits.forEach((logit, c) =>
      expect(data[7 * 13 + c]).toBeCloseTo((c === 3 ? 1 : 0) - Math.exp(logit) / total, 6),
    );
  });

  const base = noise(13, 7, 2);
  const terms: [string, Scalar][] = [
    [
      "a logit difference",
      [
        { ...LAST, kind: "logit" },
        { ...LAST, kind: "logit", target: 9, weight: -1 },
      ],
    ],
    ["a cross-entropy", [1, 4, 6].map((position) => ({ ...LAST, position, weight: -1 / 3 }))],
    ["a divergence", [{ kind: "kl", row: 0, position: 5, base, weight: 2 }]],
    [
      "an expected value",
      [
        {
          kind: "expected",
          row: 0,
          position: 7,
          answers: [1, 4, 9].map((target, i) => ({ target, value: i * i })),
        },
      ],
    ],
    [
      "a direction at a site",
      [{ kind: "site", site: "blocks.1.resid_mid", row: 0, position: 6, values: noise(8, 3) }],
    ],
    [
      "heads",
      [{ kind: "site", site: "blocks.1.attn.k", row: 0, position: 2, values: noise(8, 4), weight: -2 }],
    ],
    [
      "the final norm",
      [{ kind: "site", site: "ln_final.normalized", row: 0, position: 3, values: noise(8, 5) }],
    ],
    ["logits as a site", [{ kind: "site", site: "logits", row: 0, position: 3, values: noise(13, 6) }, LAST]],
  ];

  it.each(terms)("%s has its slope and its value", async (_, scalar) => {
    await expectSlope(model, { rows: [{ tokens: TOKENS }], scalars: [scalar] }, "blocks.0.resid_mid");
  });

  it("reads values at sites and divergences as they are", async () => {
    const scalars = terms.map(([, scalar]) => scalar);
    const { values } = await ask({ scalars });
    const sites = ["logits", "blocks.1.resid_mid", "blocks.1.attn.k", "ln_final.normalized"];
    const { captures } = await run(model, { rows: [{ tokens: TOKENS }], capture: sites });
    const at = (site: string, position: number, width: number) =>
      captures.find((capture) => capture.site === site)!.data.slice(position * width, (position + 1) * width);
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    const shares = (logits: Float32Array) => {
      const powers = [...logits].map(Math.exp);
      return powers.map((power) => power / powers.reduce((a, b) => a + b));
    };
    const [p, q] = [shares(base), shares(at("logits", 5, 13))];
    expect(values[2]).toBeCloseTo(
      2 * p.reduce((sum, share, i) => sum + share * Math.log(share / q[i]!), 0),
      5,
    );
    const odds = shares(at("logits", 7, 13));
    expect(values[3]).toBeCloseTo((odds[4]! + 4 * odds[9]!) / (odds[1]! + odds[4]! + odds[9]!), 5);
    expect(values[4]).toBeCloseTo(dot(at("blocks.1.resid_mid", 6, 8), noise(8, 3)), 5);
    expect(values[5]).toBeCloseTo(-2 * dot(at("blocks.1.attn.k", 2, 8), noise(8, 4)), 5);
    expect(values[6]).toBeCloseTo(dot(at("ln_final.normalized", 3, 8), noise(8, 5)), 5);
  });

  it.each(["embed", "blocks.0.mlp_out", "blocks.1.attn.v"])(
    "reads a scalar at %s, which no site above changes",
    async (site) => {
      const scalars: Scalar[] = [[{ kind: "site", site, row: 0, position: 4, values: noise(8, 3) }]];
      const { values, alarms } = await ask({ scalars, sites: ["ln_final.scale", "blocks.1.resid_mid"] });
      const { captures } = await run(model, { rows: [{ tokens: TOKENS }], capture: [site] });
      const dot = noise(8, 3).reduce((sum, value, i) => sum + value * captures[0]!.data[4 * 8 + i]!, 0);
      expect(values[0]).toBeCloseTo(dot, 5);
      expect(alarms.map(({ kind, site: at }) => [kind, at])).toEqual([
        ["allZero", "ln_final.scale"],
        ["allZero", "blocks.1.resid_mid"],
      ]);
      const shortformer = await loadChanged(await openFolder("tl_shortformer"));
      const read = await gradients(shortformer, {
        rows: [{ tokens: TOKENS }],
        scalars: [
          [{ kind: "site", site: "pos_embed", row: 0, position: 1, values: new Float32Array(20).fill(1) }],
        ],
        sites: ["pos_embed"],
      });
      expect([...read.gradients[0]!.data.slice(20, 40)]).toEqual(new Array(20).fill(1));
    },
  );

  it("gives several scalars in one pass what each gets alone", async () => {
    const scalars = terms.map(([, scalar]) => scalar);
    const sites = sitesOf(model).filter((site) => site.startsWith("blocks.0"));
    const together = await ask({ scalars, sites });
    for (const [index, scalar] of scalars.entries()) {
      const alone = await ask({ scalars: [scalar], sites });
      expect(together.values[index]).toBeCloseTo(alone.values[0]!, 6);
      const own = together.gradients.filter((gradient) => gradient.scalar === index);
      expect(own.map(({ site }) => site)).toEqual(sites);
      own.forEach(({ data, shape }, i) => {
        expect(shape).toEqual(alone.gradients[i]!.shape);
        expectClose(data, alone.gradients[i]!.data);
      });
    }
  });

  it("goes back several times where scalars do not fit together, and takes the head in pieces", async () => {
    const small = randomGpt2(limited(device, 4 * 8 * 32 * 3));
    const scalars = terms.map(([, scalar]) => scalar);
    const request = { rows: [{ tokens: TOKENS }], scalars, sites: sitesOf(model) };
    const [pieces, whole] = [await gradients(small, request), await gradients(model, request)];
    pieces.values.forEach((value, i) => expect(value).toBeCloseTo(whole.values[i]!, 6));
    pieces.gradients.forEach(({ data }, i) => {
      const expected = whole.gradients[i]!.data;
      if (largest(expected) > 0) expectClose(data, expected);
      else expect(largest(data)).toBe(0);
    });
  });
});

describe("weights", () => {
  it.each(["f32", "f16", "q8"] as const)(
    "in %s and in chunks, have the gradients of what they are",
    async (precision) => {
      const files = await openFolder("llama");
      const rows = [{ tokens: TOKENS }];
      const open = async (on: Device) => (await loadModel(on, files, precision, NEVER_CANCELLED)).model;
      const whole = await open(await createCpuDevice());
      for (const site of ["embed", "blocks.1.resid_mid"])
        await expectSlope(whole, { rows, scalars: [[LAST]] }, site);
      const split = await open(limited(await createCpuDevice(), 600));
      expect(split.weights.matrix("unembed.weight").chunks.length).toBeGreaterThan(1);
      const request = { rows, scalars: [[LAST]], sites: sitesOf(whole) };
      const [a, b] = [await gradients(whole, request), await gradients(split, request)];
      b.gradients.forEach(({ data }, i) => expectClose(data, a.gradients[i]!.data));
    },
  );
});

describe("rows", () => {
  it("gives each row of a batch what it gets alone, for one scalar that sums over them", async () => {
    const rows = [{ tokens: TOKENS }, { tokens: OTHER, startPosition: 2 }];
    const second: ScalarTerm = { kind: "logProb", row: 1, position: 6, target: 5, weight: 2 };
    const sites = sitesOf(model).filter((site) => !/ln_final|logits/.test(site));
    const together = await ask({ rows, scalars: [[LAST, second]], sites });
    const alone = [
      await ask({ sites }),
      await ask({ rows: rows.slice(1), scalars: [[{ ...second, row: 0 }]], sites }),
    ];
    expect(together.values[0]).toBeCloseTo(alone[0]!.values[0]! + alone[1]!.values[0]!, 5);
    for (const [row, { gradients: expected }] of alone.entries()) {
      const own = together.gradients.filter((gradient) => gradient.row === row);
      own.forEach(({ data, shape, site }, i) => {
        expect([site, shape]).toEqual([expected[i]!.site, expected[i]!.shape]);
        expectClose(data, expected[i]!.data);
      });
    }
  });

  it("sends nothing back through a hidden key", async () => {
    const rows = [{ tokens: TOKENS, hiddenPositions: [2] }];
    const { gradients: found } = await ask({
      rows,
      sites: ["blocks.0.attn.v", "blocks.0.attn.pattern", "embed"],
    });
    expect(largest(found[0]!.data.slice(16, 24))).toBe(0);
    expect(largest(found[2]!.data.slice(16, 24))).toBe(0);
    const pattern = found[1]!.data;
    for (let query = 3; query < 8; query++) expect(pattern[query * 8 + 2]).toBe(0);
    await expectSlope(model, { rows, scalars: [[LAST]] }, "embed");
  });
});

describe("edits", () => {
  const affine = (site: string, keep: number, more: Partial<Intervention> = {}): Intervention =>
    ({ kind: "affine", site, keep, ...more }) as Intervention;
  const edits: [string, Intervention[]][] = [
    ["scaling", [affine("blocks.1.mlp_out", 0.3, { positions: [5, 6, 7] } as never)]],
    ["neurons", [affine("blocks.0.mlp.post", 0, { dims: [1, 2, 9], values: noise(32, 2) } as never)]],
    [
      "a fused query",
      [
        affine("blocks.1.attn.q", 1, { heads: [1], values: noise(8, 3) } as never),
        affine("blocks.1.attn.v", -1),
      ],
    ],
    ["a norm's scale", [affine("blocks.1.ln2.scale", 1.5), affine("ln_final.scale", 0.5)]],
    ["a knock-out", [{ kind: "knockOut", layer: 1, heads: [0], queries: [7], keys: [2, 3] }]],
    [
      "a mask",
      [{ kind: "mask", layer: 0, pairs: [{ queries: [4, 7], keys: "self" }], op: "only", empty: "zeros" }],
    ],
    [
      "scores",
      [
        { kind: "score", layer: 1, pairs: [{ queries: [7] }], op: "add", value: 2 },
        affine("blocks.1.attn.scores", 0.5),
      ],
    ],
    ["a pattern", [affine("blocks.1.attn.pattern", 2, { heads: [1] } as never)]],
    ["the stream", [affine("blocks.1.resid_pre", 0.5, { values: noise(8, 4) } as never)]],
  ];

  it.each(edits)("%s: gradients are those of the edited model", async (_, interventions) => {
    const request = { rows: [{ tokens: TOKENS, interventions }], scalars: [[LAST]] };
    for (const site of ["embed", "blocks.0.attn.v", "blocks.0.resid_mid"])
      await expectSlope(model, request, site);
  });

  it("reads a site's gradient behind its edits, and lets none pass what was replaced", async () => {
    const values = noise(8, 4);
    const interventions = [affine("blocks.1.resid_pre", 0, { values } as never)];
    const request = { rows: [{ tokens: TOKENS, interventions }], scalars: [[LAST]] };
    await expectSlope(model, request, "blocks.1.resid_pre", { last: true });
    const { alarms, gradients: found } = await ask({ ...request, sites: ["embed", "blocks.1.resid_pre"] });
    expect(alarms).toEqual([{ kind: "allZero", scalar: 0, site: "embed" }]);
    expect(largest(found[1]!.data)).toBeGreaterThan(0.01);
  });
});

describe("what is held constant", () => {
  it.each(["gpt2", "llama", "gemma2"])("%s: is the gradient of the model made linear", async (folder) => {
    const linear = folder === "gpt2" ? model : await loadChanged(await openFolder(folder));
    const tokens = TOKENS;
    const [patterns, scales] = [/attn\.pattern$/, /\.scale$/].map((name) =>
      sitesOf(linear).filter((site) => name.test(site)),
    ) as [string[], string[]];
    const { captures } = await run(linear, { rows: [{ tokens }], capture: [...patterns, ...scales] });
    const held = (sites: readonly string[]): Intervention[] =>
      captures
        .filter(({ site }) => sites.includes(site))
        .map(({ site, data, shape }) => {
          const [heads = 0, queries = 0, keys = 0] = shape;
          const rows = site.endsWith("pattern")
            ? Float32Array.from(data, (_, i) => {
                const [q, h, k] = [Math.floor(i / (heads * keys)), Math.floor(i / keys) % heads, i % keys];
                return data[(h * queries + q) * keys + k]!;
              })
            : Float32Array.from(data);
          return { kind: "affine", site, keep: 0, values: rows, valuePositions: tokens.map((_, i) => i) };
        });
    const sites = ["embed", "blocks.0.attn.v", "blocks.1.resid_pre"];
    for (const frozen of [["patterns"], ["scales"], ["patterns", "scales"]] as const) {
      const interventions = [
        ...held(frozen.some((part) => part === "patterns") ? patterns : []),
        ...held(frozen.some((part) => part === "scales") ? scales : []),
      ];
      const request = { scalars: [[LAST]], sites };
      const made = await gradients(linear, { ...request, rows: [{ tokens, interventions }] });
      const found = await gradients(linear, { ...request, rows: [{ tokens }], frozen });
      expect(found.frozen).toEqual(frozen);
      const free = await gradients(linear, { ...request, rows: [{ tokens }] });
      found.gradients.forEach(({ data }, i) => {
        const bound = 1e-5 * largest(made.gradients[i]!.data);
        data.forEach((value, n) => expect(Math.abs(value - made.gradients[i]!.data[n]!)).toBeLessThan(bound));
        expect(largest(data.map((value, n) => value - free.gradients[i]!.data[n]!))).toBeGreaterThan(
          100 * bound,
        );
      });
      await expectSlope(linear, { ...request, rows: [{ tokens, interventions }] }, "embed");
    }
  });
});

describe("identities", () => {
  it("gives the parts of a sum the gradient of the sum", async () => {
    const sites = ["resid_mid", "mlp_out", "resid_post"].map((name) => `blocks.1.${name}`);
    const { gradients: found } = await ask({ sites });
    expect(found[1]!.data).toEqual(found[2]!.data);
    // The stream goes through the MLP too.
    expect(found[0]!.data).not.toEqual(found[2]!.data);
  });

  it("has integrated gradients complete to 1e-3 at 64 steps", async () => {
    const { captures } = await run(model, { rows: [{ tokens: TOKENS }], capture: ["embed"] });
    const embed = captures[0]!.data;
    const rows = Array.from({ length: 64 }, (_, step) => {
      const values = embed.map((value) => ((step + 0.5) / 64) * value);
      const valuePositions = TOKENS.map((_, i) => i);
      const change: Intervention = {
        kind: "affine",
        site: "embed",
        keep: 0,
        values: Float32Array.from(values),
        valuePositions,
      };
      return { tokens: TOKENS, interventions: [change] };
    });
    const scalars = [rows.map((_, row): ScalarTerm => ({ ...LAST, row, weight: 1 / 64 }))];
    const { gradients: found } = await ask({ rows, scalars, sites: ["embed"] });
    const total = found.reduce(
      (sum, { data }) => sum + data.reduce((own, value, i) => own + value * embed[i]!, 0),
      0,
    );
    const zero: Intervention = { kind: "affine", site: "embed", keep: 0 };
    const ends = await ask({
      rows: [{ tokens: TOKENS }, { tokens: TOKENS, interventions: [zero] }],
      scalars: [[LAST], [{ ...LAST, row: 1 }]],
    });
    expect(Math.abs(total - (ends.values[0]! - ends.values[1]!))).toBeLessThan(1e-3);
  });
});

describe("memory", () => {
  it("gives everything back: the same gradient again makes no buffer", async () => {
    const request = { sites: sitesOf(model), scalars: [[LAST], [{ ...LAST, target: 5 }]] };
    await ask(request);
    const before = device.counters.buffersCreated;
    await ask(request);
    expect(device.counters.buffersCreated).toBe(before);
    expect(model.memory.tape).toBeUndefined();
  });

  it("holds one block's activations at a time: a block more costs its keys, values and two residual streams", async () => {
    const shape = { n_embd: 96, n_head: 4, vocab_size: 50 };
    const tokens = Array.from({ length: 64 }, (_, i) => (i * 7) % 50);
    const peakOf = async (n_layer: number) => {
      const count = counted(await createCpuDevice());
      const deep = randomGpt2(count.device, { ...shape, n_layer });
      count.reset();
      await gradients(deep, {
        ...{ rows: [{ tokens }], sites: ["embed"] },
        scalars: [[{ kind: "logProb", row: 0, position: 63, target: 3 }]],
      });
      return count.peak();
    };
    const [shallow, deep] = [await peakOf(4), await peakOf(12)];
    const stream = 4 * 64 * 96;
    expect((deep - shallow) / 8).toBeLessThanOrEqual(4 * stream);
    // What a block makes is many times that: projections, the MLP, patterns, and their cotangents.
    expect(shallow).toBeGreaterThan(4 * 4 * stream + 20 * stream);
  });

  it("runs nothing that no gradient needs", async () => {
    const dispatches = async (sites: readonly string[]) => {
      const before = device.counters.dispatches;
      await ask({ sites });
      return device.counters.dispatches - before;
    };
    const [top, bottom] = [await dispatches(["blocks.1.resid_post"]), await dispatches(["embed"])];
    const forward = 24;
    expect(top).toBeLessThan(forward + 20);
    expect(bottom).toBeGreaterThan(top + 40);
  });
});

it.each([
  [{ sites: ["blocks.9.resid_pre"] }, /no site blocks\.9/],
  [{ sites: [] }, /needs rows of tokens, scalars and sites/],
  [{ scalars: [[{ ...LAST, position: 8 }]] }, /position 8 was asked of row 0, whose tokens are at 0 to 7/],
  [{ scalars: [[{ ...LAST, row: 1 }]] }, /of row 1/],
  [{ scalars: [[{ ...LAST, target: 13 }]] }, /target 13 was asked; this model knows ids 0 to 12/],
  [
    { scalars: [[{ kind: "kl", row: 0, position: 1, base: new Float32Array(3) }]] },
    /has 3 numbers, expected 13/,
  ],
  [{ scalars: [[{ kind: "expected", row: 0, position: 1, answers: [] }]] }, /needs answers/],
  [
    {
      scalars: [
        [{ kind: "site", site: "blocks.0.attn.pattern", row: 0, position: 1, values: new Float32Array(3) }],
      ],
    },
    /has keys, not columns/,
  ],
  [{ rows: [{ tokens: [1, 99] }] }, /token id 99/],
] as [Partial<GradientRequest>, RegExp][])("refuses what makes no sense: %j", async (request, message) => {
  await expect(ask(request)).rejects.toThrow(message);
});
