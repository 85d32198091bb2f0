/** Edits in rollouts, suppression, attention and the scorecard, each against plain runs with edits of their own. */
import { beforeAll, describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { FaithfulnessRequest } from "../../../protocol/faithfulness";
import type { Edit } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import { STACKS, STARTS, TEXT } from "../../interp/coalitions/chainEdits.samples";
import { CHAIN } from "../../interp/coalitions/coalitionTrie.samples";
import { stack } from "../../interp/interventions/identities.samples";
import { resolveEdits } from "../../interp/interventions/index";
import { rebased } from "../../interp/interventions/rebase";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { anchorRollouts, stepAttention, stepSuppression } from "../anchors/anchors";
import { IDS } from "../anchors/anchors.samples";
import { klAt } from "../anchors/suppression";
import { faithfulness } from "../faithfulness/faithfulness";
import { ModelReader } from "../faithfulness/modelReader";
import { alignedStep, inPlaceOf } from "../faithfulness/origins";
import { shuffledSteps } from "../faithfulness/conditions";
import { generate } from "../generate/generate";

let model: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice());
});

const SOME: Edit[] = stack(
  { kind: "scale", site: "resid_post", layers: [0], positions: [1, 5, 8, 13, 20], factor: 3 },
  { kind: "scale", site: "mlp_out", layers: [1], positions: { from: 3 }, factor: -2 },
  { kind: "knockOut", layers: [1], keys: [0, 8] },
);

describe("rollouts", () => {
  const ASKED = { rollouts: 1, temperature: 0, topP: 1, seed: 1, maxTokens: 6, layer: 0 };

  it("from the prompt write what the model writes under the same edits", async () => {
    const written = async (edits: Edit[]) => {
      const asked = { ...ASKED, chain: CHAIN, edits };
      const { rollouts } = await anchorRollouts(model, IDS, asked, NEVER_CANCELLED);
      return rollouts.find(({ start, forced }) => start === 0 && !forced)!.steps.flat();
    };
    const greedy = { temperature: 0, topK: 0, topP: 1, seed: 0, stopIds: [], maxTokens: 6 };
    // Of the prompt, and of everything that is written; positions of steps are not those of what is written instead.
    const edits = SOME.map((edit) => (edit.kind === "knockOut" ? { ...edit, keys: [0] } : edit));
    const first = edits[0] as Edit & { kind: "scale" };
    const own = [{ ...first, positions: [1] }, ...edits.slice(1)] as Edit[];
    const { tokens } = await generate(
      model,
      { tokens: CHAIN.prompt, edits: own, ...greedy },
      NEVER_CANCELLED,
    );
    const under = await written(edits);
    expect(under).toEqual(tokens.slice(0, under.length));
    expect(under).not.toEqual(await written([]));
  });

  it("take every kind of stack, frozen sites too", async () => {
    for (const edits of Object.values(STACKS)) {
      const { rollouts } = await anchorRollouts(
        model,
        IDS,
        { ...ASKED, chain: CHAIN, edits },
        NEVER_CANCELLED,
        undefined,
        3,
      );
      expect(rollouts).toHaveLength(14);
    }
  });
});

it("suppression compares two rows under the same edits", async () => {
  const { logKl, n } = await stepSuppression(
    model,
    { chain: CHAIN, temperature: 1, edits: SOME },
    NEVER_CANCELLED,
  );
  const { tokens, interventions } = await resolveEdits(model, { tokens: TEXT, edits: SOME });
  const rows = await Promise.all(
    [[], [STARTS.steps[2]!]].map((hiddenPositions) =>
      run(model, { rows: [{ tokens, interventions, hiddenPositions }], capture: ["logits"] }),
    ),
  );
  const width = model.config.dVocab;
  const at = (row: number, position: number) =>
    rows[row]!.captures[0]!.data.subarray(position * width, (position + 1) * width);
  const part = [STARTS.steps[4]!, STARTS.steps[4]! + 1];
  const mean = part.reduce((sum, p) => sum + Math.log(Math.max(1e-12, klAt(at(0, p), at(1, p), 1))), 0) / 2;
  expect(Math.abs(logKl[2 * (n + 1) + 4]! - mean)).toBeLessThan(1e-2);
});

