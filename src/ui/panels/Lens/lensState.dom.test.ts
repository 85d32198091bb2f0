/** What the panel asks the engine: which token, with and without edits, how positions are labelled. */
import { expect, it } from "vitest";
import type { AttributionRequest, LensRequest } from "../../../protocol/analysis";
import type { EngineApi } from "../../../protocol/api";
import type { Edit, EditedPrompt } from "../../../protocol/interventions";
import { Query } from "../../state/query.svelte";
import type { Session } from "../../state/session.svelte";
import { LensState } from "./lensState.svelte";

const WORDS = [" zero", " one", " two", " three"];
const describe = (id: number) => ({ id, text: WORDS[id] ?? ` ${id}`, special: false });
const words = (text: string) => text.split(" ").map((word) => describe(WORDS.indexOf(` ${word}`)));
const EDIT: Edit = { id: "a", on: true, kind: "token", position: 1, token: 3, text: " three" };

function start(hasTokenizer = true) {
  const asked: { lens: LensRequest[]; parts: AttributionRequest[]; runs: unknown[] } = {
    lens: [],
    parts: [],
    runs: [],
  };
  const engine = {
    cancel: async () => undefined,
    describeTokens: async (ids: readonly number[]) => ids.map(describe),
    tokenize: async (text: string) => words(text),
    tokenizeInside: async (text: string) => words(text),
    async run(spec: unknown) {
      asked.runs.push(spec);
      return { top: [{ ids: Uint32Array.of(2), logProbs: Float32Array.of(0) }] };
    },
    async logitLens(request: LensRequest) {
      asked.lens.push(request);
      const cell = { top: { ids: Uint32Array.of(1), logProbs: Float32Array.of(0) }, entropy: 0, targets: [] };
      return {
        sites: ["blocks.0.resid_post"],
        positions: request.positions,
        cells: [request.positions.map(() => cell)],
      };
    },
    async attribution(request: AttributionRequest) {
      asked.parts.push(request);
      return { parts: [], heads: [], logit: 0, residual: 0, norm: "" };
    },
  } as unknown as EngineApi;
  const session = {
    engine,
    query: <T>() => new Query<T>(engine),
    tokens: [describe(0), describe(1)],
    model: { hasTokenizer },
  } as unknown as Session;
  const state = new LensState(session);
  const targets = async (prompt: EditedPrompt, typed = { target: "", minus: "" }) => {
    await state.targets.ask(state.findTargets(prompt, 1, typed));
    return state.targets.value!;
  };
  return { state, asked, targets };
}

it("follows what the model without edits expects most", async () => {
  const { targets, asked } = start();
  const found = await targets({ tokens: [0, 1], edits: [EDIT] });
  expect(found.target.id).toBe(2);
  expect(found.minus).toBeUndefined();
  expect(asked.runs).toEqual([{ rows: [{ tokens: [0, 1] }], top: [{ row: 0, position: 1, k: 1 }] }]);
});

it("takes a token by its text, its id, or the first of several", async () => {
  const { targets, asked } = start();
  const found = await targets({ tokens: [0] }, { target: "three", minus: "#1" });
  expect([found.target.id, found.minus?.id, found.note]).toEqual([3, 1, undefined]);
  const several = await targets({ tokens: [0] }, { target: "one three", minus: "" });
  expect(several.target.id).toBe(1);
  expect(several.note).toMatch(/is 2 tokens; the first is followed/);
  expect(asked.runs).toEqual([]);
  const ids = await start(false).targets({ tokens: [0] }, { target: "2", minus: "" });
  expect(ids.target.id).toBe(2);
});

it("asks for the baseline where there are edits, and only there", async () => {
  const { state, asked, targets } = start();
  await state.column.ask(state.readColumn(await targets({ tokens: [0, 1] })));
  expect(state.column.value?.baseline).toBeUndefined();
  const edited = await targets({ tokens: [0, 1], edits: [EDIT] });
  await Promise.all([state.column.ask(state.readColumn(edited)), state.parts.ask(state.readParts(edited))]);
  expect(state.column.value?.baseline).toBeDefined();
  expect(asked.lens.map(({ prompt }) => prompt.edits ?? [])).toEqual([[], [EDIT], []]);
  expect(asked.parts.map(({ prompt }) => prompt.edits ?? [])).toEqual([[EDIT], []]);
  expect(asked.parts[0]).toMatchObject({ position: 1, target: 2 });
});

it("labels positions as the model reads them", async () => {
  const { state } = start();
  await state.grid.ask(state.readGrid({ tokens: [0, 1], edits: [EDIT] }, [0, 1], undefined));
  expect(state.grid.value?.tokens).toEqual(["zero", "three"]);
  expect(state.grid.value?.textOf(1)).toBe(" one");
});
