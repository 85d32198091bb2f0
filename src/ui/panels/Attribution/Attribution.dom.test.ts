/** The panel: what it asks on its own and what by a button, what it says of the answer, what it refuses to show. */
import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, expect, it, vi } from "vitest";
import type {
  TokenAttributionRequest,
  TokenAttributionResult,
} from "../../../protocol/gradients/attributions";
import type { EngineApi } from "../../../protocol/api";
import { createTestEngine, TEST_MODEL, type TestEngine } from "../../state/testEngine";
import { startTestSession, type TestSession } from "../../state/testSession";
import type { ViewSettings } from "../../state/views.svelte";
import Attribution from "./Attribution.svelte";

let asked: TokenAttributionRequest[];
let engine: TestEngine;
let test: TestSession;
let alarms: TokenAttributionResult["alarms"];

/** Every token has its position as its score, half of it is lost when it is replaced. */
function answer({ prompt, scalar, filler, stepOf, steps }: TokenAttributionRequest): TokenAttributionResult {
  const read = 1 + Math.max(...scalar.map(({ position }) => position));
  const own = prompt.tokens.map((_, i) => (i < read ? i : 0));
  const tokens = {
    ...{ saliency: own, gradientInput: own.map((one) => -one), integrated: own },
    ...(filler !== undefined && { replaced: own.map((one) => one / 2) }),
  };
  const step = [...new Set(stepOf)];
  const byStep = (values: readonly number[]) =>
    step.map((one) => values.reduce((sum, value, i) => sum + (stepOf?.[i] === one ? value : 0), 0));
  const agreement = { n: read, pearson: 1, spearman: 1, meanError: 0, relativeError: 1 };
  return {
    ...{ value: -0.25, baselineValue: -2, tokens, alarms },
    ...(stepOf && {
      steps: {
        ...{ step, saliency: byStep(own), gradientInput: byStep(own), integrated: byStep(own) },
        ...(filler !== undefined && { replaced: byStep(own) }),
      },
    }),
    completenessError: 0.5 / steps,
    ...(filler !== undefined && {
      agreement: { saliency: agreement, gradientInput: agreement, integrated: agreement },
    }),
    ...{ rowsDone: 40, rows: 40, evaluatedTokens: 400, elapsedMs: 5 },
  };
}

async function open(given: Partial<EngineApi> = {}, settings: ViewSettings = {}) {
  Object.assign(engine, {
    run: async () => ({ top: [{ ids: Uint32Array.of(5), logProbs: Float32Array.of(0) }] }),
    async tokenAttribution(request: TokenAttributionRequest) {
      asked.push(request);
      return answer(request);
    },
    ...given,
  } as unknown as Partial<EngineApi>);
  test = await startTestSession(engine);
  test.session.views.set({ Attribution: settings });
  render(Attribution, { context: test.context });
}

const panel = () => screen.getByRole("region", { name: "Attribution" });
const figure = (name: string) => vi.waitFor(() => screen.getByRole("region", { name }));

beforeEach(() => {
  vi.stubGlobal("fetch", async () => Response.json([]));
  engine = createTestEngine();
  asked = [];
  alarms = [];
});

it("asks by itself about the answer's first token, with BOS fixed and the chain's filler", async () => {
  await open();
  await figure("By token: integrated gradients");
  const { session } = test;
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({
    prompt: { tokens: session.tokens.map(({ id }) => id), edits: [] },
    scalar: [{ kind: "logProb", position: session.answerAt, target: 5 }],
    ...{ baseline: { kind: "zero" }, steps: 64, rule: "midpoint", fixed: [0] },
    ...{ filler: session.chain.fillerId, stepOf: session.tokenSteps },
  });
  const status = panel().textContent ?? "";
  expect(status).toContain(`after position ${session.answerAt}: −0.250 here`);
  expect(status).toContain("completeness error +0.008");
  expect(status).toMatch(/each token replaced by “.” in a run of its own: Spearman’s ρ \+1\.00/);
  expect(status).toContain("Not a causal claim");
  const bars = screen.getByRole("list", { name: /^By token: integrated gradients/ });
  const last = session.answerAt ?? 0;
  expect(within(bars).getAllByRole("listitem")[0]?.textContent).toContain(`${last} :`);
  const caption = screen.getByRole("region", { name: "The prompt by integrated gradients" }).textContent;
  expect(caption).toContain("baseline: zero embeddings, 64 steps, midpoint rule, completeness error +0.008");
  expect(caption).toContain("no edits");
});

