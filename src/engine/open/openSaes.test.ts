/** The autoencoders that ship with `ledger`, through the engine: attached, decoded, spliced in, changed, refused, moved. */
import { beforeAll, describe, expect, it } from "vitest";
import type { EngineApi } from "../../protocol/api";
import type { SaeInfo } from "../../protocol/sae/features";
import type { Edit } from "../../protocol/interventions";
import { createNodeEngine } from "../hosts/nodeHost";

const PROBLEM = [
  "Cat has 7 plums . last Cat loses 6 plums . Ann has 8 plums . first Ann sells 2 plums . last Ann eats 3 plums .",
  "Kim has 0 plums . last Kim picks 1 plums . Kim likes 4 birds . How many plums do Kim and Ann have in all ? Think :",
  "last Cat 7 - 6 = 1 Cat . first Ann 8 - 2 = 6 . last Ann 6 - 3 = 3 Ann . last Kim 0 + 1 = 1 Kim . Answer Kim + Ann : 4",
].join(" ");

let engine: EngineApi;
let tokens: number[];
let saes: SaeInfo[];
beforeAll(async () => {
  engine = createNodeEngine("static/models");
  await engine.openDevice("cpu");
  await engine.loadModel({ kind: "embedded", name: "ledger" }, "auto", "load");
  tokens = (await engine.tokenize(PROBLEM, true)).map(({ id }) => id);
  saes = [];
  for (const layer of [0, 1, 2, 3]) saes.push(...(await attach(`blocks.${layer}.resid_post`)));
});
const attach = (folder: string) =>
  engine.attachSaes({ kind: "embedded", model: "ledger", folder }, undefined, "attach");

async function logits(...edits: Edit[]): Promise<Float32Array> {
  const [tensor] = await engine.capture({ prompts: [{ tokens, edits }], sites: ["logits"] }, "logits");
  const [rows = 0, cols = 0] = tensor!.shape;
  const window = { id: tensor!.id, leading: [], rows: [0, rows], cols: [0, cols] } as const;
  const { data } = await engine.readTensor({ ...window, maxRows: rows, maxCols: cols });
  await engine.releaseTensors([tensor!.id]);
  return data;
}
const latentEdit = (fields: object): Edit =>
  ({
    id: "e",
    on: true,
    kind: "latent",
    op: "ablate",
    amount: 0,
    error: "kept",
    latents: [],
    ...fields,
  }) as unknown as Edit;
const named = ({ name, sha256 }: SaeInfo) => ({ name, sha256 });

