/** Problem sets on the page: stepping, labels that go with the steps, links, and files that are something else. */
import { expect, it } from "vitest";
import { decodeLink, encodeLink } from "../../client/link/link";
import { openLink, toLinkState } from "../link/permalink";
import { startTestSession } from "./testSession";

const BENCH = [0, 1].map((i) => ({
  id: `gsm8k-${i}`,
  problem: `Ann has ${i} .`,
  steps: ["Ann 3 + 4 = 7 .", "So \\boxed{7}"],
  final_answer_correct: i === 0,
  label: i - 1,
}));
const file = (name: string, content: unknown) => new File([JSON.stringify(content)], name);

it("steps through a set with the labels of each problem", async () => {
  const { session } = await startTestSession();
  const { problems, chain } = session;
  expect(await problems.open([file("bench.json", BENCH)])).toBe(true);
  expect(problems.labels).toMatchObject({ name: "gsm8k-0", firstError: -1, answer: "right" });
  await problems.show(1);
  await problems.show(2);
  expect([problems.index, chain.prompt, chain.answerPrefix, chain.answer]).toEqual([
    1,
    "Ann has 1 .",
    "\\boxed{",
    "7",
  ]);
  expect(problems.labels).toMatchObject({ firstError: 0, answer: "wrong" });
  chain.edit(0, "Ann 3 + 4 = 8 .");
  expect(problems.labels).toBeUndefined();
});

it("sends labels along with a link", async () => {
  const { session } = await startTestSession();
  const own = {
    prompt: "Ann .",
    steps: ["a .", "b ."],
    answer: "5",
    labels: [0.25, { tags: ["plan_generation"] }],
  };
  await session.problems.open([file("own.json", [own])]);
  const hash = await encodeLink(await toLinkState(session));
  expect((await decodeLink(hash)).views?.["Problem"]).toMatchObject({ file: "own.json" });
  const { session: other } = await startTestSession();
  expect(other.problems.labels).toBeUndefined();
  await openLink(other, hash);
  expect(other.problems.labels?.labels).toEqual(["+0.250", "plan generation"]);
});

it("leaves other files alone, and what was open with bad ones", async () => {
  const { session } = await startTestSession();
  const { problems } = session;
  await problems.open([file("bench.json", BENCH)]);
  expect(await problems.open([file("config.json", { model_type: "gpt2" })])).toBe(false);
  expect(await problems.open([file("a.json", BENCH), new File(["…"], "model.safetensors")])).toBe(false);
  await problems.pick([file("x.json", [{ y: 1 }])]);
  expect(problems.error).toContain("x.json holds no problems: give JSON");
  await problems.pick([new File(["…"], "notes.txt")]);
  expect(problems.error).toBe("notes.txt: problems come as .json, .jsonl or .csv files.");
  expect(problems.set?.name).toBe("bench.json");
});
