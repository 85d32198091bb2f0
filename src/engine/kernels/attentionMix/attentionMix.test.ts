/** The mix reference by hand, and the three-kernel path against the fused one. */
import { describe, expect, it } from "vitest";
import { attentionReference } from "../attention/attention.ref";
import { alibiSizes, problemSizes, raggedProblem } from "../attention/raggedProblem";
import { attentionPatternReference } from "../attentionPattern/attentionPattern.ref";
import { attentionScoresReference } from "../attentionScores/attentionScores.ref";
import { attentionMixReference } from "./attentionMix.ref";

describe("attentionMixReference", () => {
  it("adds the listed values and the own one, weighted, per key/value head", () => {
    const z = new Float32Array(4);
    attentionMixReference(
      {
        pattern: Float32Array.of(1, 2, 9, 10, 0, 9),
        values: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
        visible: Uint32Array.of(99, 0),
        spans: Uint32Array.of(1, 1, 2, 1),
        z,
      },
      { queries: 1, heads: 2, kvHeads: 2, dHead: 2, stride: 3 },
    );
    // Head 0: 1 * (1, 2) + 2 * (9, 10). Head 1: 10 * (3, 4) + 0 * (11, 12).
    expect([...z]).toEqual([19, 22, 30, 40]);
  });

  it.each([...problemSizes, ...alibiSizes])(
    "scores, pattern and mix equal the fused kernel: $label",
    (size) => {
      const { params: plain, q, keys, values, visible, spans, stride } = raggedProblem(size);
      const params = { ...plain, maxAlibiBias: size.label.startsWith("ALiBi") ? 8 : 0 };
      const { queries, heads, dHead } = params;
      const scores = new Float32Array(queries * heads * stride);
      const pattern = new Float32Array(scores.length);
      const z = new Float32Array(queries * heads * dHead);
      const fused = new Float32Array(z.length);
      attentionScoresReference({ q, keys, visible, spans, scores }, { ...params, stride });
      attentionPatternReference({ scores, spans, pattern }, { ...params, stride });
      attentionMixReference({ pattern, values, visible, spans, z }, { ...params, stride });
      attentionReference({ q, keys, values, visible, spans, z: fused }, params);
      for (const [n, value] of fused.entries()) expect(Math.abs((z[n] ?? NaN) - value)).toBeLessThan(1e-5);
    },
  );
});
