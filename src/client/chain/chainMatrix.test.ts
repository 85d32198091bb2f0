/** What depends on what, on a chain by hand. */
import { expect, it } from "vitest";
import { chainMatrix, sentencesOf, tokenClasses, worstResidual, type MatrixRequest } from "./chainMatrix";

const token = (text: string, step: number) => ({ text, step });
const STEPS = [" 7 - 2 = 5 .", " 5 + 1 = 6 ."];
const TOKENS = [
  ...[" 7", " -", " 2", " =", " 5", " ."].map((text) => token(text, 0)),
  ...[" 5", " +", " 1", " =", " 6", " ."].map((text) => token(text, 1)),
  ...[" Answer", " 6"].map((text) => token(text, 2)),
];

function ask(phi: Float32Array): MatrixRequest {
  const tokens = TOKENS.length;
  const residual = Float32Array.of(0, -3e-7);
  return {
    matrix: { phi, tokens, standardError: new Float32Array(phi.length), residual },
    ...{ played: [0, 1], steps: STEPS, tokens: TOKENS, prompt: "Ann has 7 . Ann loses 2 ." },
    sentences: sentencesOf(STEPS, STEPS),
  };
}

it("tells copied numbers from computed ones, operators and words", () => {
  const short = { "copied number": "copied", "computed number": "computed", operator: "op", word: "word" };
  const classes = tokenClasses("Ann has 7 . Ann loses 2 .", TOKENS).map((one) => short[one]);
  expect(classes.slice(0, 6)).toEqual(["copied", "op", "copied", "op", "computed", "word"]);
  // 1 is the first of its value, 6 stands behind an equals sign, the answer repeats it.
  expect(classes.slice(6)).toEqual(["copied", "op", "computed", "op", "computed", "word", "word", "copied"]);
});

it("gives a number of several tokens one class", () => {
  const tokens = [" 1", "2", " +", " 4", "5"].map((text) => token(text, 0));
  expect(tokenClasses("has 12 .", tokens)).toEqual([
    ...["copied number", "copied number", "operator", "computed number", "computed number"],
  ]);
});

it("shows only what lies behind its cause, and sums by step and by class", () => {
  // Player 0 gives every later token 1 nat, player 1 gives 2.
  const phi = Float32Array.from({ length: 2 * TOKENS.length }, (_, at) => {
    const player = Math.floor(at / TOKENS.length);
    return TOKENS[at % TOKENS.length]!.step > player ? player + 1 : 0;
  });
  const tokens = chainMatrix(ask(phi), "players", "tokens");
  expect([...tokens.values.slice(0, 6)]).toEqual(Array<number>(6).fill(NaN));
  expect(tokens.values[6]).toBe(1);
  const steps = chainMatrix(ask(phi), "players", "steps");
  expect(steps.colLabels).toEqual(["1 7 - 2 = 5 .", "2 5 + 1 = 6 .", "answer"]);
  expect([...steps.values]).toEqual([NaN, 6, 2, NaN, NaN, 4]);
  expect(steps.colCounts).toEqual([6, 6, 2]);
  const classes = chainMatrix(ask(phi), "classes", "steps");
  // Steps are of the class of their first number: 7 and 5 were there before.
  expect(classes.rowCounts).toEqual([2, 0, 0, 0]);
  expect([...classes.values.slice(0, 3)]).toEqual([NaN, 6, 6]);
  expect(worstResidual(ask(phi).matrix)).toBeCloseTo(3e-7);
});

it("finds the sentence of a piece", () => {
  expect(sentencesOf([" a", " b .", " c", " ."], [" a b .", " c ."]).of).toEqual([0, 0, 1, 1]);
  expect(sentencesOf(["a .", " b ."], ["a .", " b ."]).of).toEqual([0, 1]);
});
