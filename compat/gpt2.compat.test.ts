/** GPT-2 files that others trained and published: every recorded activation, and what the model does. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Capture } from "../src/protocol/run";
import { NEVER_CANCELLED } from "../src/protocol/cancel";
import { createCpuDevice } from "../src/engine/device/cpu";
import { openModelFiles } from "../src/engine/formats/modelFiles";
import { fileFromBytes } from "../src/engine/formats/bytes/source";
import { filesFromFolder } from "../src/engine/formats/bytes/sourceNode";
import { run } from "../src/engine/interp/pass/runRows";
import { generate } from "../src/engine/methods/generate/generate";
import { loadModel } from "../src/engine/models/loading/loadModel";
import type { Model } from "../src/engine/models/model";

const FOLDER = resolve(process.env["VITRINE_COMPAT"] ?? "../shared/compat");
const json = (path: string) => JSON.parse(readFileSync(join(FOLDER, path), "utf8"));

describe.skipIf(!existsSync(FOLDER))("gpt_nano_sort", async () => {
  let model: Model;
  const load = async () => {
    const files = await openModelFiles(await filesFromFolder(join(FOLDER, "gpt_nano_sort")));
    return (await loadModel(await createCpuDevice(), files, "auto", NEVER_CANCELLED)).model;
  };

  interface Recorded {
    shape: number[];
    data: string;
  }
  const floats = ({ data }: Recorded) => new Float32Array(new Uint8Array(Buffer.from(data, "base64")).buffer);
  const recordedNames = {
    tok_emb: "embed",
    x: "blocks.0.resid_pre",
    ln1: "blocks.0.ln1.normalized",
    q: "blocks.0.attn.q",
    k: "blocks.0.attn.k",
    v: "blocks.0.attn.v",
    att: "blocks.0.attn.scores",
    attSm: "blocks.0.attn.pattern",
    y: "blocks.0.attn.z",
    yProj: "blocks.0.attn_out",
    attnResid: "blocks.0.resid_mid",
    ln2: "blocks.0.ln2.normalized",
    fc: "blocks.0.mlp.pre",
    gelu: "blocks.0.mlp.post",
    mlp: "blocks.0.mlp_out",
    block0: "blocks.0.resid_post",
    block1: "blocks.1.resid_post",
    block2: "blocks.2.resid_post",
    ln_f: "ln_final.normalized",
    lm_head: "logits",
  };

  it("equals all published intermediate tensors to 1e-5 at every site", async () => {
    model = await load();
    const partials = json("gpt_nano_sort/gpt-nano-sort-t0-partials.json");
    const idx = floats(partials.idx);
    const rows = [0, 1, 2].map((b) => ({ tokens: [...idx.subarray(b * 11, (b + 1) * 11)] }));
    const { captures } = await run(model, { rows, capture: Object.values(recordedNames) });
    let worst = 0;
    for (const [name, site] of Object.entries(recordedNames)) {
      const expected = floats(partials[name]);
      const perRow = expected.length / 3;
      for (const capture of captures.filter((found) => found.site === site)) {
        const want = expected.subarray(capture.row * perRow, (capture.row + 1) * perRow);
        const got = /attn\.[qkv]$/.test(site) ? headsFirst(capture) : capture.data;
        expect(got.length).toBe(want.length);
        want.forEach((value, i) => {
          if (Number.isFinite(value))
            worst = Math.max(worst, Math.abs(value - got[i]!) / Math.max(1, Math.abs(value)));
          else expect(got[i]).toBe(value);
        });
        expect(worst, `${site}, row ${capture.row}`).toBeLessThan(1e-5);
      }
    }
    console.log(
      `gpt_nano_sort: ${Object.keys(recordedNames).length} sites, largest difference ${worst.toExponential(1)}`,
    );
  });

  it("sorts all 729 inputs", async () => {
    let sorted = 0;
    for (let n = 0; n < 729; n++) {
      const tokens = [...n.toString(3).padStart(6, "0")].map(Number);
      const request = { tokens, maxTokens: 6, temperature: 0, topK: 0, topP: 1, seed: 0, stopIds: [] };
      const { tokens: made } = await generate(model, request, NEVER_CANCELLED);
      if ([...tokens].sort().join() === made.join()) sorted++;
    }
    expect(sorted).toBe(729);
  });
});

/** [pos, head, dHead] → [head, pos, dHead], as the recording has it. */
function headsFirst({ shape, data }: Capture): Float32Array {
  const [pos = 0, heads = 0, dHead = 0] = shape;
  return Float32Array.from(data, (_, i) => {
    const [head, rest] = [Math.floor(i / (pos * dHead)), i % (pos * dHead)];
    return data[(Math.floor(rest / dHead) * heads + head) * dHead + (rest % dHead)]!;
  });
}

describe.skipIf(!existsSync(FOLDER))("tiny_gpt2", () => {
  it.each(["f32", "auto"] as const)("gives the published logits to 1e-5 (%s)", async (precision) => {
    const { config, sequences, logits } = json("tiny_archs/tiny_gpt2_logits.json");
    const { vocab: vocab_size, ...sizes } = config;
    const configJson = new TextEncoder().encode(JSON.stringify({ model_type: "gpt2", ...sizes, vocab_size }));
    const weights = new Uint8Array(readFileSync(join(FOLDER, "tiny_archs/tiny_gpt2.safetensors")));
    const files = [fileFromBytes("config.json", configJson), fileFromBytes("model.safetensors", weights)];
    const { model } = await loadModel(
      await createCpuDevice(),
      await openModelFiles(files),
      precision,
      NEVER_CANCELLED,
    );
    const { captures } = await run(model, {
      rows: sequences.map((tokens: number[]) => ({ tokens })),
      capture: ["logits"],
    });
    for (const { row, data } of captures) {
      logits[row]
        .flat()
        .forEach((value: number, i: number) => expect(Math.abs(value - data[i]!)).toBeLessThan(1e-5));
    }
  });
});
