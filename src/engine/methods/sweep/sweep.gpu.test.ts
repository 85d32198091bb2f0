/** Sweeps on a real WebGPU adapter: the CPU device's numbers, for every kind of change and for shared prefixes. */
import { beforeAll, expect, it } from "vitest";
import type { SweepRequest } from "../../../protocol/analysis";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Device } from "../../device/device";
import { sharedCpu, sharedWebGpu } from "../../device/shared.samples";
import { loadGolden } from "../../models/goldenUrls.samples";
import { sweep } from "./sweep";

const TOKENS = [1, 5, 2, 7, 5, 2, 3, 1];
const named = (tokens: readonly number[]) => ({ text: "", tokens });
const OTHER = named([2, 2, 1, 1, 3, 4, 5, 6]);
const SET = { name: "two", prompts: [OTHER, named([...TOKENS].reverse())] };
const METRICS = { difference: { kind: "logitDifference", target: 2, minus: 3 }, kl: { kind: "kl" } } as const;

let device: Device;
beforeAll(async () => {
  device = await sharedWebGpu();
});

const REQUESTS: Pick<SweepRequest, "axes" | "change" | "metric">[] = [
  {
    axes: { kind: "layerPosition", site: "resid_pre", positions: [0, 3, 5, 6] },
    change: { kind: "patch", from: OTHER },
    metric: METRICS.difference,
  },
  { axes: { kind: "layerHead", site: "attn.z" }, change: { kind: "mean", over: SET }, metric: METRICS.kl },
  {
    axes: { kind: "layerHead", site: "attn.pattern", positions: [4, 5] },
    change: { kind: "resample", from: SET, seed: 1 },
    metric: METRICS.difference,
  },
  { axes: { kind: "layerSublayer" }, change: { kind: "zero" }, metric: METRICS.kl },
];

it.each(["tinyGpt2", "llama", "gemma2"])(
  "%s sweeps to the same numbers as the CPU device",
  async (folder) => {
    const [gpu, cpu] = [await loadGolden(folder, device), await loadGolden(folder, await sharedCpu())];
    for (const request of REQUESTS) {
      const asked: SweepRequest = { prompt: { tokens: TOKENS }, position: 6, ...request };
      const [here, there] = [
        await sweep(gpu, asked, NEVER_CANCELLED),
        await sweep(cpu, asked, NEVER_CANCELLED),
      ];
      here.values.forEach((value, i) =>
        expect(Math.abs(value - (there.values[i] ?? NaN))).toBeLessThan(1e-4),
      );
      expect(here.values.some((value) => Math.abs(value - here.base) > 1e-5)).toBe(true);
    }
  },
);
