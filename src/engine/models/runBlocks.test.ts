import { beforeAll, expect, it } from "vitest";
import type { Tensor } from "../device/tensor";
import { RunTaps } from "../interp/edits/runTaps";
import { packBatch, uploadBatch } from "../interp/batch/tokenBatch";
import { EMPTY_CONTEXT } from "../interp/batch/rowContext";
import { KeyValueCache } from "../ops/keyValueCache";
import type { TokenBatch } from "./architecture";
import { loadChanged, openFolder } from "./golden.samples";
import type { Model } from "./model";
import { runBlocks, type BlockRange } from "./runBlocks";

const TOKENS = [1, 5, 2, 7, 5, 2, 3];
let models: Model[];
beforeAll(async () => {
  models = await Promise.all(
    ["tinyGpt2", "gemma3_text", "tl_shortformer"].map(async (name) => loadChanged(await openFolder(name))),
  );
});

async function inBatch(model: Model, body: (batch: TokenBatch) => Promise<void>): Promise<void> {
  const { config, memory } = model;
  const cache = new KeyValueCache(memory, config.nLayers, TOKENS.length, config.nKvHeads * config.dHead);
  const packed = packBatch([{ context: EMPTY_CONTEXT, tokens: TOKENS }], cache, config);
  await body(uploadBatch(packed, cache, memory, config.nCtx));
  cache.release();
}

function stream(
  { architecture, config, weights, memory }: Model,
  batch: TokenBatch,
  range: BlockRange,
): Tensor {
  const taps = new RunTaps(new Set(), memory);
  return runBlocks(architecture, { config, weights, memory, taps }, batch, range);
}

async function read({ memory }: Model, tensor: Tensor): Promise<number[]> {
  const slice = { buffer: tensor.buffer, offsetBytes: 0, sizeBytes: 4 * tensor.size };
  const [data] = await memory.device.read([slice]);
  return [...new Float32Array(data!)];
}

it("gives the same stream, bit for bit, where a pass begins at any block from what the block read", async () => {
  for (const model of models) {
    await inBatch(model, async (batch) => {
      const inputs: Tensor[] = [];
      const whole = await read(model, stream(model, batch, { onInput: (layer, x) => (inputs[layer] = x) }));
      expect(inputs.length).toBe(model.config.nLayers);
      for (const [layer, residual] of inputs.entries()) {
        expect(await read(model, stream(model, batch, { start: { layer, residual } }))).toEqual(whole);
      }
    });
  }
});

it("stops before a block, and goes on from there to the same end", async () => {
  for (const model of models) {
    await inBatch(model, async (batch) => {
      const { device } = model.memory;
      const dispatches = async (range: BlockRange) => {
        const before = device.counters.dispatches;
        const residual = stream(model, batch, range);
        return { residual, count: device.counters.dispatches - before };
      };
      const whole = await dispatches({});
      const half = await dispatches({ stop: 1 });
      const rest = await dispatches({ start: { layer: 1, residual: half.residual } });
      expect(await read(model, rest.residual)).toEqual(await read(model, whole.residual));
      expect(half.count).toBeLessThan(whole.count);
      expect(rest.count).toBeLessThan(whole.count);
    });
  }
});
