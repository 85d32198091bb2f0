/**
 * What gradients cost (L1, L2, L6): the gradient of one log-probability to every residual stream beside the bare forward pass that
 * scores the same token, and beside the sweep that it stands for.
 *
 *   npm run --silent headless -- --entry bench/gradients.ts [--device cpu|webgpu] [--rounds 7] [--small] [--sweep]
 *
 * L1  gradient ÷ bare forward, GPT-2-shaped 4 × 96 and 12 × 768, 128 tokens, in turns in one process
 * L2  exact sweep of layer × position (a patch from another prompt) ÷ the same cells to first order (the gradient, and the two
 *     prompts' residual streams), 32 tokens; once each. The weights are random: how good the estimate is, is no question here
 * L6  the most that is allocated at one time while the gradient is taken, weights apart, and the largest buffer
 */
import { NEVER_CANCELLED } from "../src/protocol/cancel";
import { counted } from "../src/engine/device/countedDevice";
import type { Device } from "../src/engine/device/device";
import { gradients } from "../src/engine/interp/gradients/gradients";
import { run } from "../src/engine/interp/pass/runRows";
import { sweep } from "../src/engine/methods/sweep/sweep";
import { sitesOf, type Model } from "../src/engine/models/model";
import { randomGpt2 } from "../src/engine/models/randomModel";
import { paired, pairedLine } from "./paired";
import { openNodeDevice } from "./nodeDevice";

const SHAPES = [
  { n_layer: 4, n_head: 4, n_embd: 96, vocab_size: 1000, n_positions: 512 },
  { n_layer: 12, n_head: 12, n_embd: 768, vocab_size: 50_257, n_positions: 1024 },
] as const;

const tokensOf = ({ config }: Model, length: number) =>
  Array.from({ length }, (_, i) => (i * 31 + 7) % config.dVocab);

function gradientOf(model: Model, length: number): () => Promise<void> {
  const request = {
    rows: [{ tokens: tokensOf(model, length) }],
    scalars: [[{ kind: "logProb", row: 0, position: length - 1, target: 5 }]],
    sites: sitesOf(model).filter((site) => /resid_(pre|mid|post)$/.test(site)),
  } as const;
  return async () => void (await gradients(model, request));
}

/** Every cell of layer × position to first order: gradient · (the other prompt's stream − this one's). */
async function firstOrder(
  model: Model,
  tokens: readonly number[],
  from: readonly number[],
): Promise<number[]> {
  const sites = sitesOf(model).filter((site) => site.endsWith("resid_pre"));
  const rows = [{ tokens }, { tokens: from }];
  const { captures } = await run(model, { rows, capture: sites });
  const { gradients: found } = await gradients(model, {
    ...{ rows: rows.slice(0, 1), sites },
    scalars: [[{ kind: "logProb", row: 0, position: tokens.length - 1, target: 5 }]],
  });
  const { dModel } = model.config;
  return found.flatMap(({ site, data }) => {
    const [own, other] = [0, 1].map((row) =>
      captures.find((capture) => capture.row === row && capture.site === site),
    );
    return tokens.map((_, position) => {
      let sum = 0;
      for (let i = position * dModel; i < (position + 1) * dModel; i++)
        sum += (data[i] ?? 0) * ((other?.data[i] ?? 0) - (own?.data[i] ?? 0));
      return sum;
    });
  });
}

/** L2. */
async function measureSweep(model: Model, title: string, print: (line: string) => void): Promise<void> {
  const tokens = tokensOf(model, 32);
  // The other prompt differs in one word, as pairs for patching do.
  const from = tokens.map((token, i) => (i === 4 ? (token + 11) % model.config.dVocab : token));
  const named = (list: readonly number[]) => ({ text: "", tokens: list });
  const exact = async () =>
    sweep(
      model,
      {
        ...{ prompt: named(tokens), position: 31 },
        axes: { kind: "layerPosition", site: "resid_pre", positions: tokens.map((_, i) => i) },
        change: { kind: "patch", from: named(from) },
        metric: { kind: "logProb", target: 5 },
      },
      NEVER_CANCELLED,
    );
  await firstOrder(model, tokens, from);
  const started = performance.now();
  await firstOrder(model, tokens, from);
  const firstMs = performance.now() - started;
  const { cells, elapsedMs } = await exact();
  print(
    `${title}: exact ÷ first order = ${(elapsedMs / firstMs).toFixed(0)}, ${elapsedMs.toFixed(0)} ms and ${firstMs.toFixed(0)} ms, ${cells} cells`,
  );
}

export async function measure(
  device: Device,
  rounds: number,
  shapes: readonly (typeof SHAPES)[number][],
  sweeps: boolean,
  print: (line: string) => void,
): Promise<void> {
  for (const shape of shapes) {
    const count = counted(device);
    const model = randomGpt2(count.device, shape);
    const rows = [{ tokens: tokensOf(model, 128) }];
    const bare = async () => void (await run(model, { rows, score: [{ row: 0, position: 127, target: 5 }] }));
    const result = await paired(gradientOf(model, 128), bare, rounds);
    const size = `${shape.n_layer} × ${shape.n_embd}`;
    print(
      pairedLine(`L1 backward tax, ${device.label}, ${size}, 128 tokens`, ["gradient", "forward"], result),
    );
    if (sweeps) await measureSweep(model, `L2 sweep, ${device.label}, ${size}, 32 tokens`, print);
    count.reset();
    await gradientOf(model, 256)();
    const [peak, largest] = [count.peak(), count.largest()].map((bytes) => (bytes / 2 ** 20).toFixed(1));
    print(
      `L6 memory, ${device.label}, ${size}, 256 tokens: ${peak} MiB beside the weights, largest buffer ${largest} MiB`,
    );
  }
}

export async function main(args: string[]): Promise<void> {
  // Not above: a browser has none.
  const { parseArgs } = await import("node:util");
  const { values } = parseArgs({
    args,
    options: {
      device: { type: "string", default: "cpu" },
      rounds: { type: "string", default: "7" },
      small: { type: "boolean", default: false },
      sweep: { type: "boolean", default: false },
    },
  });
  const device = await openNodeDevice(values.device);
  const shapes = values.small ? SHAPES.slice(0, 1) : SHAPES;
  await measure(device, Number(values.rounds), shapes, values.sweep, (text) => console.log(text));
}
