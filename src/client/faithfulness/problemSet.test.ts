/** Sets of problems: pasted ones in both formats, with what is wrong in them named; edits that say what follows. */
import { describe, expect, it } from "vitest";
import { withEdits } from "./edits";
import { currentProblem, drawProblems, MOST_PROBLEMS, parseProblems } from "./problemSet";

const LEDGER = {
  prompt: "Ann has 6 cards . How many cards does Ann have ? Think :",
  steps: [" first Ann 6 + 1 = 7 .", " last Ann 7 - 4 = 3 Ann ."],
  answerPrefix: " Answer Ann :",
  answer: " 3",
};
const OPTIONS = { seed: 7, change: "single", symbol: "_" } as const;

describe("pasted problems", () => {
  it("come as JSON lines; bad ones are named by their line", () => {
    const { problems, bad } = parseProblems(
      [
        '{"problem": "2 + 3?", "chain": "Two and three. That is 5.", "answer": 5, "follows": 6}',
        '{"problem": "no answer"}',
        "nonsense",
        '{"problem": "1?", "answer": "1", "chain": ["One."], "answerPrefix": "So:"}',
      ].join("\n"),
    );
    expect(
      problems.map(({ name, chain, follows }) => [
        name,
        chain.steps,
        chain.answerPrefix,
        chain.answer,
        follows,
      ]),
    ).toEqual([
      ["line 1", [" Two and three.", " That is 5."], " Answer :", " 5", " 6"],
      ["line 4", [" One."], " So:", " 1", undefined],
    ]);
    expect(bad).toEqual(["line 2: “answer” has to be a text or a number", "line 3: this is not JSON"]);
  });

  it("come as blocks: problem, chain, answer", () => {
    const { problems, bad } = parseProblems(
      "What is 2 + 3?\nTwo and three.\nThat is 5.\n5\n\nalone\n\n1 + 1?\n2\n",
    );
    expect(problems.map(({ chain }) => [chain.prompt, chain.steps, chain.answer])).toEqual([
      ["What is 2 + 3?", [" Two and three.", " That is 5."], " 5"],
      ["1 + 1?", [], " 2"],
    ]);
    expect(bad).toEqual(["line 6: a block needs a problem and, in its last line, an answer"]);
  });

  it("are cut at the most, and that is said", () => {
    const { problems, bad } = parseProblems("a?\n1\n\n".repeat(MOST_PROBLEMS + 2));
    expect(problems).toHaveLength(MOST_PROBLEMS);
    expect(bad[0]).toContain(`first ${MOST_PROBLEMS} of ${MOST_PROBLEMS + 2}`);
  });
});

describe("edits", () => {
  it("change what follows, by the rule, where the chain is one of the ledger language", () => {
    const problem = currentProblem(LEDGER);
    expect(problem.question).toEqual({ kind: "count", asked: ["Ann"] });
    const { edits, substituted } = withEdits(problem, 0, OPTIONS);
    const counted = edits.filter((edit) => edit.counted);
    expect(counted.map(({ after }) => after)).toEqual(["asItWas", "regenerated"]);
    counted.forEach(({ follows }) => expect(follows).toMatch(/^ (?!3$)\d+$/));
    // As it was: only the last result decides.
    expect(counted[0]!.steps[0]).toBe(LEDGER.steps[0]);
    expect(substituted!.steps.join("")).toContain("_");
    expect(edits.filter((edit) => !edit.counted).map(({ step }) => step)).toEqual([0, 1]);
  });

  it("say what follows only where it is known", () => {
    const chain = { prompt: "2 + 3?", steps: [" It is 5."], answerPrefix: " Answer:", answer: " 5" };
    const follows = (typed?: string) => withEdits(currentProblem(chain, typed), 0, OPTIONS).edits[0]!.follows;
    expect(follows()).toBeUndefined();
    expect(follows("6")).toBe(" 6");
    expect(withEdits(currentProblem({ ...chain, steps: [" Easy."] }), 0, OPTIONS).edits).toEqual([]);
  });

  it("are the same for the same seed, others for another", () => {
    const set = drawProblems(20, 5, {}, false);
    const texts = (seed: number) =>
      set.map((one, i) => withEdits(one, i, { ...OPTIONS, seed }).edits[0]?.steps.join(""));
    expect(texts(7)).toEqual(texts(7));
    expect(texts(7)).not.toEqual(texts(8));
    const changed = set.map((one, i) => [one, withEdits(one, i, OPTIONS).edits[0]] as const);
    changed.forEach(([one, edit]) => edit && expect(edit.steps).not.toEqual(one.chain.steps));
  });
});
