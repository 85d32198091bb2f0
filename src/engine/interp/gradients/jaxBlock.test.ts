import { expect, it } from "vitest";
import { noise } from "../../../random/noise";
import { createCpuDevice } from "../../device/cpu";
import { loadChanged, openFolder } from "../../models/golden.samples";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { blockName } from "../../models/weightMap";
import { run } from "../pass/runRows";
import { gradients } from "./gradients";
import { gpt2Block, jaxBlock, llamaBlock, type JaxBlock, type Named, type Numbers } from "./jaxBlock.samples";

const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];
const LAYER = 1;

/** The weights whose names begin with `prefix`, by the rest of their names. */
async function weightsOf(model: Model, prefix: string): Promise<Named<Numbers>> {
  const { architecture, config, memory, weights } = model;
  const found: Named<Numbers> = {};
  for (const { name, kind, shape } of architecture.weights(config)) {
    if (!name.startsWith(prefix)) continue;
    const owner = kind === "vector" ? weights.vectorIfAny(name) : weights.matrix(name).chunks[0];
    if (owner === undefined) continue;
    const sizeBytes = 4 * shape.reduce((product, n) => product * n, 1);
    const [data] = await memory.device.read([{ buffer: owner.buffer, offsetBytes: 0, sizeBytes }]);
    found[name.slice(prefix.length)] = { shape, data: new Float32Array(data!) };
  }
  return found;
}

/** To 1e-4 of the largest entry. */
function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  const most = Array.from(expected).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  expect(most, what).toBeGreaterThan(0);
  const error = Array.from(expected).reduce(
    (largest, value, i) => Math.max(largest, Math.abs(actual[i]! - value)),
    0,
  );
  expect(error / most, what).toBeLessThan(1e-4);
}

/** What a query sees: later keys have no score and no gradient here, and are masked there. */
function seen(site: string, data: Float32Array, shape: readonly number[]): Float32Array {
  if (site !== "attn.scores" && site !== "attn.pattern") return data;
  const [, queries = 0, keys = 0] = shape;
  return data.filter((_, i) => i % keys <= Math.floor(i / keys) % queries);
}

/** `prefix`: of the names of the block's weights. */
async function expectSame(
  model: Model,
  prefix: string,
  jax: (x: Numbers, direction: Numbers) => Promise<JaxBlock>,
) {
  const rows = [{ tokens: TOKENS }];
  const at = (name: string) => `blocks.${LAYER}.${name}`;
  const { captures } = await run(model, { rows, capture: [at("resid_pre")] });
  const { shape, data: x } = captures[0]!;
  const direction = { shape, data: noise(x.length, 8) };
  const reference = await jax({ shape, data: x }, direction);
  const names = Object.keys(reference.values);
  const sites = names.map(at);
  const width = shape[1]!;
  const scalar = TOKENS.map((_, position) => ({
    ...{ kind: "site" as const, site: at("resid_post"), row: 0, position },
    values: direction.data.slice(position * width, (position + 1) * width),
  }));
  const ours = await run(model, { rows, capture: sites });
  const learnt = Object.keys(reference.byWeight).filter((name) => name !== "frequencies");
  const { gradients: found, weights } = await gradients(model, {
    ...{ rows, scalars: [scalar], sites },
    weights: learnt.map((name) => `${prefix}${name}`),
  });
  for (const [i, name] of names.entries()) {
    const near = (own: Float32Array, { data, shape }: Numbers, what: string) =>
      expectNear(seen(name, own, shape), seen(name, data, shape), `${what} ${name}`);
    near(ours.captures[i]!.data, reference.values[name]!, "value of");
    near(found[i]!.data, reference.bySite[name]!, "gradient by");
  }
  for (const [i, name] of learnt.entries())
    expectNear(weights![i]!.data, reference.byWeight[name]!.data, `gradient by ${name}`);
  return { sites: names.length, weights: learnt.length };
}

it("a block of GPT-2 has the values and gradients that jax-js gives it", async () => {
  const model = randomGpt2(await createCpuDevice());
  const weights = await weightsOf(model, `h.${LAYER}.`);
  const sizes = { heads: 2, kvHeads: 2, dHead: 4, eps: 1e-5 };
  const counts = await expectSame(model, `h.${LAYER}.`, (x, direction) =>
    jaxBlock(gpt2Block, x, weights, direction, sizes),
  );
  expect(counts).toEqual({ sites: 15, weights: 12 });
});

it("a block of Llama has the values and gradients that jax-js gives it", async () => {
  const model = await loadChanged(await openFolder("llama"));
  const { nHeads: heads, nKvHeads: kvHeads, dHead } = model.config;
  const weights = { ...(await weightsOf(model, `${blockName(LAYER)}.`)), ...(await frequencies(model)) };
  const sizes = { heads, kvHeads, dHead, eps: 0.002 };
  const counts = await expectSame(model, `${blockName(LAYER)}.`, (x, direction) =>
    jaxBlock(llamaBlock, x, weights, direction, sizes),
  );
  expect(counts).toEqual({ sites: 18, weights: 9 });
});

async function frequencies(model: Model): Promise<Named<Numbers>> {
  const { data, shape } = (await weightsOf(model, "freq"))["uencies"]!;
  return { frequencies: { data, shape } };
}
