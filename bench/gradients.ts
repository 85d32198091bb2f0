/**
 * What gradients cost (L1, L6): the gradient of one log-probability to every residual stream beside the bare forward pass that
 * scores the same token.
 *
 *   npm run --silent headless -- --entry bench/gradients.ts [--device cpu|webgpu] [--rounds 7] [--small]
 *
 * L1  gradient ÷ bare forward, GPT-2-shaped 4 × 96 and 12 × 768, 128 tokens, in turns in one process
 * L6  the most that is allocated at one time while the gradient is taken, weights apart, and the largest buffer
 */
import { counted } from "../src/engine/device/countedDevice";
import type { Device } from "../src/engine/device/device";
import { gradients } from "../src/engine/interp/gradients/gradients";
import { run } from "../src/engine/interp/pass/run";
import { sitesOf, type Model } from "../src/engine/models/model";
import { randomGpt2 } from "../src/engine/models/randomModel";
import { paired, pairedLine } from "./paired";

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

export async function measure(
  device: Device,
  rounds: number,
  shapes: readonly (typeof SHAPES)[number][],
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
    count.reset();
    await gradientOf(model, 256)();
    const [peak, largest] = [count.peak(), count.largest()].map((bytes) => (bytes / 2 ** 20).toFixed(1));
    print(
      `L6 memory, ${device.label}, ${size}, 256 tokens: ${peak} MiB beside the weights, largest buffer ${largest} MiB`,
    );
  }
}

export async function main(args: string[]): Promise<void> {
  const [{ parseArgs }, { createCpuDevice }, { createWebGpuDevice }, { nodeAdapter }] = await Promise.all([
    import("node:util"),
    import("../src/engine/device/cpu"),
    import("../src/engine/device/webgpu"),
    import("../src/engine/device/node"),
  ]);
  const { values } = parseArgs({
    args,
    options: {
      device: { type: "string", default: "cpu" },
      rounds: { type: "string", default: "7" },
      small: { type: "boolean", default: false },
    },
  });
  const device =
    values.device === "webgpu"
      ? await createWebGpuDevice({ adapter: await nodeAdapter() })
      : await createCpuDevice();
  const shapes = values.small ? SHAPES.slice(0, 1) : SHAPES;
  await measure(device, Number(values.rounds), shapes, (text) => console.log(text));
}
