/** The commands that look into a pass: one JSON object each, edits with prompts given as text, errors in words. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { sampleJson } from "../client/graph/graphs.samples";
import { sampleCheckpoint } from "../engine/formats/torch/stateDict.samples";
import { main } from "./headless";

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

const PROMPT = ["--model", "ledger", "--text", "Ann has 3 plums ."];

async function command(...args: string[]): Promise<Record<string, unknown>> {
  const written: string[] = [];
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  await main(args);
  out.mockRestore();
  expect(written).toHaveLength(1);
  return JSON.parse(written[0]!) as Record<string, unknown>;
}

describe("headless", () => {
  it("plays chains under edits, and without them beside", async () => {
    const chain = {
      ...{ prompt: "Ann has 3 .", steps: [" Ann 3 + 4 = 7 .", " Ann 7 - 2 = 5 ."] },
      ...{ answerPrefix: " Answer :", answer: " 5" },
    };
    const edits = JSON.stringify([{ kind: "scale", site: "resid_post", layers: [1], factor: 0.5 }]);
    const asked = ["--model", "ledger", "--problem", chain.prompt, "--steps", JSON.stringify(chain.steps)];
    const answer = ["--answer", chain.answer, "--answer-prefix", chain.answerPrefix];
    const game = await command("shapley", ...asked, ...answer, "--edits", edits);
    const bare = await command("shapley", ...asked, ...answer);
    const of = (one: unknown) => (one as { phi: number[] }).phi;
    expect(of(game["unedited"])).toEqual(of(bare));
    expect(Math.abs(of(game)[0]! - of(bare)[0]!)).toBeGreaterThan(1e-3);
    const request = { chain, mode: "delete", fillerId: 0, value: "logProb", estimator: "exact" };
    const json = JSON.stringify({ ...request, budget: 0, seed: 0, matrix: false });
    const called = await command(
      "call",
      "chainGame",
      "--model",
      "ledger",
      "--request",
      json,
      "--edits",
      edits,
    );
    expect((called["phi"] as { values: number[] }).values).toEqual(of(game));
  });

  it("makes steering vectors, writes them as a control vector, and measures what the file does", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vitrine-"));
    const out = join(folder, "signs.gguf");
    try {
      const call = ["call", "steeringVectors", "--model", "ledger"];
      const asked = JSON.stringify({ pairs: "ledger 1001 12", testShare: 0.25 });
      const found = await command(...call, "--request", asked, "--out", out);
      expect(found).toMatchObject({ out, site: "resid_post" });
      const layers = found["layers"] as { norm: number; meanDifference: number[] }[];
      expect(layers).toHaveLength(4);
      expect(found["test"]).toHaveLength(3);
      const ids = (await command("tokenize", "--model", "ledger", "--text", "+ -"))["tokens"] as number[];
      const metric = { kind: "logitDifference", target: ids.at(-2), minus: ids.at(-1) };
      const request = { prompts: "ledger 2001 2", directions: out, strengths: [0, 1], controls: 1, metric };
      const measure = ["call", "steeringEffect", "--model", "ledger", "--request"];
      const effect = await command(...measure, JSON.stringify(request));
      // The first block is none of a control vector's.
      expect(effect["layers"]).toEqual([1, 2, 3]);
      const values = effect["values"] as number[];
      expect(values[0]).toBeCloseTo(effect["base"] as number, 4);
      expect(values[1]! - values[0]!).toBeGreaterThan(10);
      expect((effect["control"] as number[])[1]! - values[0]!).toBeLessThan(10);
      // The same directions given as numbers.
      const directions = layers
        .slice(1)
        .map(({ meanDifference }, i) => ({ layer: i + 1, values: meanDifference }));
      const same = await command(...measure, JSON.stringify({ ...request, directions }));
      expect(same["values"]).toEqual(values);

      const pairs = join(folder, "pairs.csv");
      writeFileSync(pairs, "positive,negative\nAnn finds,Ann eats\nBob finds,Bob loses\n");
      const own = await command(...call, "--request", JSON.stringify({ pairs, testShare: 0 }));
      expect(own["train"]).toEqual([0, 1]);
      const bad = await command(...call, "--request", asked, "--out", join(folder, "signs.bin"));
      expect(bad["error"]).toMatch(/bin/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("writes gradients at sites, of a log-probability or a logit difference, under edits", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vitrine-"));
    const out = join(folder, "gradient.safetensors");
    const edits = ["--edits", JSON.stringify([{ kind: "scale", site: "mlp_out", layers: [1], factor: 0.5 }])];
    const { tokens, logits } = await command("logits", ...PROMPT, ...edits);
    const position = (tokens as number[]).length - 1;
    const last = (logits as number[][])[position]!;
    const read = () => {
      const file = readFileSync(out);
      const size = Number(file.readBigUInt64LE(0));
      const header = JSON.parse(file.subarray(8, 8 + size).toString()) as Record<
        string,
        { shape: number[]; data_offsets: [number, number] }
      >;
      return (site: string) => {
        const [from, to] = header[site]!.data_offsets.map((at) => at + 8 + size) as [number, number];
        return {
          shape: header[site]!.shape,
          data: new Float32Array(file.buffer.slice(file.byteOffset + from, file.byteOffset + to)),
        };
      };
    };
    const asked = [
      "--target",
      "7",
      "--position",
      String(position),
      "--sites",
      "blocks.0.hook_resid_pre,logits",
      "--out",
      out,
    ];
    const whole = await command("gradient", ...PROMPT, ...edits, ...asked);
    const total = Math.log(last.reduce((sum, logit) => sum + Math.exp(logit), 0));
    expect(whole["value"]).toBeCloseTo(last[7]! - total, 4);
    expect(whole["alarms"]).toEqual([]);
    expect(read()("blocks.0.resid_pre").shape).toEqual([position + 1, 96]);
    const ofLogits = read()("logits").data.slice(position * last.length);
    last.forEach((logit, c) =>
      expect(ofLogits[c]).toBeCloseTo((c === 7 ? 1 : 0) - Math.exp(logit - total), 4),
    );
    const difference = await command(
      "gradient",
      ...PROMPT,
      ...edits,
      ...asked,
      "--minus",
      "9",
      "--frozen",
      "patterns",
    );
    expect(difference["value"]).toBeCloseTo(last[7]! - last[9]!, 3);
    expect(difference["frozen"]).toEqual(["patterns"]);
    expect(read()("logits").data[position * last.length + 9]).toBe(-1);
    const refused = await command("gradient", ...PROMPT, ...asked, "--target", "99999");
    expect(refused["error"]).toMatch(/target 99999/);
    rmSync(folder, { recursive: true });
  });

  it("puts edits on the model; a patch names its prompt as text", async () => {
    const plain = await command("logits", ...PROMPT);
    const patch = (text: string) => [
      { kind: "patch", site: "resid_pre", layers: [0], from: text, align: "position" },
    ];
    const logits = (edits: object) => command("logits", ...PROMPT, "--edits", JSON.stringify(edits));
    const same = await logits(patch("Ann has 3 plums ."));
    const other = await logits(patch("Ann has 5 plums ."));
    expect(same).toEqual(plain);
    expect(other["logits"]).toEqual(
      (await command("logits", "--model", "ledger", "--text", "Ann has 5 plums ."))["logits"],
    );
  });

  it("calls a method with a request", async () => {
    const request = { positions: [4], targets: [], k: 1 };
    const lens = await command("call", "logitLens", ...PROMPT, "--request", JSON.stringify(request));
    const last = (lens["cells"] as { top: { ids: number[]; logProbs: number[] } }[][]).at(-1)?.[0]?.top;
    const { logits } = (await command("logits", ...PROMPT)) as { logits: number[][] };
    const row = logits[4]!;
    expect(last?.ids[0]).toBe(row.indexOf(Math.max(...row)));
  });

  it("attaches autoencoders, decodes with them and changes their latents", async () => {
    const sae = ["--sae", "static/models/ledger/sae/blocks.1.resid_post"];
    const code = await command("call", "saeDecode", ...PROMPT, ...sae, "--request", '{ "listed": 8 }');
    expect(code["fvu"]).toBeLessThan(0.05);
    const [latent] = code["ids"] as number[];
    const logits = (edits: object) =>
      command("logits", ...PROMPT, ...sae, "--edits", JSON.stringify(edits)).then((found) => found["logits"]);
    const plain = await logits([]);
    // A factor of one with the error term kept changes nothing; none of the latent changes what follows.
    const scale = (amount: number) => [
      { kind: "latent", latents: [latent], op: "scale", amount, error: "kept", positions: undefined },
    ];
    const largest = (one: unknown) =>
      Math.max(
        ...(one as number[][]).flat().map((value, i) => Math.abs(value - (plain as number[][]).flat()[i]!)),
      );
    expect(largest(await logits(scale(1)))).toBeLessThan(1e-4);
    expect(largest(await logits(scale(0)))).toBeGreaterThan(0.01);
    const wrong = await command("call", "saeDecode", ...PROMPT, "--request", '{ "listed": 8 }');
    expect(JSON.stringify(wrong)).toContain("--sae attached 0");
  });

  it("fits a lens, judges it on other texts and reads through it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vitrine-"));
    const [texts, out] = [join(folder, "texts.jsonl"), join(folder, "lens.safetensors")];
    writeFileSync(
      texts,
      '{"text":"Ann has 3 plums . last Ann finds 4 plums ."}\n{"text":"Ann has 5 plums ."}\n',
    );
    const ask = (method: string, request: object, ...more: string[]) =>
      command("call", method, "--model", "ledger", "--request", JSON.stringify(request), ...more);
    const fitted = await ask("fitJacobianLens", { skipFirst: 1 }, "--texts", texts, "--out", out);
    expect(fitted).toMatchObject({ texts: 2, allTexts: 2, layers: [0, 1, 2], out });
    const judged = await ask("lensQuality", { problems: 1, seed: 5, longest: 40 }, "--lens", out);
    expect((judged["rows"] as object[]).length).toBe(9);
    const request = { positions: [4], targets: [], k: 1 };
    const lens = await command(
      "call",
      "logitLens",
      ...PROMPT,
      "--lens",
      out,
      "--request",
      JSON.stringify(request),
    );
    expect(lens["sites"]).toEqual([0, 1, 2, 3].map((layer) => `blocks.${layer}.resid_post`));
    expect((await ask("fitJacobianLens", {}))["error"]).toMatch(/give texts: --texts FILE/);
    rmSync(folder, { recursive: true });
  });

  it("traces a prediction through the autoencoders that ship, by either name, under edits", async () => {
    const saes = [0, 1, 2, 3].map((layer) => `static/models/ledger/sae/blocks.${layer}.resid_post`).join();
    const asked = [...PROMPT, "--sae", saes, "--request", '{"check":{"largest":2,"random":2,"seed":1}}'];
    const graph = await command("call", "graph", ...asked);
    expect(graph["elapsedMs"]).toBeLessThan(20_000);
    const nodes = graph["nodes"] as { kind: string; influence: number }[];
    expect(nodes.filter(({ kind }) => kind === "latent").length).toBeGreaterThan(5);
    const { replacement } = (graph["whole"] as { scores: { replacement: number } }).scores;
    expect(replacement).toBeGreaterThan(0.5);
    expect(replacement).toBeLessThan(1);
    const same = await command("call", "attributionGraph", ...asked);
    expect(same["nodes"]).toEqual(nodes);
    const edits = JSON.stringify([{ kind: "scale", site: "attn_out", layers: [1], factor: 0 }]);
    const edited = await command("call", "graph", ...asked, "--edits", edits);
    expect(edited["links"]).not.toEqual(graph["links"]);
    const bare = await command("call", "graph", ...PROMPT, "--request", "{}");
    expect(JSON.stringify(bare)).toContain("needs dictionaries");
  });

  it("scores latents by gradient, with what is left of the site", async () => {
    const sae = ["--sae", "static/models/ledger/sae/blocks.0.resid_post"];
    const request = {
      ...{ positions: [1, 2, 3, 4], readAt: 4, target: 5, minus: 6, most: 4 },
      check: { largest: 2, random: 2, seed: 1 },
    };
    const asked = ["--request", JSON.stringify(request)];
    const found = await command("call", "latentAttribution", ...PROMPT, ...sae, ...asked);
    const { latents, error, bias, whole } = found["parts"] as Record<string, number>;
    expect(latents! + error! + bias!).toBeCloseTo(whole!, 4);
    expect(found["latents"]).toHaveLength(4);
    expect((found["check"] as { all: { n: number } }).all.n).toBeGreaterThan(1);
  });

  it("plays games in every mode", async () => {
    const chain = [
      ...[
        "--model",
        "ledger",
        "--problem",
        "Ann has 3 plums . last Ann finds 4 plums . How many plums does Ann have ? Think :",
      ],
      ...["--steps", '[" last Ann 3 + 4 = 7 Ann ."]', "--answer", " 7"],
    ];
    for (const mode of ["delete", "mask", "replace", "mean", "resample", "symbol"]) {
      const game = await command(
        "shapley",
        ...chain,
        "--mode",
        mode,
        "--value",
        "probability",
        "--filler",
        " .",
      );
      expect(game).toMatchObject({ mode, value: "probability", estimator: "exact", coalitions: 2 });
      expect(Math.abs(game["residual"] as number)).toBeLessThan(1e-9);
    }
  });

  it("opens a graph of others, writes it back, and says where it is none", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vitrine-"));
    const [path, out] = [join(folder, "graph.json"), join(folder, "again.json")];
    writeFileSync(path, JSON.stringify(sampleJson()));
    const found = await command("graphFile", path, "--out", out);
    expect(found).toMatchObject({
      ...{ slug: "two-tokens", nodes: 7, links: 6, drawnNodes: 7, drawnLinks: 6, notes: [] },
      ...{ kinds: { token: 2, latent: 2, error: 1, logit: 2 }, isSameWrittenBack: true },
    });
    expect((found["scores"] as { replacement: number }).replacement).toBeCloseTo(0.8125);
    expect(JSON.parse(readFileSync(out, "utf8"))).toEqual(sampleJson());
    writeFileSync(path, '{"nodes": []}');
    const refused = await command("graphFile", path);
    expect(refused["error"]).toContain("graph.json has nothing as “links”");
    rmSync(folder, { recursive: true });
  });

  it("says what is wrong", async () => {
    const unknown = await command("call", "magic", ...PROMPT, "--request", "{}");
    expect(unknown["error"]).toContain("known: logitLens, attribution");
    const edits = await command("logits", ...PROMPT, "--edits", "{}");
    expect(edits["error"]).toBe("--edits must be a JSON list");
    expect(process.exitCode).toBe(1);
  });

  it("opens toy checkpoints with the fields that are said, and names those that are not", async () => {
    const toy = ["--model", "src/engine/formats/torch/fixtures/hookedBare.pt", "--tokens", "2,6,0,3,3"];
    const { error } = await command("logits", ...toy);
    expect(error).toMatch(
      /does not say act_fn, .*; normalization_type, .* d_model 8 \(embed\.W_E\).*--config/,
    );
    const said = '{"act_fn":"gelu","normalization_type":"LNPre"}';
    const { logits } = (await command("logits", ...toy, "--config", said)) as { logits: number[][] };
    const expected = JSON.parse(readFileSync("src/engine/formats/torch/fixtures/toys.json", "utf8"))[
      "hookedRun.pth"
    ];
    expected.logits
      .flat()
      .forEach((value: number, i: number) => expect(logits.flat()[i]).toBeCloseTo(value, 5));
    const { architecture, problems } = await command("inspect", toy[1]!, "--config", said);
    expect([architecture, problems]).toEqual(["hooked_transformer", []]);
    // The last of three epochs, and the first.
    const grok = ["--model", "src/engine/formats/torch/fixtures/grok.pth", "--tokens", "3,1,5"];
    const last = await command("logits", ...grok);
    expect(await command("logits", ...grok, "--config", '{"checkpoint":-1}')).toEqual(last);
    expect(await command("logits", ...grok, "--config", '{"checkpoint":0}')).not.toEqual(last);
  });

  it("attaches an autoencoder with the fields that its files lack", async () => {
    const toy = ["--model", "src/engine/formats/torch/fixtures/grok.pth", "--tokens", "3,1,5"];
    const folder = mkdtempSync(join(tmpdir(), "vitrine-"));
    const identity = Array.from({ length: 64 }, (_, i) => (i % 9 === 0 ? 1 : 0));
    const path = join(folder, "eye.pt");
    const tensor = (shape: number[], values: number[]) => ({ shape, values });
    const eye = sampleCheckpoint("eye.pt", {
      state_dict: {
        W_enc: tensor([8, 8], identity),
        W_dec: tensor([8, 8], identity),
        b_enc: tensor([8], new Array<number>(8).fill(0)),
        b_dec: tensor([8], new Array<number>(8).fill(0)),
      },
      act_mean: tensor([8], new Array<number>(8).fill(-100)),
    });
    writeFileSync(path, await eye.slice(0, eye.size));
    const call = ["call", "saeDecode", ...toy, "--sae", path, "--request", '{ "listed": 2 }'];
    const { error } = await command(...call);
    expect(error).toMatch(
      /eye\.pt is a sparse autoencoder and does not say dict_class.*; k, .*; site, .*--sae-config/,
    );
    const said = { dict_class: "AutoEncoderTopK", k: 8, site: "blocks.0.resid_post" };
    const found = await command(...call, "--sae-config", JSON.stringify(said));
    // Shifted by its mean every number is above 0, so that an identity gives the activation back.
    expect(found["fvu"]).toBeLessThan(1e-9);
    rmSync(folder, { recursive: true });
  });
});

it("masks by position, with pairs as rules or as a matrix", async () => {
  const logits = async (edits: object[]) =>
    (await command("logits", ...PROMPT, "--edits", JSON.stringify(edits)))["logits"] as number[][];
  const plain = await logits([]);
  const rules = await logits([{ kind: "mask", pairs: "2 <- 0; 2 <- self" }]);
  // Earlier positions do not see the masked one.
  expect(
    rules
      .slice(0, 2)
      .flat()
      .every((value, i) => Math.abs(value - plain.flat()[i]!) < 1e-4),
  ).toBe(true);
  expect(rules[2]).not.toEqual(plain[2]);
  const n = plain.length;
  const rows = plain.map((_, query) =>
    plain.map((_k, key) => Number(key <= query && !(query === 2 && key !== 1))),
  );
  expect(n).toBeGreaterThan(3);
  expect(await logits([{ kind: "mask", pairs: JSON.stringify(rows) }])).toEqual(rules);
  const wrong = await command(
    "logits",
    ...PROMPT,
    "--edits",
    JSON.stringify([{ kind: "mask", pairs: "2 < 0" }]),
  );
  expect(wrong["error"]).toMatch(/--edits: Rule 1, “2 < 0”: write queries <- keys/);
});

describe("headless problem sets", () => {
  const folder = mkdtempSync(join(tmpdir(), "vitrine-problems-"));
  const file = join(folder, "sums.jsonl");
  const row = (number: number, label: number) => ({
    prompt: `Ann has ${number} plums . Ann gets 4 plums . How many plums does Ann have ? Think :`,
    steps: [` Ann ${number} + 4 = ${number + 4} .`],
    answerPrefix: " Answer :",
    answer: String(number + 4),
    labels: label,
  });
  writeFileSync(file, [row(3, -1), row(5, 0)].map((one) => JSON.stringify(one)).join("\n"));

  it("gives Shapley values of a problem of a file, as of the same chain in options", async () => {
    const of = (...more: string[]) => command("shapley", "--model", "ledger", ...more);
    const fromFile = await of("--problems", file, "--index", "1");
    const { prompt, steps, answerPrefix } = row(5, 0);
    const typed = await of(
      ...[
        "--problem",
        prompt,
        "--steps",
        JSON.stringify(steps),
        "--answer",
        " 9",
        "--answer-prefix",
        answerPrefix,
      ],
    );
    expect(fromFile["phi"]).toEqual(typed["phi"]);
    expect(fromFile["problem"]).toEqual({ name: "line 2", firstError: 0 });
    expect(await of("--problems", file, "--index", "2")).toEqual({
      error: `--index is 2; ${file} has problems 0 to 1`,
    });
  });

  it("tells problems of one name apart", async () => {
    const twins = join(folder, "twins.jsonl");
    const rows = [row(3, -1), row(5, 0)].map((one) => JSON.stringify({ ...one, name: "easy" }));
    writeFileSync(twins, rows.join("\n"));
    const found = await command("faithfulness", "--model", "ledger", "--problems", twins, "--tests", "early");
    expect(found["labels"]).toEqual([
      { name: "easy (1)", firstError: -1 },
      { name: "easy (2)", firstError: 0 },
    ]);
  });

  it("measures faithfulness over a file, labels beside outcomes", async () => {
    const found = await command("faithfulness", "--model", "ledger", "--problems", file, "--tests", "early");
    expect(found["labels"]).toEqual([
      { name: "line 1", firstError: -1 },
      { name: "line 2", firstError: 0 },
    ]);
    expect((found["outcomes"] as { early: unknown[] }[]).map(({ early }) => early.length)).toEqual([2, 2]);
    expect(found["bad"]).toEqual([]);
    const edits = '[{"kind":"scale","site":"resid_post","layers":[0],"factor":0}]';
    const edited = await command(
      ...["faithfulness", "--model", "ledger", "--problems", file],
      ...["--tests", "early", "--edits", edits],
    );
    expect(edited["edits"]).toHaveLength(1);
    expect(edited["outcomes"]).not.toEqual(found["outcomes"]);
    const none = await command("faithfulness", "--model", "ledger", "--problems", file, "--tests", "late");
    expect(none["error"]).toContain("--tests has late; known: early");
  });
});
