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

  it("says what is wrong", async () => {
    const unknown = await command("call", "magic", ...PROMPT, "--request", "{}");
    expect(unknown["error"]).toContain("known: logitLens, attribution");
    const edits = await command("logits", ...PROMPT, "--edits", "{}");
    expect(edits["error"]).toBe("--edits must be a JSON list");
    expect(process.exitCode).toBe(1);
  });
});
