/** Generation under edits, and what it captures: the same numbers as one run over the finished text. */
import { beforeAll, describe, expect, it } from "vitest";
import type { GenerateRequest } from "../../../protocol/api";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Edit } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import { resolveEdits } from "../../interp/interventions/index";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { generate } from "./generate";

let model: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice());
});

const PROMPT = [3, 1, 4, 1, 5];
const EDITS: Edit[] = [
  { id: "a", on: true, kind: "zero", site: "attn.z", layers: [0], heads: [1], strength: 1 },
  { id: "b", on: true, kind: "scale", site: "mlp_out", layers: [1], factor: 3, positions: { from: 6 } },
  { id: "c", on: true, kind: "knockOut", layers: [1], keys: [1] },
];
const SITES = ["blocks.0.attn.pattern", "blocks.1.attn.scores", "blocks.1.mlp_out", "blocks.0.attn.k"];

const request = (edits: Edit[], capture: string[] = []): GenerateRequest => ({
  ...{ tokens: PROMPT, maxTokens: 6, temperature: 0, topK: 0, topP: 1, seed: 0, stopIds: [] },
  edits,
  capture,
});

describe("generate", () => {
  it("writes what the edited model finds most probable at every step", async () => {
    const { tokens } = await generate(model, request(EDITS), NEVER_CANCELLED);
    const text = [...PROMPT, ...tokens];
    const { interventions } = await resolveEdits(model, { tokens: text, edits: EDITS });
    const places = tokens.map((_, i) => ({ row: 0, position: PROMPT.length - 1 + i, k: 1 }));
    const { top } = await run(model, { rows: [{ tokens: text, interventions }], top: places });
    expect(top.map(({ ids }) => ids[0])).toEqual(tokens);
    const plain = await generate(model, request([]), NEVER_CANCELLED);
    expect(plain.tokens).not.toEqual(tokens);
  });

  it("captures at every token what one run over the whole text captures", async () => {
    const { tokens, captured } = await generate(model, request(EDITS, SITES), NEVER_CANCELLED);
    // The last token was written, not read.
    const text = [...PROMPT, ...tokens.slice(0, -1)];
    const { interventions } = await resolveEdits(model, { tokens: text, edits: EDITS });
    const { captures } = await run(model, { rows: [{ tokens: text, interventions }], capture: SITES });
    expect(captured.map(({ site }) => site).sort()).toEqual([...SITES].sort());
    for (const { site, shape, data } of captured) {
      const whole = captures.find((capture) => capture.site === site)!;
      expect(shape).toEqual(whole.shape);
      data.forEach((value, i) => {
        if (value !== whole.data[i]) expect(value, `${site}[${i}]`).toBeCloseTo(whole.data[i]!, 5);
      });
    }
  });
});
