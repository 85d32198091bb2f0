/**
 * What a sweep saves by beginning at the block that a cell changes (B23): a patch from another prompt at every layer × position,
 * each cell run whole ÷ each begun at its block from the residual stream that the base kept. In turns in one process.
 *
 *   npm run --silent headless -- --entry bench/sweepFromMiddle.ts [--device cpu|webgpu] [--rounds 5] [--tokens 24] [--small]
 *
 * GPT-2-shaped 12 × 192 and 12 × 768, and the largest difference between the two in the metric (log p) relative to its largest value: a batch that
 * has fewer than four rows, or another share of changed rows, rounds otherwise.
 */
import { NEVER_CANCELLED } from "../src/protocol/cancel";
import type { SweepAxes } from "../src/protocol/analysis";
import type { Device } from "../src/engine/device/device";
import { CellRuns } from "../src/engine/interp/cells/cellRuns";
import { sweepGrid } from "../src/engine/interp/cells/sweepCells";
import type { Model } from "../src/engine/models/model";
import { randomGpt2 } from "../src/engine/models/randomModel";
import { openNodeDevice } from "./nodeDevice";
import { paired, pairedLine } from "./paired";

const SHAPES = [
  { n_layer: 12, n_head: 6, n_embd: 192, vocab_size: 1000, n_positions: 512 },
  { n_layer: 12, n_head: 12, n_embd: 768, vocab_size: 50_257, n_positions: 1024 },
] as const;

/** The metric of every cell of a patch into every residual stream. */
async function patchEverywhere(model: Model, length: number, beginsWithin: boolean): Promise<Float64Array> {
  const tokens = Array.from({ length }, (_, i) => (i * 31 + 7) % model.config.dVocab);
  // The other prompt differs in one word, as pairs for patching do.
  const from = tokens.map((token, i) => (i === 4 ? (token + 11) % model.config.dVocab : token));
  const named = (list: readonly number[]) => ({ text: "", tokens: list });
  const positions = tokens.map((_, i) => i);
  const axes: SweepAxes = { kind: "layerPosition", site: "resid_pre", positions };
  const { cells } = sweepGrid(model, axes, length);
  const request = {
    ...{ prompt: named(tokens), position: length - 1 },
    ...({ change: { kind: "patch", from: named(from) }, metric: { kind: "logProb", target: 5 } } as const),
  };
  const runs = await CellRuns.of(model, request, cells, NEVER_CANCELLED, beginsWithin);
  const values = new Float64Array(cells.length);
  try {
    await runs.base();
    await runs.run(cells, NEVER_CANCELLED, (batch, found) =>
      batch.forEach(({ index }, i) => (values[index] = found[i] ?? NaN)),
    );
  } finally {
    runs.release();
  }
  return values;
}

export async function measure(
  device: Device,
  shapes: readonly (typeof SHAPES)[number][],
  { rounds, tokens }: { readonly rounds: number; readonly tokens: number },
  print: (line: string) => void,
): Promise<void> {
  for (const shape of shapes) {
    const model = randomGpt2(device, shape);
    const [whole, within] = [false, true].map(
      (beginsWithin) => async () => void (await patchEverywhere(model, tokens, beginsWithin)),
    );
    if (!whole || !within) throw new Error("two sides");
    const size = `${shape.n_layer} × ${shape.n_embd}`;
    const title = `B23 sweep from the middle, ${device.label}, ${size}, ${tokens} tokens`;
    print(pairedLine(title, ["whole", "from the block"], await paired(whole, within, rounds)));
    const [a, b] = [await patchEverywhere(model, tokens, false), await patchEverywhere(model, tokens, true)];
    const apart = a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0);
    const most = a.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    print(`${title}: ${a.length} cells, at most ${(apart / most).toExponential(1)} apart`);
  }
}

export async function main(args: string[]): Promise<void> {
  // Not above: a browser has none.
  const { parseArgs } = await import("node:util");
  const { values } = parseArgs({
    args,
    options: {
      device: { type: "string", default: "cpu" },
      rounds: { type: "string", default: "5" },
      tokens: { type: "string", default: "24" },
      small: { type: "boolean", default: false },
    },
  });
  const device = await openNodeDevice(values.device);
  const shapes = values.small ? SHAPES.slice(0, 1) : SHAPES;
  const sizes = { rounds: Number(values.rounds), tokens: Number(values.tokens) };
  await measure(device, shapes, sizes, (text) => console.log(text));
}
