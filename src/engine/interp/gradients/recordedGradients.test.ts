/** Gradients at every site of every architecture against those that PyTorch's autograd recorded in f64 (training/golden/gradients.py). */
import { describe, expect, it } from "vitest";
import type { Scalar } from "../../../protocol/gradients/gradients";
import { GOLDEN_RUNS, loadChanged, openFolder, readGradients } from "../../models/golden.samples";
import { sitesOf } from "../../models/model";
import { gradients } from "./gradients";

/** Every recording once: changes of a config that say the same model in other words have none of their own. */
const RUNS = GOLDEN_RUNS.map(([folder, change, recording = "golden.safetensors"]) => {
  return [folder, change, recording.replace("golden", "goldenGradients")] as const;
}).filter(([folder, change]) => folder === "tinyGpt2" || change === undefined);

describe.each(RUNS)("%s %j", (folder, change, file) => {
  it("equals the recorded gradient at every site", async () => {
    const model = await loadChanged(await openFolder(folder), change);
    const { sites, tokens, targets, weights } = await readGradients(folder, file);
    const scalar: Scalar = targets.map((target, position) => {
      return { kind: "logProb", row: 0, position, target, weight: weights[position]! };
    });
    const recorded = sitesOf(model).filter((site) => !site.endsWith(".scale"));
    expect([...recorded].sort()).toEqual([...sites.keys()].sort());
    const found = await gradients(model, { rows: [{ tokens }], scalars: [scalar], sites: recorded });
    expect(found.alarms).toEqual([]);
    const errors = found.gradients.map(({ site, shape, data }) => {
      const expected = sites.get(site)!;
      expect(shape, site).toEqual(expected.shape);
      const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      return {
        site,
        error: Math.max(...expected.data.map((value, i) => Math.abs(value - data[i]!))) / largest,
      };
    });
    const worst = errors.sort((a, b) => b.error - a.error)[0]!;
    expect(worst.error, worst.site).toBeLessThan(2e-5);
  });
});
