/** Attribution patching on a real WebGPU adapter: the CPU device's numbers, for every place of the gradient and its check. */
import { beforeAll, expect, it } from "vitest";
import type { AttributionPatchingRequest } from "../../../protocol/gradients/attributions";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Device } from "../../device/device";
import { sharedCpu, sharedWebGpu } from "../../device/shared.samples";
import { loadGolden } from "../../models/goldenUrls.samples";
import { attributionPatching } from "./attributionPatching";

const TOKENS = [1, 5, 2, 7, 5, 2, 3, 1];
const OTHER = { text: "", tokens: [2, 2, 1, 1, 3, 4, 5, 6] };
const DIFFERENCE = { kind: "logitDifference", target: 2, minus: 3 } as const;

let device: Device;
beforeAll(async () => {
  device = await sharedWebGpu();
});

const REQUESTS: Pick<AttributionPatchingRequest, "axes" | "change" | "metric" | "at">[] = [
  {
    axes: { kind: "layerPosition", site: "resid_pre", positions: [0, 3, 5, 6] },
    change: { kind: "patch", from: OTHER },
    metric: DIFFERENCE,
    at: { kind: "prompt" },
  },
  {
    axes: { kind: "layerHead", site: "attn.z" },
    change: { kind: "patch", from: OTHER },
    metric: { kind: "kl" },
    at: { kind: "path", steps: 3 },
  },
  {
    axes: { kind: "layerHead", site: "attn.pattern", positions: [4, 5] },
    change: { kind: "patch", from: OTHER },
    metric: { kind: "probability", target: 2 },
    at: { kind: "donor" },
  },
  { axes: { kind: "layerSublayer" }, change: { kind: "zero" }, metric: DIFFERENCE, at: { kind: "prompt" } },
];

it.each(["tinyGpt2", "llama", "gemma2"])("%s: the same numbers as on the CPU device", async (folder) => {
  const [gpu, cpu] = [await loadGolden(folder, device), await loadGolden(folder, await sharedCpu())];
  for (const request of REQUESTS) {
    const check = { largest: 2, random: 2, seed: 3 };
    const asked: AttributionPatchingRequest = { prompt: { tokens: TOKENS }, position: 6, ...request, check };
    const here = await attributionPatching(gpu, asked, NEVER_CANCELLED);
    const there = await attributionPatching(cpu, asked, NEVER_CANCELLED);
    const largest = Math.max(...[...there.values].map((value) => Math.abs(value - there.base)));
    expect(largest).toBeGreaterThan(1e-5);
    here.values.forEach((value, i) =>
      expect(Math.abs(value - (there.values[i] ?? NaN))).toBeLessThan(1e-3 * largest + 1e-4),
    );
    here
      .check!.cells.filter(({ isRandom }) => isRandom)
      .forEach(({ index, exact }) => {
        const other = there.check!.cells.find((cell) => cell.index === index)!;
        expect(Math.abs(exact - other.exact)).toBeLessThan(1e-4);
      });
    expect(here.alarms).toEqual([]);
  }
});
