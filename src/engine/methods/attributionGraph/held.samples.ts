/** For tests: the model made linear, by edits of the real one that hold patterns, scales and what dictionaries write. */
import type { AffineChange, Intervention } from "../../../protocol/interventions";
import type { Site } from "../../../protocol/sites";
import { run } from "../../interp/pass/runRows";
import { sitesOf, type Model } from "../../models/model";
import type { ReadPrompt } from "./dictionaries";

export const given = (site: Site, values: Float32Array, positions: number): AffineChange => ({
  ...{ kind: "affine", site, keep: 0, values: Float32Array.from(values) },
  valuePositions: Array.from({ length: positions }, (_, i) => i),
});

/** Patterns and scales as they are under the prompt's own edits. */
export async function heldParts(model: Model, { prompt }: ReadPrompt): Promise<Intervention[]> {
  const capture = sitesOf(model).filter((site) => /attn\.pattern$|\.scale$/.test(site));
  const { captures } = await run(model, { rows: [prompt], capture });
  return captures.map(({ site, data, shape }) => {
    const [heads = 0, queries = 0, keys = 0] = shape;
    const rows = site.endsWith("pattern")
      ? data.map((_, i) => {
          const [q, h, k] = [Math.floor(i / (heads * keys)), Math.floor(i / keys) % heads, i % keys];
          return data[(h * queries + q) * keys + k]!;
        })
      : data;
    return given(site, rows, prompt.tokens.length);
  });
}
