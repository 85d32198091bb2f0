/** Every architecture on a real WebGPU adapter: each site as on the CPU device, which golden.test.ts holds to the recordings. */
import { beforeAll, expect, it } from "vitest";
import type { Device } from "../device/device";
import { sharedCpu, sharedWebGpu } from "../device/shared.samples";
import { run } from "../interp/pass/runRows";
import { GOLDEN_FOLDERS, loadGolden } from "./goldenUrls.samples";
import { sitesOf } from "./model";

let device: Device;
beforeAll(async () => {
  device = await sharedWebGpu();
});

/** The longer one is long for Phi 3's rotary positions. */
const TEXTS = [
  [1, 5, 2, 7, 5, 2, 3, 1],
  [1, 5, 2, 7, 5, 2, 3, 1, 0, 4, 6, 6, 2, 3, 1, 7, 5, 0],
];

it.each(GOLDEN_FOLDERS)("%s: every site is that of the CPU device", async (folder) => {
  const models = [await loadGolden(folder, await sharedCpu()), await loadGolden(folder, device)] as const;
  const { nCtx } = models[0].config;
  for (const tokens of TEXTS.filter(({ length }) => length <= nCtx)) {
    const [cpu, gpu] = await Promise.all(
      models.map(
        async (model) => (await run(model, { rows: [{ tokens }], capture: sitesOf(model) })).captures,
      ),
    );
    expect(gpu!.map(({ site }) => site)).toEqual(cpu!.map(({ site }) => site));
    for (const [i, { site, data }] of cpu!.entries()) {
      const other = gpu![i]!.data;
      const worst = data.reduce((most, value, at) => {
        const same = value === other[at]; // -Infinity where a key is hidden
        return same ? most : Math.max(most, Math.abs(value - other[at]!) / Math.max(1, Math.abs(value)));
      }, 0);
      expect(worst, site).toBeLessThan(1e-4);
    }
  }
});
