/** Edge attribution on a real WebGPU adapter: the CPU device's numbers, path patches and kept graphs included. */
import { beforeAll, expect, it } from "vitest";
import type { EdgeAttributionRequest } from "../../../protocol/gradients/attributions";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Device } from "../../device/device";
import { sharedCpu, sharedWebGpu } from "../../device/shared.samples";
import { loadGolden } from "../../models/goldenUrls.samples";
import { edgeAttribution } from "./edgeAttribution";

let device: Device;
beforeAll(async () => {
  device = await sharedWebGpu();
});

const REQUEST: EdgeAttributionRequest = {
  prompt: { text: "", tokens: [1, 5, 2, 7, 5, 2, 3] },
  donor: { text: "", tokens: [1, 5, 4, 1, 5, 0, 3] },
  ...{ position: 6, metric: { kind: "logitDifference", target: 2, minus: 3 }, most: 1000 },
  ...{ at: { kind: "path", steps: 2 }, keep: [5], check: { largest: 0, random: 6, seed: 1 } },
};

it.each(["tinyGpt2", "llama"])("%s: the same numbers as on the CPU device", async (folder) => {
  const [gpu, cpu] = [await loadGolden(folder, device), await loadGolden(folder, await sharedCpu())];
  const here = await edgeAttribution(gpu, REQUEST, NEVER_CANCELLED);
  const there = await edgeAttribution(cpu, REQUEST, NEVER_CANCELLED);
  const name = (edge: { from: object; to: object }) => JSON.stringify([edge.from, edge.to]);
  const ours = new Map(here.edges.map((edge) => [name(edge), edge.estimate]));
  const largest = Math.abs(there.edges[0]!.estimate);
  expect(largest).toBeGreaterThan(1e-4);
  expect(ours.size).toBe(there.edges.length);
  there.edges.forEach((edge) =>
    expect(Math.abs(ours.get(name(edge))! - edge.estimate)).toBeLessThan(2e-3 * largest + 1e-5),
  );
  const checked = new Map(here.check!.edges.map((edge) => [name(edge), edge.exact]));
  there.check!.edges.forEach((edge) =>
    expect(Math.abs(checked.get(name(edge))! - edge.exact)).toBeLessThan(1e-4),
  );
  expect(Math.abs(here.graphs[0]!.metric - there.graphs[0]!.metric)).toBeLessThan(1e-3);
  expect(here.alarms).toEqual([]);
});
