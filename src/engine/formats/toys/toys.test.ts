/** Checkpoints of toy projects as their scripts save them: opened by what is in them, their logits those of numpy. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { createCpuDevice } from "../../device/cpu";
import { run } from "../../interp/pass/runRows";
import { loadModel } from "../../models/loading/loadModel";
import { MissingFieldsError } from "../missingFields";
import { openModelFiles } from "../modelFiles";
import type { ModelFiles } from "../storedModel";
import { fileFromBytes, type FileSet } from "../bytes/source";
import { fixture } from "../torch/torch.samples";

const EXPECTED = JSON.parse(
  readFileSync(fileURLToPath(new URL("../torch/fixtures/toys.json", import.meta.url)), "utf8"),
) as Record<string, { tokens: number[]; logits: number[][] }>;

const said = (fields: object) =>
  fileFromBytes("vitrine.config.json", new TextEncoder().encode(JSON.stringify(fields)));

async function largestDifference(files: ModelFiles, name: string): Promise<number> {
  const { tokens, logits } = EXPECTED[name]!;
  const { model } = await loadModel(await createCpuDevice(), files, "f32", NEVER_CANCELLED);
  const { captures } = await run(model, { rows: [{ tokens }], capture: ["logits"] });
  const flat = logits.flat();
  expect(captures[0]!.data).toHaveLength(flat.length);
  return Math.max(...flat.map((value, i) => Math.abs(value - captures[0]!.data[i]!)));
}

/** Files, the recording, which checkpoint is opened. */
const CASES: Readonly<Record<string, readonly [FileSet, string, number?]>> = {
  "the progress measures' layout, the last of its epochs": [[fixture("grok.pth")], "grok.pth", 2],
  "an epoch that was chosen": [[fixture("grok.pth"), said({ checkpoint: 1 })], "grok.pth, epoch 100", 1],
  "a HookedTransformer with its settings as an object": [[fixture("hookedRun.pth")], "hookedRun.pth", 1],
  "its earlier checkpoint": [
    [fixture("hookedRun.pth"), said({ checkpoint: 0 })],
    ...(["hookedRun.pth, epoch 99", 0] as const),
  ],
  "a HookedTransformer with two fields said": [
    [fixture("hookedBare.pt"), said({ act_fn: "gelu", normalization_type: "LNPre" })],
    "hookedRun.pth",
  ],
  "nanoGPT's checkpoint": [[fixture("nanoGpt.pt")], "nanoGpt.pt"],
};

describe("toy checkpoints", () => {
  it.each(Object.entries(CASES))("%s has the logits of numpy", async (_, [files, name, chosen]) => {
    const opened = await openModelFiles(files);
    expect(await largestDifference(opened, name)).toBeLessThan(1e-5);
    expect(opened.checkpoints?.chosen).toBe(chosen);
  });

  it("say what was taken from the file, and what was left out", async () => {
    const { config, notes, checkpoints } = await openModelFiles([fixture("grok.pth")]);
    expect(config).toMatchObject({
      ...{ model_type: "hooked_transformer", n_layers: 1, d_model: 8, n_heads: 2, d_head: 4, d_mlp: 12 },
      ...{ d_vocab: 6, n_ctx: 3, act_fn: "relu", normalization_type: null },
    });
    expect(checkpoints?.names).toEqual(["0", "100", "200"]);
    expect(notes.join(" ")).toMatch(/Its config was taken from the file: n_layers 1, d_model 8/);
    expect(notes.join(" ")).toMatch(/left out what is no weight of the model: epochs, config, train_losses/);
    expect(notes.join(" ")).toMatch(/holds 3 checkpoints; this is the one called 200/);
    // What is said of the training is not what is said of the model.
    expect((await openModelFiles([fixture("nanoGpt.pt")])).config).toMatchObject({ n_head: 2, bias: false });
    expect((await openModelFiles([fixture("hookedRun.pth")])).checkpoints?.names).toEqual(["99", "final"]);
  });

  it("ask for what no shape tells, with what the shapes told", async () => {
    const refused = await openModelFiles([fixture("hookedBare.pt")]).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(MissingFieldsError);
    const { report, message } = refused as MissingFieldsError;
    expect(report.wanted.map(({ name }) => name)).toEqual(["act_fn", "normalization_type"]);
    expect(report.known).toContainEqual({ name: "d_head", value: 3, from: "blocks.0.attn.W_Q" });
    expect(message).toMatch(/hookedBare\.pt is a TransformerLens state dict and does not say act_fn/);
    expect(message).toMatch(/normalization_type, .* \(one of null, "LNPre", "RMSPre"\)/);
    expect(message).toMatch(
      /d_vocab 7 \(embed\.W_E\).*--config '\{"act_fn":"relu","normalization_type":null\}'/,
    );
  });

  it("that are said to hold a checkpoint which they do not are refused", async () => {
    await expect(openModelFiles([fixture("grok.pth"), said({ checkpoint: 3 })])).rejects.toThrow(
      /holds 3 checkpoints: checkpoint is 3, expected 0 to 2/,
    );
  });

  it("leave a config of another architecture what it is", async () => {
    const { config } = await openModelFiles([fixture("nanoGpt.pt"), said({ model_type: "mamba" })]);
    expect(config["model_type"]).toBe("mamba");
  });
});