it("attention is that of the edited run", async () => {
  const edits = stack({ kind: "knockOut", layers: [0], keys: [STARTS.steps[2]!] });
  const { attention, n, nHeads } = await stepAttention(model, { chain: CHAIN, edits }, NEVER_CANCELLED);
  // Step 2 is one token, and nobody later sees it.
  for (let head = 0; head < nHeads; head++) expect(attention[(head * n + 4) * n + 2]).toBe(0);
});

describe("the scorecard's rows", () => {
  const base = TEXT.slice(0, STARTS.answer);
  const cue = CHAIN.answerPrefix.map((_, i) => STARTS.cue + i);

  it("meet the tokens of the problem's text, wherever a condition puts them", async () => {
    const problem = {
      ...{ name: "", prompt: CHAIN.prompt, steps: CHAIN.steps, prefix: CHAIN.answerPrefix },
      ...{ answer: CHAIN.answer, edits: [] },
    };
    const conditions = [
      ...shuffledSteps(problem, 2, 3),
      inPlaceOf(CHAIN.steps, [CHAIN.steps[0]!, [2, 2, 2], ...CHAIN.steps.slice(2)]),
      { chain: CHAIN.steps[0]!, from: CHAIN.steps[0]!.map((_, i) => i) },
    ];
    const rows = conditions.map(({ chain, from }) => ({
      tokens: [...CHAIN.prompt, ...chain, ...CHAIN.answerPrefix],
      origins: [...CHAIN.prompt.keys(), ...from.map((place) => CHAIN.prompt.length + place), ...cue],
      target: CHAIN.answer,
    }));
    for (const [name, edits] of Object.entries({ ...STACKS, SOME })) {
      if (edits.some(({ kind }) => kind === "token" || kind === "freeze")) continue;
      const reader = new ModelReader(model, NEVER_CANCELLED, undefined, edits);
      const [found] = await reader.read([{ base, rows }]);
      const { interventions } = await resolveEdits(model, { tokens: base, edits: [...edits] });
      for (const [i, { tokens, origins, target }] of rows.entries()) {
        const all = [...origins, STARTS.answer];
        const slow = await run(model, {
          rows: [
            {
              tokens: [...tokens, target[0]!],
              interventions: interventions.map((one) => rebased(model.config, one, { origins: all })),
            },
          ],
          score: target.map((id, t) => ({ row: 0, position: tokens.length - 1 + t, target: id })),
        });
        found![i]!.logProbs.forEach((value, t) =>
          expect(Math.abs(value - slow.scores[t]!), `${name}, condition ${i}`).toBeLessThan(1e-4),
        );
      }
    }
  });

  it("align a changed step by what is equal at both ends", () => {
    expect(alignedStep([1, 2, 3], [1, 7, 3])).toEqual([0, 1, 2]);
    expect(alignedStep([1, 2, 3], [1, 7, 8, 3])).toEqual([0, 1.5, 1.5, 2]);
    expect(alignedStep([1, 2, 3], [1, 3])).toEqual([0, 2]);
    expect(alignedStep([1, 2], [1, 2, 5])).toEqual([0, 1, 1.5]);
  });

  it("refuse a replaced token: it belongs to one text", async () => {
    const encode = (text: string) => (text.match(/\d+/g) ?? []).map(Number);
    const codec = {
      encode,
      encodeInside: encode,
      encodeParts: (texts: readonly string[]) => ({ parts: texts.map(encode), moved: [] }),
      ...{ bosByDefault: false, text: (ids: readonly number[]) => ids.join(" "), eosId: undefined },
    };
    const chain = { prompt: "1 2", steps: [" 3"], answerPrefix: " 4", answer: " 5" };
    const asked: FaithfulnessRequest = {
      problems: [{ name: "one", chain, edits: [] }],
      ...{ filler: "0", samples: 1, temperature: 1, seed: 1, edits: STACKS["token"]! },
    };
    expect(() => faithfulness(model, codec, asked, NEVER_CANCELLED)).toThrow(
      /An edit puts “seven” at position 8 of the text on the page, but every problem is a text of its own/,
    );
    const bare = { ...asked, edits: [] };
    const [own, zero] = await Promise.all([
      faithfulness(model, codec, bare, NEVER_CANCELLED),
      faithfulness(
        model,
        codec,
        { ...bare, edits: stack({ kind: "scale", site: "resid_post", factor: 0.2 }) },
        NEVER_CANCELLED,
      ),
    ]);
    expect(own.outcomes[0]!.whole.logProb).not.toBe(zero.outcomes[0]!.whole.logProb);
  });
});
