/** Edits in the trie against one whole row for each coalition with edits of its own, of every kind and in every mode. */
import { beforeAll, describe, expect, it } from "vitest";
import { ABLATION_MODES } from "../../../protocol/chain";
import { createCpuDevice } from "../../device/cpu";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { STACKS, STARTS, TEXT } from "./chainEdits.samples";
import { expectAsNaive, valuedUnder } from "./chainEdits.checks.samples";
import { stepAblation, CHAIN } from "./coalitionTrie.samples";
import { stack } from "../interventions/identities.samples";
import { trieTokens } from "./trieTokens";

let model: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice());
});

const ALL = Array.from({ length: 64 }, (_, s) => CHAIN.steps.map((_, i) => ((s >> i) & 1) === 1));
const SOME = [22, 5, 0, 41].map((s) => ALL[s]!);

it("names the positions of the chain's whole text", () => {
  expect(TEXT.slice(STARTS.cue, STARTS.answer)).toEqual(CHAIN.answerPrefix);
  CHAIN.steps.forEach((step, i) => expect(TEXT.slice(STARTS.steps[i]).slice(0, step.length)).toEqual(step));
});

describe.each(ABLATION_MODES)("mode %s", (mode) => {
  it.each(Object.entries(STACKS))("%s", async (_, edits) => {
    await expectAsNaive(model, mode, edits, SOME);
  });

  it("does not depend on which coalitions come along", async () => {
    const edits = STACKS["a long stack"]!;
    const together = await valuedUnder(model, mode, edits, ALL);
    for (const s of [0, 22, 63]) {
      const [alone] = await valuedUnder(model, mode, edits, [ALL[s]!]);
      alone!.forEach((one, sample) => {
        const there = together[s]![sample]!;
        expect(Math.abs(one.value - there.value)).toBeLessThan(1e-5);
      });
    }
  });
});

describe("what is the same", () => {
  it("edits that are off, or change nothing, leave every number as it is, bit for bit", async () => {
    const off = stack({ kind: "zero", site: "resid_post", strength: 1 }).map((edit) => ({
      ...edit,
      on: false,
    }));
    const nothing = stack({ kind: "scale", site: "resid_post", positions: [99], factor: 0 });
    const bare = await valuedUnder(model, "delete", [], ALL);
    expect(await valuedUnder(model, "delete", off, ALL)).toEqual(bare);
    expect(await valuedUnder(model, "delete", nothing, ALL)).toEqual(bare);
  });

  it("freezing alone changes nothing, whatever steps there are", async () => {
    for (const mode of ABLATION_MODES) {
      const bare = await valuedUnder(model, mode, [], ALL);
      const frozen = await valuedUnder(
        ...([
          model,
          mode,
          stack({ kind: "freeze", what: "patterns" }, { kind: "freeze", what: "norms" }),
          ALL,
        ] as const),
      );
      bare.forEach((samples, s) =>
        samples.forEach((one, i) => expect(Math.abs(one.value - frozen[s]![i]!.value)).toBeLessThan(1e-5)),
      );
    }
  });

  it("meets a token wherever its step stands: a change of the last step's token is as strong without the others", async () => {
    // In delete mode the last step stands earlier; a position of the row would have met another token.
    const at = stack({ kind: "zero", site: "resid_pre", positions: [STARTS.steps[5]!], strength: 1 });
    const only = CHAIN.steps.map((_, i) => i === 5);
    const [bare] = await valuedUnder(model, "delete", [], [only]);
    const [own] = await valuedUnder(model, "delete", at, [only]);
    expect(Math.abs(own![0]!.value - bare![0]!.value)).toBeGreaterThan(1e-3);
    const without = CHAIN.steps.map((_, i) => i !== 5);
    const [gone] = await valuedUnder(model, "delete", at, [without]);
    const [plain] = await valuedUnder(model, "delete", [], [without]);
    expect(gone![0]!.value).toBe(plain![0]!.value);
  });

  it("costs what is predicted; frozen sites cost every row twice", async () => {
    const token = STACKS["token"]!;
    const filler = STACKS["tokens that become the filler, under frozen patterns"]!;
    for (const edits of [token, STACKS["frozen patterns"]!, filler]) {
      const found = await valuedUnder(model, "replace", edits, ALL);
      expect(found.evaluatedTokens).toBe(trieTokens({ chain: CHAIN, ...stepAblation("replace"), edits }));
    }
    const [bare, frozen] = [token, STACKS["frozen patterns"]!].map((edits) =>
      trieTokens({ chain: CHAIN, ...stepAblation("delete"), edits }),
    );
    expect(frozen).toBe(2 * bare!);
  });
});

describe("what it refuses", () => {
  it("a replaced token of the answer that is scored", async () => {
    const edits = stack({ kind: "token", position: STARTS.answer, token: 1, text: "one" });
    await expect(valuedUnder(model, "delete", edits, SOME)).rejects.toThrow(
      "An edit puts “one” at position 22, which belongs to the answer that is scored; switch it off, and type the other answer instead.",
    );
  });

  it("layers that the model has not", async () => {
    const edits = stack({ kind: "zero", site: "resid_post", layers: [9], strength: 1 });
    await expect(valuedUnder(model, "delete", edits, SOME)).rejects.toThrow(
      /layers 0 to 1; the edit names layer 9/,
    );
  });
});
