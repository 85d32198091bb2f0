/** Problem files: layouts by content, parts that join to the text, bad rows named, limits, long lines. */
import { describe, expect, it } from "vitest";
import { findProblems, mayHoldProblems, readProblems } from "./readProblems";
import { stringList } from "./stringList";

const file = (name: string, content: unknown) => ({
  name,
  text: typeof content === "string" ? content : JSON.stringify(content),
});
const BENCH = {
  id: "gsm8k-7",
  generator: "Some-7B",
  problem: "2 + 3?",
  steps: ["Two and three.", "So it is $\\boxed{\\frac{10}{2}}$."],
  final_answer_correct: false,
  label: 1,
};
const CHUNKS = [
  {
    chunk: "First, add.",
    chunk_idx: 0,
    function_tags: ["plan_generation"],
    counterfactual_importance_accuracy: 0.25,
  },
  { chunk: "Correct. That is 5.", chunk_idx: 1, function_tags: [], counterfactual_importance_accuracy: -0.5 },
];
const SOLVED = {
  prompt: "2 + 3? <think>\n",
  solution: "First, add.\n\nCorrect.\n  That is 5.\n</think>\n\nIt is $\\boxed{5}$",
  answer: "5",
  is_correct: true,
};

describe("ProcessBench", () => {
  it("keeps paragraphs, labels, and the answer that the chain comes to", () => {
    for (const text of [
      JSON.stringify([BENCH]),
      `${JSON.stringify(BENCH)}\n`,
      JSON.stringify({ rows: [{ row: BENCH }] }),
    ]) {
      const { layout, problems, bad } = readProblems([file("gsm8k.json", text)]);
      expect([layout, bad]).toEqual(["ProcessBench", []]);
      const [problem] = problems;
      expect(problem).toMatchObject({ name: "gsm8k-7 (Some-7B)", firstError: 1, isAnswerCorrect: false });
      expect(problem?.answer).toBe("\\frac{10}{2}");
      expect([problem!.prompt, ...problem!.steps, problem!.answerPrefix, problem!.answer].join("")).toBe(
        "2 + 3?\n\nTwo and three.\n\nSo it is $\\boxed{\\frac{10}{2}",
      );
    }
  });

  it("comes as a table, with lists as Python prints them", () => {
    const csv = `id,generator,problem,steps,final_answer_correct,label\r\na-0,G,"Say ""hi"", twice?\n","['It\\'s one.'\n \\"So \\\\boxed{2}\\"]",True,-1\r\n`;
    const text = csv.replaceAll('\\"', '""');
    const [problem] = readProblems([file("math.csv", text)]).problems;
    expect(problem).toMatchObject({
      prompt: 'Say "hi", twice?\n',
      steps: ["\n\nIt's one.", "\n\nSo "],
      answer: "2",
      firstError: -1,
      isAnswerCorrect: true,
    });
  });

  it("names bad rows and takes the others", () => {
    const { problems, bad } = readProblems([
      file(
        "olympiad.jsonl",
        [
          JSON.stringify(BENCH),
          JSON.stringify({ ...BENCH, label: 2 }),
          "nonsense",
          JSON.stringify({ ...BENCH, steps: ["no answer"], label: -1 }),
          JSON.stringify({ ...BENCH, steps: ["a", 3] }),
        ].join("\n"),
      ),
    ]);
    expect(problems).toHaveLength(1);
    expect(bad).toEqual([
      "olympiad.jsonl, line 3: this is not JSON: write one object a line",
      "olympiad.jsonl, line 2: “label” is 2: give the first wrong step, 0 to 1, or -1 for none",
      expect.stringContaining("olympiad.jsonl, line 4: the last step has no \\boxed{…}"),
      "olympiad.jsonl, line 5: “steps” has 3 at place 1: every step is a text",
    ]);
  });
});

describe("a trace of thought anchors", () => {
  const parts = [
    file("problem.json", { problem: "2 + 3?", gt_answer: "5", nickname: "Sum" }),
    file("chunks_labeled.json", CHUNKS),
    file("base_solution.json", SOLVED),
  ];

  it("joins to the solution, with the labels of its sentences", () => {
    const { layout, problems } = readProblems(parts);
    const [problem] = problems;
    expect(layout).toBe("thought anchors");
    expect(problem).toMatchObject({
      name: "Sum",
      steps: ["First, add.", "\n\nCorrect.\n  That is 5."],
      answerPrefix: "\n</think>\n\nIt is $\\boxed{",
      answer: "5",
      isAnswerCorrect: true,
      labels: [{ tags: ["plan_generation"], importance: 0.25 }, { importance: -0.5 }],
      importanceName: "counterfactual importance (accuracy)",
    });
  });

  it("needs its problem, and says so", () => {
    expect(() => readProblems([file("chunks_labeled.json", CHUNKS)])).toThrow(
      /chunks_labeled.json has sentences and no problem: open it together with base_solution.json/,
    );
  });
});

