/** Comparing two runs on a real WebGPU adapter, for every recorded architecture, against the CPU device. */
import { beforeAll, describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Edit } from "../../../protocol/interventions";
import type { Device } from "../../device/device";
import { sharedCpu, sharedWebGpu } from "../../device/shared.samples";
import { GOLDEN_FOLDERS, loadGolden } from "../../models/goldenUrls.samples";
import { compare } from "./compare";

const TOKENS = [1, 5, 2, 7, 5, 2, 3, 1];
const EDIT: Edit = { id: "a", on: true, kind: "zero", site: "attn.z", layers: [1], strength: 1 };

let gpu: Device;
beforeAll(async () => {
  gpu = await sharedWebGpu();
});

describe.each(GOLDEN_FOLDERS)("%s", (folder) => {
  it("measures the same on both devices, and exactly nothing between equal runs", async () => {
    const base = { tokens: TOKENS };
    const measure = async (device: Device, edits: readonly Edit[]) => {
      const model = await loadGolden(folder, device);
      return compare(model, model, { base, other: { tokens: TOKENS, edits }, k: 3 }, NEVER_CANCELLED);
    };
    const same = await measure(gpu, []);
    expect([...same.kl]).toEqual(TOKENS.map(() => 0));
    expect(same.other).toEqual(same.base);
    const [mine, theirs] = [await measure(gpu, [EDIT]), await measure(await sharedCpu(), [EDIT])];
    expect(Math.max(...mine.kl)).toBeGreaterThan(1e-6);
    mine.kl.forEach((value, i) => expect(Math.abs(value - theirs.kl[i]!)).toBeLessThan(1e-4));
    mine.other.forEach(({ entropy }, i) =>
      expect(Math.abs(entropy - theirs.other[i]!.entropy)).toBeLessThan(1e-4),
    );
  });
});
