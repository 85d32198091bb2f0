/** Lens, attribution and neurons of every recorded architecture on a real WebGPU adapter, against the CPU device. */
import { beforeAll, describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Device } from "../../device/device";
import { sharedCpu, sharedWebGpu } from "../../device/shared.samples";
import { GOLDEN_FOLDERS, loadGolden } from "../../models/goldenUrls.samples";
import { attribution } from "../attribution/attribution";
import { logitLens } from "./logitLens";
import { neuron } from "../neuron/neuron";

const TOKENS = [1, 5, 2, 7, 5, 2, 3, 1];
const prompt = { tokens: TOKENS };

let gpu: Device;
beforeAll(async () => {
  gpu = await sharedWebGpu();
});

const expectClose = (actual: readonly number[], expected: readonly number[]) =>
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4));

describe.each(GOLDEN_FOLDERS)("%s", (folder) => {
  it("reads the same numbers on both devices", async () => {
    const model = await loadGolden(folder, gpu);
    const onCpu = await loadGolden(folder, await sharedCpu());

    const { indirect } = model.architecture.weightMap(model.config);
    if (!indirect) {
      const ask = { prompt, position: 7, target: 3, minus: 4 };
      const [parts, cpuParts] = [await attribution(model, ask), await attribution(onCpu, ask)];
      expect(Math.abs(parts.residual)).toBeLessThan(1e-4);
      const values = (list: typeof parts.parts) => list.map(({ value }) => value);
      expectClose(values(parts.parts), values(cpuParts.parts));
      expectClose(values(parts.heads), values(cpuParts.heads));
    }

    const lensAsk = { prompt, positions: [7, 0, 3], targets: [3, 4], k: 2 };
    const numbers = async (on: typeof model) =>
      (await logitLens(on, lensAsk, NEVER_CANCELLED)).cells
        .flat()
        .flatMap(({ top, entropy, targets }) => [...top.logProbs, entropy, ...targets.map((t) => t.logProb)]);
    expectClose(await numbers(model), await numbers(onCpu));

    if (indirect || !model.architecture.weightMap(model.config).layers[0]?.mlp) return;
    const neuronAsk = { layer: 1, neuron: 5, k: 3 };
    const [one, other] = [await neuron(model, neuronAsk), await neuron(onCpu, neuronAsk)];
    expectClose([...one.promotes.values], [...other.promotes.values]);
    expectClose([...one.readsMost.values], [...other.readsMost.values]);
  });
});