describe("our own layout", () => {
  it("takes steps as a list or a text, labels in three forms", () => {
    const rows = [
      { prompt: "a?", steps: ["x", " y"], answerPrefix: "So:", answer: 5, labels: 1, name: "one" },
      { problem: "b?", chain: "One. Two.", answer: "2", follows: 3 },
      { question: "c?", steps: ["x", "y"], answer: "z", labels: [0.5, { tags: "plan", importance: 2 }] },
      {
        prompt: "d?",
        steps: ["x"],
        answerPrefix: " \\boxed{",
        answer: "z",
        labels: { firstError: -1, steps: ["good"] },
      },
    ];
    const { problems, bad } = readProblems([file("own.json", { problems: rows })]);
    expect(bad).toEqual([]);
    expect(problems[0]).toEqual({
      ...{
        name: "one",
        prompt: "a?",
        steps: [" x", " y"],
        answerPrefix: " So:",
        answer: " 5",
        firstError: 1,
      },
    });
    expect(problems[1]).toMatchObject({
      name: "problem 1",
      steps: [],
      chainText: "One. Two.",
      follows: " 3",
    });
    expect(problems[2]?.labels).toEqual([{ importance: 0.5 }, { tags: ["plan"], importance: 2 }]);
    expect(problems[3]).toMatchObject({ answer: "z", firstError: -1, labels: [{ tags: ["good"] }] });
  });

  it("comes as a table", () => {
    const text = 'prompt,steps,answer,labels\n"2 + 3?","[""Two."", ""Five.""]",5,1\nbad,"[1]",x,\n';
    const { problems, bad } = readProblems([file("own.csv", text)]);
    expect(problems).toMatchObject([
      { name: "line 2", steps: [" Two.", " Five."], answer: " 5", firstError: 1 },
    ]);
    expect(bad).toEqual(["own.csv, line 3: “steps” has 1 at place 0: every step is a text"]);
  });

  it("refuses labels that do not fit", () => {
    const row = { prompt: "a?", steps: ["x"], answer: "1", labels: [1, 2] };
    expect(() => readProblems([file("a.json", [row])])).toThrow(
      /a.json, the problem: “labels” has 2 entries for 1 steps: give one a step/,
    );
  });
});

describe("other files", () => {
  it("are left alone", () => {
    expect(findProblems([file("data.json", { model_type: "gpt2" })])).toBeUndefined();
    expect(findProblems([file("labels.csv", "latent,label\n1,x\n")])).toBeUndefined();
    expect(findProblems([file("a.json", "[1, 2")])).toBeUndefined();
    expect(() => readProblems([file("a.json", '[{"prompt": "x", ]')])).toThrow(
      /a.json: this JSON list is not closed/,
    );
    expect(() => readProblems([file("a.jsonl", "{oops\n")])).toThrow(/a.jsonl, line 1: this is not JSON/);
    expect(
      ["config.json", "tokenizer.json", "model.safetensors", "vocab.json"].filter(mayHoldProblems),
    ).toEqual([]);
    expect(() => readProblems([file("a.json", [{ x: 1 }])])).toThrow(/a.json holds no problems: give JSON/);
    expect(() => readProblems([file("a.csv", 'prompt,answer\n"open,1\n')])).toThrow(
      /line 2: a quoted cell has no end/,
    );
  });

  it("with lines of a megabyte are read at once or refused by name", () => {
    const long = "x".repeat(900_000);
    const begin = performance.now();
    const one = readProblems([file("a.jsonl", JSON.stringify({ prompt: long, steps: [], answer: "1" }))]);
    expect(one.problems[0]?.prompt).toHaveLength(900_000);
    for (const bad of [`{"prompt": "${long}`, `{${'"'.repeat(1_000_000)}`, `[${"'\\".repeat(500_000)}`]) {
      expect(() => readProblems([file("a.jsonl", bad)])).toThrow(/a.jsonl/);
      stringList(`['${bad}']`);
    }
    expect(() => readProblems([file("a.csv", `prompt,answer\n${long}${long},1\n`)])).toThrow(
      /line 2: “prompt” has 1800000 characters: at most 1000000/,
    );
    expect(performance.now() - begin).toBeLessThan(2000);
  });
});
