/** Every program of every library, read by Python itself: syntax, names, header. Its libraries are not here to run it. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Edit, EditKind } from "../../protocol/interventions";
import { EDIT_KINDS } from "../edits/details/index";
import { allSites } from "../../protocol/sites";
import { hookedTransformerRecipe } from "./hookedTransformer";
import { nnsightRecipe } from "./nnsight";
import type { ExpectedNumbers, RecipeRequest, RecipeModel } from "./recipe";
import { transformerLensRecipe } from "./transformerLens";

const hasPython = spawnSync("python3", ["-c", "import tomllib"]).status === 0;

const MODEL: RecipeModel = {
  name: 'a "model" \\ with\nodd characters “é”',
  sha256: "ab".repeat(32),
  architecture: "gpt2",
  precision: "f16",
  ...{ nLayers: 2, nHeads: 4, nKvHeads: 2, dHead: 24 },
  sites: allSites(2),
};
const ARCHITECTURES = ["gpt2", "gpt_neox", "llama", "gemma3_text", "qwen3", "phi", "hooked_transformer"];
const DONOR = { text: 'Ann has\n7 """ # x', tokens: [0, 1, 9, 3] };
const SET = { name: 'two "prompts"\n', prompts: [DONOR, { text: "", tokens: [4, 5] }] };

/** One or more of every kind; a new kind has to be added here. */
const EDITS: Readonly<Record<EditKind, readonly object[]>> = {
  zero: [
    { site: "attn.z", strength: 0.5, heads: [1], positions: { from: 2 } },
    { site: "logits", strength: 1 },
  ],
  mean: [
    { site: "resid_mid", over: SET, by: "token", strength: 1 },
    { site: "mlp.post", over: SET, by: "position", strength: 0.25, dims: [0, 2] },
  ],
  resample: [{ site: "attn.pattern", from: SET, seed: 3, strength: 1 }],
  patch: [
    { site: "resid_pre", from: DONOR, align: "token", strength: 1 },
    { site: "ln1.normalized", from: DONOR, align: "position", strength: 1 },
  ],
  scale: [{ site: "attn.k", factor: -2, layers: [1] }],
  add: [
    { site: "resid_post", coefficient: 2, direction: { kind: "vector", name: "v\n", values: [1, -2e-7] } },
    {
      site: "mlp_out",
      coefficient: 0.1,
      direction: { kind: "difference", plus: DONOR, minus: DONOR, over: "last" },
    },
  ],
  knockOut: [{ layers: [0], queries: [3], keys: [1], heads: [0] }, {}],
  mask: [
    { pairs: [{ queries: [3], keys: [0, 1] }, { keys: "self" }], op: "hide", empty: "zeros", heads: [0] },
    { pairs: [{ queries: { from: 2 }, keys: [] }], op: "only", empty: "uniform", layers: [1] },
  ],
  score: [
    { pairs: [{ queries: [2], keys: { from: 1 } }], op: "set", value: -3.5 },
    { pairs: [{}], op: "add", value: 1e-7, heads: [1] },
  ],
  token: [{ position: 1, token: 8, text: "\n" }],
  freeze: [{ what: "patterns" }, { what: "norms", layers: [0] }],
  latent: [
    { sae: { name: "sae\n", sha256: "cd".repeat(32) }, latents: [1], op: "clamp", amount: 2, error: "kept" },
  ],
};

const edits = EDIT_KINDS.flatMap((kind) =>
  EDITS[kind].map((fields, i) => ({ id: `${kind}${i}`, kind, on: true, ...fields }) as unknown as Edit),
);
const prompt = { tokens: [0, 1, 2, 3, 4, 5], edits };
const EXPECTED: ExpectedNumbers = {
  next: [{ prompt: 0, position: 3, base: new Map([[1, -0.25]]), edited: new Map([[2, -1e-9]]) }],
  sweep: { base: 0.5, cells: [1, NaN, -Infinity] },
  tokens: {
    value: -0.5,
    tokens: { saliency: [1, 2], gradientInput: [NaN, -1e-9], integrated: [0.5, -Infinity] },
  },
};