it("asks again for other settings and edits, and not for another order or method", async () => {
  await open();
  await figure("By token: integrated gradients");
  await fireEvent.change(screen.getByLabelText("order"), { target: { value: "text" } });
  const bars = screen.getByRole("list", { name: /^By token: integrated gradients/ });
  expect(within(bars).getAllByRole("listitem")[0]?.textContent).toContain("0 <s>");
  await fireEvent.change(screen.getByLabelText("method"), { target: { value: "saliency" } });
  await figure("By token: saliency");
  expect(asked).toHaveLength(1);
  await fireEvent.click(screen.getByLabelText("replace each token, too"));
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  expect(asked[1]).not.toHaveProperty("filler");
  await vi.waitFor(() => expect(panel().textContent).toContain("Nothing here says how far"));
  test.session.edits.add({ kind: "zero", site: "attn.z", layers: [0], strength: 1 });
  await vi.waitFor(() => expect(asked).toHaveLength(3));
  expect(asked[2]?.prompt.edits).toHaveLength(1);
  await vi.waitFor(() => expect(panel().textContent).toContain("edits: zero blocks.0 attn.z"));
});

it("takes what a link brings", async () => {
  const settings = { method: "integrated", baseline: "filler", steps: 16, minus: "#7", replace: false };
  await open({}, settings);
  const { session } = test;
  await figure("By token: integrated gradients");
  expect(asked[0]).toMatchObject({ steps: 16, baseline: { kind: "token", token: session.chain.fillerId } });
  expect(asked[0]?.scalar.map(({ kind, weight }) => [kind, weight])).toEqual([
    ["logit", undefined],
    ["logit", -1],
  ]);
  expect(session.views.toJson()["Attribution"]).toMatchObject(settings);
});

it("holds sums by step against Shapley values once they are there", async () => {
  await open();
  await figure("By step: integrated gradients");
  // They are of the answer, and what the model expects is something else.
  expect(panel().textContent).toContain("these scores are of something else");
  const { session } = test;
  const answerId = session.parts?.answer[0] ?? -1;
  await fireEvent.change(screen.getByLabelText("target"), { target: { value: `#${answerId}` } });
  const button = await vi.waitFor(() => screen.getByRole("button", { name: "Shapley values of the steps" }));
  await fireEvent.click(button);
  await vi.waitFor(() => expect(session.chain.game.done).toBeDefined());
  await vi.waitFor(() => expect(panel().textContent).toContain("n = 2 steps"));
  expect(screen.getByRole("columnheader", { name: "Shapley value" })).toBeTruthy();
});

it("never shows a gradient of zeros as a result", async () => {
  alarms = [{ kind: "allZero", site: "embed", at: "path" }];
  await open();
  await vi.waitFor(() => expect(screen.getByRole("alert").textContent).toContain("nothing but zeros"));
  expect(screen.queryByRole("region", { name: /^By token/ })).toBeNull();
  // The gradient at the prompt itself is sound.
  await fireEvent.change(screen.getByLabelText("method"), { target: { value: "gradientInput" } });
  await figure("By token: gradient × input");
  expect(screen.queryByRole("alert")).toBeNull();
});

it("asks a large model by a button, says the cost, and can be cancelled", async () => {
  engine.next = { ...TEST_MODEL, parameters: 1e12 };
  let cancelled = false;
  await open({
    tokenAttribution: (request, _, onProgress) =>
      new Promise(() => {
        asked.push(request);
        const result = answer(request);
        const replaced = result.tokens.integrated.map(() => NaN);
        onProgress?.({ ...result, rowsDone: 7, tokens: { ...result.tokens, replaced } });
      }),
    cancel: async () => void (cancelled = true),
  });
  const button = await vi.waitFor(() => screen.getByRole("button", { name: "Attribute" }));
  expect(asked).toHaveLength(0);
  expect(panel().textContent).toMatch(/\d+ rows · [\d,]+ tokens through the model/);
  await fireEvent.click(button);
  await vi.waitFor(() => expect(panel().textContent).toContain("7 of 40 rows"));
  await figure("By token: integrated gradients");
  expect(panel().textContent).not.toContain("Spearman");
  await fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(cancelled).toBe(true);
  // What is there so far stays, and the rest can be asked for.
  await vi.waitFor(() => screen.getByRole("button", { name: "Attribute" }));
  await figure("By token: integrated gradients");
});

it("works with ids where there is no tokenizer", async () => {
  engine.next = { ...TEST_MODEL, hasTokenizer: false };
  await open();
  test.session.clear();
  test.session.promptText = "4 9 3";
  await test.session.refreshTokens();
  await vi.waitFor(() => expect(asked.at(-1)?.prompt.tokens).toEqual([4, 9, 3]));
  expect(asked.at(-1)).not.toHaveProperty("stepOf");
  await figure("By token: integrated gradients");
  expect(screen.queryByRole("region", { name: /^By step/ })).toBeNull();
});
