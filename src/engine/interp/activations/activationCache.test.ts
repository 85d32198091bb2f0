/** Sites that a pass over many texts keeps, on every recorded architecture, against a run that captures them. */
import { describe, expect, it } from "vitest";
import { blockSite } from "../../../protocol/sites";
import { GOLDEN_RUNS, loadChanged, openFolder } from "../../models/golden.samples";
import { readBack } from "../pass/readBack";
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

  it("are read again under more interventions from the first block that they change, bit for bit", async () => {
    const model = await loadChanged(await openFolder(folder), change);
    const tokens = [1, 5, 2, 7, 5, 3];
    const positions = tokens.map((_, position) => position);
    const scaled = (layer: number, keep: number) =>
      ({ kind: "affine", site: blockSite(layer, "attn_out"), keep }) as const;
    const prompt = { tokens, interventions: [scaled(0, 0.5), scaled(1, 1.5)] };
    const later = scaled(1, 0.3);
    const clean = ActivationCache.ofPrompt(model, prompt, positions, [], [later]);
    const changed = clean.changed([later], positions);
    const whole = ActivationCache.ofPrompt(
      model,
      { tokens, interventions: [...prompt.interventions, later] },
      positions,
    );
    const logits = await Promise.all(
      [clean, changed, whole].map(async (pass) =>
        (await readBack(model.memory, (back) => back.tensor(pass.logits(positions))))(),
      ),
    );
    expect(logits[1]).toEqual(logits[2]);
    expect(logits[1]).not.toEqual(logits[0]);
    // Below what was kept: the whole pass.
    const lower = clean.changed([scaled(0, 0)], positions);
    const read = await readBack(model.memory, (back) => back.tensor(lower.logits(positions)));
    expect(read().every(Number.isFinite)).toBe(true);
    expect(read()).not.toEqual(logits[0]);
    for (const pass of [clean, changed, whole, lower]) pass.release();
  });
});
