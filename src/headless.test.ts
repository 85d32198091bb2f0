/** The commands that look into a pass: one JSON object each, edits with prompts given as text, errors in words. */
import { afterEach, describe, expect, it, vi } from "vitest";
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

  it("says what is wrong", async () => {
    const unknown = await command("call", "magic", ...PROMPT, "--request", "{}");
    expect(unknown["error"]).toContain("known: logitLens, attribution");
    const edits = await command("logits", ...PROMPT, "--edits", "{}");
    expect(edits["error"]).toBe("--edits must be a JSON list");
    expect(process.exitCode).toBe(1);
  });
});
