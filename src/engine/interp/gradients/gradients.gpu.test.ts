/** Gradients at every site of every architecture on a real WebGPU adapter: those of the CPU device, to 1e-3 of the largest entry. */
import { beforeAll, expect, it } from "vitest";
import type { Scalar } from "../../../protocol/gradients/gradients";
import type { Intervention } from "../../../protocol/interventions";
import type { Device } from "../../device/device";
import { sharedCpu, sharedWebGpu } from "../../device/shared.samples";
import { GOLDEN_FOLDERS, loadGolden } from "../../models/goldenUrls.samples";
import { sitesOf } from "../../models/model";
import { gradients } from "./gradients";

let device: Device;
beforeAll(async () => {
  device = await sharedWebGpu();
});

const TOKENS = [1, 5, 2, 7, 5, 2, 3, 1, 4, 6, 0];
const SCALARS: readonly Scalar[] = [
  TOKENS.map((_, position) => ({
    kind: "logProb",
    row: 0,
    position,
    target: (position * 5) % 11,
    weight: 0.3,
  })),
  [
    { kind: "logit", row: 0, position: 10, target: 3 },
    { kind: "logit", row: 0, position: 10, target: 8, weight: -1 },
  ],
];
const EDITS: readonly Intervention[] = [
  { kind: "affine", site: "blocks.0.attn_out", keep: 0.5, positions: [2, 3] },
  { kind: "knockOut", layer: 1, heads: [0], queries: [10], keys: [4] },
];

it.each(GOLDEN_FOLDERS)("%s: every site is that of the CPU device", async (folder) => {
  const models = [await loadGolden(folder, await sharedCpu()), await loadGolden(folder, device)] as const;
  const request = {
    rows: [{ tokens: TOKENS, interventions: EDITS }],
    scalars: SCALARS,
    sites: sitesOf(models[0]),
  };
  const [cpu, gpu] = await Promise.all(models.map((model) => gradients(model, request)));
  expect(gpu!.alarms).toEqual(cpu!.alarms);
  gpu!.values.forEach((value, i) => expect(value).toBeCloseTo(cpu!.values[i]!, 4));
  for (const [i, { site, scalar, data }] of cpu!.gradients.entries()) {
    const other = gpu!.gradients[i]!;
    expect([other.site, other.scalar, other.shape]).toEqual([site, scalar, cpu!.gradients[i]!.shape]);
    const most = data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    const error = data.reduce(
      (largest, value, at) => Math.max(largest, Math.abs(value - other.data[at]!)),
      0,
    );
    expect(error, `scalar ${scalar} at ${site}`).toBeLessThan(1e-3 * most + 1e-12);
  }
});

it.each(["tinyGpt2", "llama"])("%s: every weight is that of the CPU device", async (folder) => {
  const models = [await loadGolden(folder, await sharedCpu()), await loadGolden(folder, device)] as const;
  const { architecture, config, weights } = models[0];
  const names = architecture.weights(config).flatMap(({ name, kind, values }) => {
    const isThere = !values && (kind === "matrix" || weights.vectorIfAny(name) !== undefined);
    return isThere ? [name] : [];
  });
  const request = { rows: [{ tokens: TOKENS, interventions: EDITS }], scalars: SCALARS, sites: [] };
  const [cpu, gpu] = await Promise.all(
    models.map((model) => gradients(model, { ...request, weights: names })),
  );
  expect(gpu!.alarms).toEqual(cpu!.alarms);
  expect(cpu!.weights).toHaveLength(SCALARS.length * names.length);
  for (const [i, { name, scalar, data }] of cpu!.weights!.entries()) {
    const most = data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    const other = gpu!.weights![i]!.data;
    const error = data.reduce((largest, value, at) => Math.max(largest, Math.abs(value - other[at]!)), 0);
    expect(error, `scalar ${scalar} by ${name}`).toBeLessThan(1e-3 * most);
  }
});
