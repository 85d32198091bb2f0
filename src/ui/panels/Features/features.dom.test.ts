/** What the panel asks the engine, and which autoencoder and latent it is about. */
import { beforeEach, expect, it, vi } from "vitest";
import type { EngineApi } from "../../../protocol/api";
import {
  NO_LATENT,
  type DecodeRequest,
  type DecodeResult,
  type LatentEffectsRequest,
  type SaeInfo,
} from "../../../protocol/sae/features";
import type { LatentAttributionRequest } from "../../../protocol/gradients/latentAttributions";
import type { Session } from "../../state/session.svelte";
import { inRoot } from "../../state/testRoot.svelte";
import { startTestSession } from "../../state/testSession";
import { createTestEngine } from "../../state/testEngine";
import { FeaturesState } from "./features.svelte";

const sae = (id: number, activation: SaeInfo["activation"]): SaeInfo => ({
  ...{ id, name: `sae ${id}`, layout: "SAELens", sha256: String(id).repeat(64), activation },
  ...{ dIn: 8, dOut: 8, nLatents: 32, input: { scheme: "none" }, prefixes: [8], hasSkip: false },
  ...{ siteIn: "blocks.0.resid_post", siteOut: "blocks.0.resid_post", weightBytes: 1, notes: [] },
  ...(activation === "topk" ? { k: 2 } : {}),
});

/** Latent 3 + position, and 1, at every position. */
function code({ prompt, listed }: DecodeRequest): DecodeResult {
  const n = prompt.tokens.length;
  const ids = new Uint32Array(n * listed).fill(NO_LATENT);
  const values = new Float32Array(n * listed);
  for (let p = 0; p < n; p++) {
    ids.set([3 + p, 1], p * listed);
    values.set([5, 2], p * listed);
  }
  const each = new Float32Array(n).fill(2);
  return { ids, values, listed, l0: each, squaredErrors: each, variances: each, cosines: each, fvu: 0.5, n };
}

let asked: { decode: DecodeRequest[]; effects: LatentEffectsRequest[]; curves: number };
const attributed: LatentAttributionRequest[] = [];
let session: Session;
let features: FeaturesState;
const decode = () => void features.decoded.ask(features.decode(session.prompt!, features.sae!));
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

beforeEach(async () => {
  vi.stubGlobal("fetch", async () => Response.json([]));
  asked = { decode: [], effects: [], curves: 0 };
  const engine = createTestEngine();
  Object.assign(engine, {
    saes: async () => [sae(1, "topk"), sae(2, "relu")],
    detachSae: async () => undefined,
    saeDecode: async (request: DecodeRequest) => {
      asked.decode.push(request);
      return code(request);
    },
    saeSplice: async () => ({
      clean: 1,
      spliced: 2,
      zero: 3,
      zeroError: 0.1,
      lossRecovered: 0.5,
      kl: 0,
      n: 3,
    }),
    saeCodeCurve: async () => {
      asked.curves++;
      return { ks: [1], fvu: [1] };
    },
    saeEffects: async (request: LatentEffectsRequest) => {
      asked.effects.push(request);
      return [{ latent: 1, value: 2, position: 0, direct: NaN, ablation: 0.5 }];
    },
    latentAttribution: async (request: LatentAttributionRequest) => {
      attributed.push(request);
      return { latents: [] };
    },
    run: async () => ({ top: [{ ids: Uint32Array.of(9), logProbs: Float32Array.of(0) }] }),
  } as unknown as Partial<EngineApi>);
  ({ session } = await startTestSession(engine));
  await session.saes.refresh();
  features = inRoot(() => new FeaturesState(session)).made;
});

it("is about the first autoencoder and the most active latent of the position, until others are chosen", async () => {
  expect(features.sae?.id).toBe(1);
  decode();
  await settled();
  session.selection.pinned = 2;
  expect(features.latent).toBe(5);
  features.choose(99);
  expect(features.latent).toBe(31);
  features.chooseSae(sae(2, "relu"));
  expect([features.sae?.id, session.selection.latent]).toEqual([2, undefined]);
  session.selection.sae = "of another visit";
  expect(features.sae?.id).toBe(1);
});

it("decodes with another k only where the code is TopK, and with a prefix that exists", async () => {
  features.view.k = 4;
  features.view.prefix = 8;
  decode();
  expect(asked.decode[0]).toMatchObject({ sae: 1, k: 4, prefix: 8, listed: 32 });
  features.chooseSae(sae(2, "relu"));
  features.view.prefix = 9;
  decode();
  await settled();
  expect(asked.decode.at(-1)).not.toHaveProperty("k");
  expect(asked.decode.at(-1)).not.toHaveProperty("prefix");
  expect(features.measureCurve(session.prompt!, features.sae!)).toBeUndefined();
  expect(asked.curves).toBe(0);
});

it("decodes without the edits too where there are any", async () => {
  session.edits.add({ kind: "zero", site: "attn.z", layers: [0], strength: 1 });
  decode();
  await settled();
  expect(asked.decode.map(({ prompt }) => prompt.edits?.length ?? 0)).toEqual([1, 0]);
  expect(features.decoded.value?.baseline?.fvu).toBe(0.5);
  expect(features.caption).toContain("TopK 2 of 32 latents at blocks.0.resid_post");
});

it("measures effects on what the model expects, or on what is typed", async () => {
  const where = { positions: [1, 2], readAt: 2 };
  const typed = { target: "", minus: "", most: 8 };
  const measure = (names: typeof typed) =>
    features.effects.ask(features.measureEffects(session.prompt!, features.sae!, where, names));
  await measure(typed);
  expect(asked.effects[0]).toMatchObject({ target: 9, most: 8, ...where });
  expect(asked.effects[0]).not.toHaveProperty("minus");
  expect(features.effects.value?.byLatent.get(1)?.ablation).toBe(0.5);
  await measure({ ...typed, target: "#4", minus: "#5" });
  expect(asked.effects[1]).toMatchObject({ target: 4, minus: 5 });
});

it("keeps an autoencoder the same object when the list is read again", async () => {
  const before = features.sae;
  await session.saes.detach(7);
  expect(features.sae).toBe(before);
});

it("asks for latents by gradient on the same logit, with a check unless none is wanted", async () => {
  attributed.length = 0;
  const at = { positions: [0, 1], readAt: 1 };
  const view = { target: "", minus: "", gradientPoints: 0, gradientChecks: 4, gradientSeed: 5 };
  const ask = (own: Partial<typeof view>) =>
    features.attributed.ask(features.attribute(session.prompt!, features.sae!, at, { ...view, ...own }));
  await ask({});
  expect(attributed[0]).toMatchObject({
    sae: 1,
    ...at,
    target: 9,
    check: { largest: 4, random: 4, seed: 5 },
  });
  expect(attributed[0]).not.toHaveProperty("steps");
  expect(features.attributed.value).toMatchObject({ complete: true, ...at });
  await ask({ gradientPoints: 8, gradientChecks: 0 });
  expect(attributed[1]).toMatchObject({ steps: 8, most: 32 });
  expect(attributed[1]).not.toHaveProperty("check");
});