describe("autoencoders of ledger", () => {
  it("say what they are", () => {
    expect(saes.map(({ siteIn }) => siteIn)).toEqual([0, 1, 2, 3].map((l) => `blocks.${l}.resid_post`));
    expect(saes[2]).toMatchObject({ activation: "topk", k: 8, nLatents: 512, dIn: 96, notes: [] });
    expect(new Set(saes.map(({ id }) => id)).size).toBe(4);
  });

  it("decode a prompt as well as their card says", async () => {
    for (const { id } of saes) {
      const result = await engine.saeDecode({ sae: id, prompt: { tokens }, listed: 4 }, "decode");
      expect(result.fvu).toBeGreaterThan(0.001);
      expect(result.fvu).toBeLessThan(0.06);
      expect(result.n).toBe(tokens.length - 1);
      expect(Math.max(...result.l0)).toBe(8);
      const row = result.values.subarray(40, 44);
      expect([...row].sort((a, b) => b - a)).toEqual([...row]);
      expect(result.ids).toHaveLength(4 * tokens.length);
    }
  });

  it("get better with more latents, and the trained k is what decoding uses", async () => {
    const { id } = saes[1]!;
    const prompt = { tokens };
    const { fvu } = await engine.saeCodeCurve({ sae: id, prompt, ks: [1, 2, 4, 8] }, "curve");
    expect([...fvu].sort((a, b) => b - a)).toEqual([...fvu]);
    const decoded = await engine.saeDecode({ sae: id, prompt, listed: 1 }, "decode");
    expect(fvu[3]).toBeCloseTo(decoded.fvu, 6);
    const fewer = await engine.saeDecode({ sae: id, prompt, k: 2, listed: 4 }, "decode");
    expect(fvu[1]).toBeCloseTo(fewer.fvu, 6);
  });

  it("decode by a prefix of their latents, as an autoencoder by itself", async () => {
    const ask = { sae: saes[1]!.id, prompt: { tokens }, listed: 8 };
    const part = await engine.saeDecode({ ...ask, prefix: 100 }, "decode");
    const whole = await engine.saeDecode(ask, "decode");
    expect(Math.max(...part.ids.filter((id) => id !== 0xffffffff))).toBeLessThan(100);
    expect(part.fvu).toBeGreaterThan(whole.fvu);
    expect(await engine.saeDecode({ ...ask, prefix: 512 }, "decode")).toEqual(whole);
    await expect(engine.saeDecode({ ...ask, prefix: 513 }, "decode")).rejects.toThrow(/prefix of 513/);
  });

  it("lose little when their reconstruction is spliced in", async () => {
    for (const { id } of saes) {
      const { clean, spliced, zero, lossRecovered, kl, n } = await engine.saeSplice(
        { sae: id, prompt: { tokens } },
        "splice",
      );
      expect(zero).toBeGreaterThan(clean + 1);
      expect(lossRecovered).toBeCloseTo((zero - spliced) / (zero - clean), 6);
      expect(lossRecovered).toBeGreaterThan(0.99);
      expect(kl).toBeGreaterThanOrEqual(0);
      expect(n).toBe(tokens.length - 1);
    }
  });

  it("splice as an edit with nothing but the error term dropped does", async () => {
    const sae = named(saes[3]!);
    const edit = latentEdit({ sae, error: "dropped", positions: { from: 1 } });
    const changed = await logits(edit);
    const cols = changed.length / tokens.length;
    const loss = (data: Float32Array) => {
      let sum = 0;
      for (let position = 0; position < tokens.length - 1; position++) {
        const row = data.subarray(position * cols, (position + 1) * cols);
        const most = Math.max(...row);
        const total = row.reduce((all, x) => all + Math.exp(x - most), 0);
        sum -= row[tokens[position + 1]!]! - most - Math.log(total);
      }
      return sum / (tokens.length - 1);
    };
    const { spliced, clean } = await engine.saeSplice({ sae: saes[3]!.id, prompt: { tokens } }, "splice");
    expect(loss(changed)).toBeCloseTo(spliced, 4);
    expect(loss(await logits())).toBeCloseTo(clean, 4);
  });

  it("are changed by edits, which stay identities where nothing changes", async () => {
    const before = await logits();
    const sae = named(saes[2]!);
    expect(await logits(latentEdit({ sae, latents: [5], op: "scale", amount: 1 }))).toEqual(before);
    const decoded = await engine.saeDecode({ sae: saes[2]!.id, prompt: { tokens }, listed: 1 }, "decode");
    const active = decoded.ids[20]!;
    expect(await logits(latentEdit({ sae, latents: [active] }))).not.toEqual(before);
    const other = latentEdit({ sae: { name: "gone", sha256: "00" }, latents: [1] });
    await expect(logits(other)).rejects.toThrow(/gone.*not attached/);
  });

  it("have latents that are their weights", async () => {
    const { id } = saes[3]!;
    const latent = 17;
    const found = await engine.saeLatent({ sae: id, latent, k: 3 }, "latent");
    expect(found.decoderNorm).toBeCloseTo(1, 2);
    // Adding the latent to the last residual stream moves the logits as its effects say, up to the norm's scale.
    const { name, sha256 } = saes[3]!;
    const add = (amount: number) =>
      logits(latentEdit({ sae: { name, sha256 }, latents: [latent], op: "add", amount }));
    const [before, after] = [await logits(), await add(1e-2)];
    const cols = before.length / tokens.length;
    const moved = (position: number) => {
      const change = Array.from(
        { length: cols },
        (_, i) => after[position * cols + i]! - before[position * cols + i]!,
      );
      const mean = change.reduce((sum, value) => sum + value, 0) / cols;
      return change.map((value) => value - mean);
    };
    const [first, second] = found.promotes.values;
    // To first order the norm's scale moves too; the order of the extremes is that of the direct effect.
    const change = moved(40);
    expect(found.promotes.values[0]).toBeGreaterThan(0);
    expect(found.suppresses.values[0]).toBeLessThan(0);
    expect(first).toBeGreaterThanOrEqual(second!);
    expect(change[found.promotes.ids[0]!]).toBeGreaterThan(change[found.suppresses.ids[0]!]!);
    const { ids, cosines } = found.neighbours;
    expect([ids.length, ids.includes(latent)]).toEqual([3, false]);
    expect(cosines[0]).toBeLessThanOrEqual(1);
    const back = await engine.saeLatent({ sae: id, latent: ids[0]!, k: 511 }, "latent");
    expect(back.neighbours.cosines[back.neighbours.ids.indexOf(latent)]).toBeCloseTo(cosines[0]!, 5);
    await expect(engine.saeLatent({ sae: id, latent: 512, k: 1 }, "latent")).rejects.toThrow(
      /latents 0 to 511/,
    );
  });

  it("add parts of their own to a logit that is taken apart", async () => {
    const sae = named(saes[1]!);
    const position = tokens.length - 2;
    const target = tokens.at(-1)!;
    for (const error of ["kept", "dropped"]) {
      const edits = [latentEdit({ sae, latents: [5], op: "clamp", amount: 40, error })];
      const found = await engine.attribution({ prompt: { tokens, edits }, position, target });
      expect(Math.abs(found.residual)).toBeLessThan(1e-4 * (1 + Math.abs(found.logit)));
      const edit = found.parts.find(({ kind }) => kind === "edit");
      expect(edit?.component).toBe("blocks.1.resid_post");
    }
    const elsewhere = latentEdit({ sae, latents: [5], op: "clamp", amount: 40, positions: [3] });
    const { parts, residual } = await engine.attribution({
      prompt: { tokens, edits: [elsewhere] },
      position,
      target,
    });
    expect([parts.filter(({ kind }) => kind === "edit").length, Math.abs(residual) < 1e-3]).toEqual([
      0,
      true,
    ]);
  });

  it("are refused where they do not fit, and nothing is lost", async () => {
    const files = { kind: "files", name: "x", files: [new File(["{}"], "cfg.json")] } as const;
    await expect(engine.attachSaes(files, undefined, "attach")).rejects.toThrow(/No sparse autoencoder/);
    expect(await engine.saes()).toHaveLength(4);
    await expect(engine.saeDecode({ sae: 99, prompt: { tokens }, listed: 1 }, "decode")).rejects.toThrow(
      /No autoencoder 99/,
    );
    await expect(
      engine.saeDecode({ sae: saes[0]!.id, prompt: { tokens }, listed: 0 }, "decode"),
    ).rejects.toThrow(/latents were asked/);
  });

  it("move with the model to another device, and go with it", async () => {
    const ask = { sae: saes[0]!.id, prompt: { tokens }, listed: 2 };
    const before = await engine.saeDecode(ask, "decode");
    await engine.openDevice("cpu");
    expect(await engine.saeDecode(ask, "decode")).toEqual(before);
    await engine.detachSae(saes[3]!.id);
    expect(await engine.saes()).toHaveLength(3);
    await engine.loadModel({ kind: "embedded", name: "ledger-posthoc" }, "auto", "load");
    expect(await engine.saes()).toEqual([]);
    const [strange] = await attach("blocks.0.resid_post");
    // Another model of the same shape: it fits, and its numbers are bad at once.
    const decoded = await engine.saeDecode({ ...ask, sae: strange!.id }, "decode");
    expect(decoded.fvu).toBeGreaterThan(0.3);
  });
});
