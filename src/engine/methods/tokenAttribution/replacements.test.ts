/** The truth beside attribution by token: tokens and steps replaced in runs of their own, and a model that is known. */
import { beforeAll, describe, expect, it } from "vitest";
import type { PromptTerm, TokenAttributionRequest } from "../../../protocol/gradients/attributions";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Edit } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { noise } from "../../../random/noise";
import { gradients } from "../../interp/gradients/gradients";
import { scalarValues } from "../../interp/gradients/scalarValues";
import { resolveEdits } from "../../interp/interventions/index";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import { PLANTED, plantedModel } from "../../models/plantedModel.samples";
import { randomGpt2 } from "../../models/randomModel";
import { spearman } from "../../../statistics/rankCorrelation";
import { tokenAttribution } from "./tokenAttribution";

const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];
const READ = 6;

let device: Device;
let model: Model;
beforeAll(async () => {
  device = await createCpuDevice();
  model = randomGpt2(device);
});

const requestOf = (given: Partial<TokenAttributionRequest>): TokenAttributionRequest => ({
  prompt: { tokens: TOKENS },
  scalar: [{ kind: "logProb", position: READ, target: 3 }],
  baseline: { kind: "zero" },
  steps: 16,
  rule: "midpoint",
  ...given,
});
const ask = (given: Partial<TokenAttributionRequest> = {}) =>
  tokenAttribution(model, requestOf(given), NEVER_CANCELLED);

const edit = (fields: object): Edit => ({ id: "e", on: true, strength: 1, ...fields }) as unknown as Edit;
const sum = (values: readonly number[]) => values.reduce((total, one) => total + one, 0);

describe("replaced tokens", () => {
  const value = async (tokens: readonly number[], edits: readonly Edit[] = []) => {
    const { interventions } = await resolveEdits(model, { tokens: TOKENS, edits });
    const { scores } = await run(model, {
      rows: [{ tokens, interventions }],
      score: [{ row: 0, position: READ, target: 3 }],
    });
    return scores[0]!;
  };

  it("are runs of their own, tokens and whole steps, under the prompt's edits", async () => {
    const edits = [edit({ kind: "scale", site: "attn.z", layers: [0], factor: 0.3 })];
    const stepOf = [-1, -1, 0, 0, 0, 1, 2, 2];
    const { tokens, steps, agreement } = await ask({ prompt: { tokens: TOKENS, edits }, filler: 12, stepOf });
    const whole = await value(TOKENS, edits);
    const without = (positions: readonly number[]) =>
      value(
        TOKENS.map((token, i) => (positions.includes(i) ? 12 : token)),
        edits,
      );
    for (let i = 0; i <= READ; i++) expect(tokens.replaced![i]).toBeCloseTo(whole - (await without([i])), 5);
    expect(tokens.replaced![7]).toBe(0);
    expect(steps!.step).toEqual([-1, 0, 1, 2]);
    for (const [n, step] of steps!.step.entries()) {
      const own = TOKENS.flatMap((_, i) => (stepOf[i] === step ? [i] : []));
      expect(steps!.replaced![n]).toBeCloseTo(whole - (await without(own)), 5);
      for (const name of ["saliency", "gradientInput", "integrated"] as const) {
        expect(steps![name][n]).toBeCloseTo(sum(own.map((i) => tokens[name][i]!)), 10);
      }
    }
    const read = (values: readonly number[]) => values.slice(0, READ + 1);
    const { rho } = spearman(read(tokens.integrated), read(tokens.replaced!));
    expect(agreement!.integrated).toMatchObject({ n: 7, spearman: rho });
    const bySize = spearman(read(tokens.saliency), read(tokens.replaced!).map(Math.abs));
    expect(agreement!.saliency).toEqual({ n: 7, spearman: bySize.rho });
  });

  it("gives a scalar's values that gradients give", async () => {
    const terms = [
      { kind: "logit", row: 0, position: 4, target: 2, weight: 3 },
      { kind: "kl", row: 0, position: 5, base: noise(13, 7, 2), weight: 0.5 },
      { kind: "site", row: 0, site: "blocks.0.attn.q", position: 3, values: noise(8, 3) },
      {
        kind: "expected",
        row: 0,
        position: 2,
        answers: [
          { target: 1, value: 4 },
          { target: 6, value: -1 },
        ],
      },
      { kind: "logProb", row: 0, position: 1, target: 8, weight: -2 },
    ] as const;
    const rows = [TOKENS, [...TOKENS].reverse()].map((tokens) => ({ tokens }));
    const values = await scalarValues(model, rows, terms, NEVER_CANCELLED);
    for (const [i, row] of rows.entries()) {
      const request = { rows: [row], scalars: [terms], sites: ["embed"] };
      expect(values[i]).toBeCloseTo((await gradients(model, request)).values[0]!, 4);
    }
  });
});

describe("the planted model", () => {
  const tokens = [PLANTED.start, 7, 8, 2, 9, 10, PLANTED.cue];
  const scalar: readonly PromptTerm[] = [
    { kind: "logit", position: 6, target: 2 },
    { kind: "logit", position: 6, target: 4, weight: -1 },
  ];
  const stepOf = [-1, 0, 0, 1, 1, 2, 3];

  it("rests on the digit, and on the step that has it, whatever is asked", async () => {
    const planted = await plantedModel(device, "for the digit");
    const request = requestOf({
      ...{ prompt: { tokens }, scalar, stepOf, filler: 11, steps: 32 },
      ...{ baseline: { kind: "token", token: 11 }, fixed: [0, 6] },
    });
    const found = await tokenAttribution(planted, request, NEVER_CANCELLED);
    for (const name of ["saliency", "gradientInput", "integrated", "replaced"] as const) {
      // At the cue itself the unembedding reads, so that its embedding has a gradient: before it, the digit's alone has one.
      const before = found.tokens[name]!.slice(0, 6);
      const own = before.map((one) => (Number.isNaN(one) ? 0 : Math.abs(one)));
      expect(own.indexOf(Math.max(...own)), name).toBe(3);
      const steps = found.steps![name]!.slice(0, 4).map(Math.abs);
      expect(steps.indexOf(Math.max(...steps)), name).toBe(found.steps!.step.indexOf(1));
    }
    // The head's way from the digit to the logits is worth 10.
    expect(found.tokens.replaced![3]).toBeCloseTo(10, 3);
    expect(found.tokens.gradientInput[3]).toBeCloseTo(10, 3);
  });
});
