/** Gradients by step beside Shapley values: asked when they are wanted, in the same figure, on the same target. */
import { fireEvent, render, screen } from "@testing-library/svelte";
import { expect, it, vi } from "vitest";
import type { EngineApi } from "../../../../protocol/api";
import type {
  TokenAttributionRequest,
  TokenAttributionResult,
} from "../../../../protocol/gradients/attributions";
import { createTestEngine } from "../../../state/testEngine";
import { startTestSession } from "../../../state/testSession";
import ValuesPart from "./ValuesPart.svelte";

async function open() {
  const asked: TokenAttributionRequest[] = [];
  const engine = createTestEngine();
  Object.assign(engine, {
    async tokenAttribution(request: TokenAttributionRequest): Promise<TokenAttributionResult> {
      asked.push(request);
      const step = [...new Set(request.stepOf)];
      const own = step.map((one) => one + 0.5);
      const steps = { step, saliency: own, gradientInput: own, integrated: own.map((one) => 2 * one) };
      return {
        ...{ value: -1, baselineValue: -2, tokens: steps, steps, completenessError: 0.01, alarms: [] },
        ...{ rowsDone: 68, rows: 68, evaluatedTokens: 100, elapsedMs: 1 },
      };
    },
  } as unknown as Partial<EngineApi>);
  const test = await startTestSession(engine);
  render(ValuesPart, { context: test.context });
  return { ...test, asked };
}

const figure = () => screen.getByRole("region", { name: "What each step is worth" });

it("asks nothing until it is told to, then for the whole answer, and shows both columns", async () => {
  const { session, asked } = await open();
  expect(asked).toEqual([]);
  await fireEvent.click(screen.getByRole("checkbox", { name: "gradients by step" }));
  await vi.waitFor(() => expect(figure().textContent).toContain("integrated gradients"));
  expect(asked).toHaveLength(1);
  expect(asked[0]!.scalar.map((term) => "target" in term && term.target)).toEqual(session.parts!.answer);
  expect(session.views.toJson()["ChainOfThought"]).toMatchObject({ gradients: true });
  expect(figure().textContent).toContain("gradients of log p(answer) with all steps");
  screen.getByText(/Press Shapley values to hold/);
  void session.chain.game.run();
  await vi.waitFor(() => screen.getByText(/^gradient × input against exact Shapley values/));
  expect(asked).toHaveLength(1);
});

it("stays away where values are of something else", async () => {
  const { session, asked } = await open();
  session.chain.setValue({ value: "margin" });
  await vi.waitFor(() => screen.getByText(/these values are of something else/));
  expect(screen.getByRole("checkbox", { name: "gradients by step" })).toHaveProperty("disabled", true);
  expect(asked).toEqual([]);
});