const change = [
  { kind: "zero" },
  { kind: "mean", over: SET },
  { kind: "resample", from: SET, seed: 2 },
  { kind: "patch", from: DONOR },
] as const;
const axes = [
  { kind: "layerPosition", site: "resid_mid", positions: [0, 1] },
  { kind: "layerHead", site: "attn.v", positions: [1] },
  { kind: "layerSublayer" },
  { kind: "neurons", layer: 1, neurons: [0, 1, 2, 3, 4, 5, 9] },
  { kind: "sites", sites: ["embed", "blocks.0.mlp_out", "ln_final.normalized"] },
] as const;
const metric = [
  { kind: "logitDifference", target: 1, minus: 2 },
  { kind: "logProb", target: 1 },
  { kind: "probability", target: 1 },
  { kind: "kl" },
] as const;

const ASKS: readonly RecipeRequest[] = [
  ...edits.map((edit): RecipeRequest => ({
    kind: "edits",
    prompt: { tokens: prompt.tokens, edits: [edit] },
    position: 3,
  })),
  { kind: "edits", prompt, position: 3 },
  { kind: "edits", prompt: { tokens: [0] }, position: 0 },
  { kind: "capture", prompts: [prompt, { tokens: [1, 2] }], sites: allSites(2) },
  ...axes.map((one, i): RecipeRequest => ({
    kind: "sweep",
    requests: [
      {
        prompt,
        position: 3,
        axes: one,
        change: change[i % change.length]!,
        metric: metric[i % metric.length]!,
      },
    ],
  })),
  ...axes.map((one, i): RecipeRequest => {
    const at = [{ kind: "prompt" }, { kind: "path", steps: 4 }, { kind: "donor" }] as const;
    const from = { kind: "patch", from: DONOR } as const;
    const asked = { prompt, position: 3, axes: one, metric: metric[i % metric.length]! };
    return {
      kind: "firstOrder",
      requests: [{ ...asked, change: i % 3 === 0 ? change[i % change.length]! : from, at: at[i % 3]! }],
    };
  }),
  ...(["midpoint", "trapezoid"] as const).flatMap((rule): RecipeRequest[] =>
    [
      { kind: "zero" as const },
      { kind: "mean" as const },
      { kind: "mean" as const, over: SET },
      { kind: "token" as const, token: 3 },
    ].map((baseline) => ({
      kind: "tokenScores",
      request: {
        ...{ prompt, baseline, steps: 8, rule, fixed: [0] },
        scalar: [
          { kind: "logProb", position: 3, target: 1 },
          { kind: "logit", position: 3, target: 2, weight: -1 },
          { kind: "expected", position: 2, answers: [1, 2].map((target) => ({ target, value: target })) },
        ],
      },
    })),
  ),
];

it.skipIf(!hasPython)("compiles, defines what it names, and carries its dependencies", () => {
  const programs = ARCHITECTURES.flatMap((architecture, i) =>
    // One edit at a time for the first; the whole stack, captures and sweeps for all.
    ASKS.slice(i === 0 ? 0 : edits.length).flatMap((ask) =>
      [transformerLensRecipe, hookedTransformerRecipe, nnsightRecipe].flatMap((write) => [
        write({ ...MODEL, architecture }, ask, EXPECTED) ?? [],
        (i === 0 && write({ ...MODEL, architecture, hub: { id: "a/b", revision: "main" } }, ask)) || [],
      ]),
    ),
  ).flat();
  expect(programs.length).toBeGreaterThan(150);
  const [good = ""] = programs;
  const bad = [`${good}\nif True\n`, `${good}\nprint(undefined_name)\n`, good.replace("==", ">=")];
  const { stdout, stderr } = spawnSync("python3", [join(import.meta.dirname, "checkPython.py")], {
    input: JSON.stringify([...bad, ...programs]),
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  expect(stderr).toBe("");
  const found = JSON.parse(stdout) as (string | null)[];
  expect(found.slice(0, bad.length)).toEqual([
    expect.stringContaining("expected ':'"),
    expect.stringContaining("nothing defines undefined_name"),
    expect.stringContaining("not pinned"),
  ]);
  const wrong = found
    .slice(bad.length)
    .flatMap((problem, i) => (problem === null ? [] : [`${problem}\n${programs[i]}`]));
  expect(wrong.slice(0, 1).join("")).toBe("");
  expect(wrong).toHaveLength(0);
});
