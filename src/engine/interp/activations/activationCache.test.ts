/** Sites that a pass over many texts keeps, on every recorded architecture, against a run that captures them. */
import { describe, expect, it } from "vitest";
import { blockSite } from "../../../protocol/sites";
import { GOLDEN_RUNS, loadChanged, openFolder } from "../../models/golden.samples";
import { run } from "../pass/runRows";
import { ActivationCache } from "./activationCache";

const TEXTS = [
  [1, 5, 2, 7, 5],
  [2, 3],
  [1, 4, 4],
];
/** Tokens of them, one behind the other. */
const KEPT = [1, 4, 5, 8, 9];

describe.each(GOLDEN_RUNS)("%s %j", (folder, change) => {
  it("are what a run captures there", async () => {
    const model = await loadChanged(await openFolder(folder), change);
    const lists = [["embed"], ["embed", blockSite(0, "resid_post"), blockSite(0, "attn.z")]];
    for (const sites of [...lists, [blockSite(1, "resid_post"), blockSite(1, "attn_out")]]) {
      const { captures } = await run(model, { rows: TEXTS.map((tokens) => ({ tokens })), capture: sites });
      const pass = ActivationCache.ofTexts(model, TEXTS, KEPT, sites);
      for (const site of sites) {
        const { buffer, shape } = pass.tensor(site);
        const all = captures
          .filter((capture) => capture.site === site)
          .flatMap(({ data, row }) => {
            const width = data.length / TEXTS[row]!.length;
            return TEXTS[row]!.map((_, i) => [...data.subarray(i * width, (i + 1) * width)]);
          });
        const expected = KEPT.flatMap((token) => all[token]!);
        const slice = { buffer, offsetBytes: 0, sizeBytes: 4 * expected.length };
        const [data] = await model.memory.device.read([slice]);
        expect(shape[0]).toBe(KEPT.length);
        new Float32Array(data!).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
      }
      pass.release();
    }
  });
});
