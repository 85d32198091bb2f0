/**
 * Edits that must change nothing, or whose effect is known, on any model: the same checks run on the CPU device
 * (interventions.test.ts) and on WebGPU (interventions.gpu.test.ts), on every recorded architecture.
 */
import { expect } from "vitest";
import type { Edit, NamedTokens } from "../../../protocol/interventions";
import { siteLayer, siteName } from "../../../protocol/sites";
import { sitesOf, type Model } from "../../models/model";
import { siteColumns } from "../../models/siteShape";
import { run } from "../pass/runRows";
import { resolveEdits } from "./index";

type Check = (model: Model, tokens: readonly number[]) => Promise<void>;

export const IDENTITIES: { readonly name: string; readonly check: Check }[] = [];
const identity = (name: string, check: Check) => void IDENTITIES.push({ name, check });

export type Draft = Edit extends infer E ? (E extends Edit ? Omit<E, "id" | "on"> : never) : never;
export const stack = (...edits: Draft[]): Edit[] =>
  edits.map((edit, i) => ({ ...edit, id: `e${i}`, on: true }) as Edit);

export async function capturesOf(model: Model, tokens: readonly number[], edits: Edit[], sites = ["logits"]) {
  const row = await resolveEdits(model, { tokens, edits });
  const { captures } = await run(model, { rows: [row], capture: sites });
  return new Map(captures.map(({ site, data, shape }) => [site, { data, shape }]));
}

export const logitsOf = async (model: Model, tokens: readonly number[], edits: Edit[] = []) =>
  (await capturesOf(model, tokens, edits)).get("logits")!.data;

