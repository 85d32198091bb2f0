/** A published trace of thought anchors opens as a problem with its labels, and joins to the text that was written. */
import { describe, expect, it } from "vitest";
import { readProblems } from "../src/client/problems/readProblems";
import { compatJson, isMissing } from "./folder";

describe.skipIf(isMissing("cot"))("the published trace 2236 of thought anchors", () => {
  const folder = "cot/thought_anchors_2236";
  const NAMES = ["base_solution", "chunks_labeled", "problem", "step_importance", "summary"];
  const files = NAMES.map((name) => ({
    name: `${name}.json`,
    text: JSON.stringify(compatJson<unknown>(`${folder}/${name}.json`)),
  }));

  it("joins to its solution, with a label for each of 87 sentences", () => {
    const { layout, problems } = readProblems(files);
    const [problem] = problems;
    const { prompt, solution } = compatJson<{ prompt: string; solution: string }>(
      `${folder}/base_solution.json`,
    );
    expect(layout).toBe("thought anchors");
    expect(problem?.steps).toHaveLength(87);
    expect(problem?.labels).toHaveLength(87);
    expect(problem?.labels?.[0]).toEqual({ tags: ["problem_setup"], importance: -0.11857142857142855 });
    const joined = [problem?.prompt, ...(problem?.steps ?? []), problem?.answerPrefix, problem?.answer].join(
      "",
    );
    expect(joined).toBe(`${prompt}${solution}`.slice(0, joined.length));
    expect(problem?.answer).toBe("90");
  });
});