export function worst(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

export const named = (tokens: readonly number[]): NamedTokens => ({ text: "", tokens });

/** One edit a site, over all layers; every one of them leaves the model as it is. */
function neutral(model: Model, tokens: readonly number[], kind: "scale" | "patch" | "zero"): Edit[] {
  const names = [...new Set(sitesOf(model).map(siteName))];
  return stack(
    ...names.map((site): Draft => {
      const where = { site: site as Extract<Draft, { site: unknown }>["site"] };
      if (kind === "scale") return { kind, ...where, factor: 1 };
      if (kind === "zero") return { kind, ...where, strength: 0 };
      return { kind, ...where, from: named(tokens), align: "position", strength: 1 };
    }),
  );
}

identity("gives the same logits, bit for bit, as with every site captured", async (model, tokens) => {
  const tapped = (await capturesOf(model, tokens, [], sitesOf(model))).get("logits")!.data;
  expect(tapped).toEqual(await logitsOf(model, tokens));
});

identity("captures every site in not one dispatch more, and reads back once", async (model, tokens) => {
  const { device } = model.memory;
  // Logits are computed where somebody scores them: here everywhere, as where they are captured.
  const score = tokens.map((_, position) => ({ row: 0, position, target: 0 }));
  const spent = async (capture: string[]) => {
    const { dispatches, readBacks } = device.counters;
    await run(model, { rows: [{ tokens }], score, capture });
    return {
      dispatches: device.counters.dispatches - dispatches,
      readBacks: device.counters.readBacks - readBacks,
    };
  };
  const bare = await spent([]);
  expect(bare.readBacks).toBe(1);
  expect(await spent(sitesOf(model))).toEqual(bare);
});

identity("is itself, bit for bit, with nothing on the stack", async (model, tokens) => {
  expect(await logitsOf(model, tokens, [])).toEqual(
    (await run(model, { rows: [{ tokens }], capture: ["logits"] })).captures[0]!.data,
  );
});

identity("is itself when scale leaves every site as it is", async (model, tokens) => {
  const base = await logitsOf(model, tokens);
  expect(worst(await logitsOf(model, tokens, neutral(model, tokens, "scale")), base)).toBeLessThan(1e-4);
});
identity("is itself when zero leaves every site as it is", async (model, tokens) => {
  const base = await logitsOf(model, tokens);
  expect(worst(await logitsOf(model, tokens, neutral(model, tokens, "zero")), base)).toBeLessThan(1e-4);
});
identity("is itself when patch leaves every site as it is", async (model, tokens) => {
  const base = await logitsOf(model, tokens);
  expect(worst(await logitsOf(model, tokens, neutral(model, tokens, "patch")), base)).toBeLessThan(1e-4);
});

identity("is itself with its own patterns frozen", async (model, tokens) => {
  const frozen = await logitsOf(model, tokens, stack({ kind: "freeze", what: "patterns" }));
  expect(worst(frozen, await logitsOf(model, tokens))).toBeLessThan(1e-4);
});
identity("is itself, bit for bit, with its own norms frozen", async (model, tokens) => {
  const frozen = await logitsOf(model, tokens, stack({ kind: "freeze", what: "norms" }));
  expect(frozen).toEqual(await logitsOf(model, tokens));
});

identity("adds nothing but its bias when every head is zero", async (model, tokens) => {
  const site = "blocks.0.attn_out";
  const zero = stack({ kind: "zero", site: "attn.z", strength: 1 });
  const { data, shape } = (await capturesOf(model, tokens, zero, [site])).get(site)!;
  const width = shape[1]!;
  // Every position gets the same: the bias, or nothing.
  const first = data.slice(0, width);
  tokens.forEach((_, i) => expect([...data.slice(i * width, (i + 1) * width)]).toEqual([...first]));
  const { matrixLike, bias } = attentionBias(model);
  if (!matrixLike) return;
  const stored = bias
    ? new Float32Array(
        (await model.memory.device.read([{ buffer: bias.buffer, offsetBytes: 0, sizeBytes: 4 * width }]))[0]!,
      )
    : new Float32Array(width);
  expect(worst(first, stored)).toBeLessThan(1e-6);
});

identity("reads every token alone when all other keys are knocked out", async (model, tokens) => {
  const alone = stack({ kind: "knockOut" });
  // Positions still differ where they are learned: the first token stands where a lone one would.
  const site = "blocks.0.attn.z";
  const knocked = (await capturesOf(model, tokens, alone, [site])).get(site)!;
  const single = (await capturesOf(model, tokens.slice(0, 1), [], [site])).get(site)!;
  const width = single.data.length;
  expect(worst(knocked.data.slice(0, width), single.data)).toBeLessThan(1e-5);
  // Every other token attends to itself alone: z of a head is its own value.
  const { captures } = await run(model, { rows: [{ tokens }], capture: ["blocks.0.attn.v"] });
  const { heads } = siteColumns(model.config, "blocks.0.attn.v");
  const { dHead, nHeads } = model.config;
  for (let i = 0; i < tokens.length; i++) {
    for (let head = 0; head < nHeads; head++) {
      const kv = Math.floor((head * heads) / nHeads);
      for (let d = 0; d < dHead; d++) {
        const value = captures[0]!.data[(i * heads + kv) * dHead + d]!;
        expect(knocked.data[(i * nHeads + head) * dHead + d]!).toBeCloseTo(value, 5);
      }
    }
  }
});

identity("has patterns whose rows sum to one, knocked out or not", async (model, tokens) => {
  const sites = sitesOf(model).filter((site) => site.endsWith("attn.pattern"));
  const cut = stack({ kind: "knockOut", heads: [0], keys: [0, 2], queries: { from: 2 } });
  for (const edits of [[], cut]) {
    for (const [site, { data, shape }] of await capturesOf(model, tokens, edits, sites)) {
      const [heads = 0, queries = 0, keys = 0] = shape;
      for (let row = 0; row < heads * queries; row++) {
        const sum = data.slice(row * keys, (row + 1) * keys).reduce((a, b) => a + b, 0);
        expect(sum, `${site} row ${row}`).toBeCloseTo(1, 5);
      }
      if (edits.length === 0 || siteLayer(site) !== 0) continue;
      expect(data[(0 * queries + 3) * keys + 0]).toBe(0);
      expect(data[(0 * queries + 3) * keys + 2]).toBe(0);
    }
  }
});

identity("becomes another prompt's run when its stream is patched in", async (model, tokens) => {
  const other = tokens.map((token) => (token * 7 + 3) % model.config.dVocab);
  const patched = await logitsOf(
    model,
    tokens,
    stack({ kind: "patch", site: "resid_post", from: named(other), align: "position", strength: 1 }),
  );
  expect(worst(patched, await logitsOf(model, other))).toBeLessThan(1e-5);
});

/** Where attention's output bias is, among the weights that most architectures name alike. */
function attentionBias({ weights, architecture }: Model) {
  const name = architecture.name === "gpt2" ? "h.0.attn.c_proj.bias" : "blocks.0.o.bias";
  return { matrixLike: !architecture.name.startsWith("gemma"), bias: weights.vectorIfAny(name) };
}
