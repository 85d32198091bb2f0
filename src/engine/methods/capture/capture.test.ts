/** Captures of several prompts: every site in its planned shape, the same numbers as one prompt's own run. */
import { beforeAll, describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Edit, EditedPrompt } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import { resolveEdits } from "../../interp/interventions/index";
import { run } from "../../interp/pass/runRows";
import { GOLDEN_RUNS, loadChanged, openFolder } from "../../models/golden.samples";
import { sitesOf, type Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { capture, type CapturedTensor, generationBytes, planCapture } from "./capture";

const ZERO: Edit = { id: "a", on: true, kind: "zero", site: "attn.z", layers: [0], heads: [1], strength: 1 };
const TOKEN: Edit = { id: "b", on: true, kind: "token", position: 1, token: 4, text: "4" };
const PROMPTS: EditedPrompt[] = [{ tokens: [3, 1, 4, 1, 5] }, { tokens: [2, 7, 1], edits: [ZERO, TOKEN] }];

let model: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice());
});

/** Every prompt in a run of its own. */
async function alone(of: Model, sites: readonly string[]) {
  const captured = [];
  for (const [prompt, edited] of PROMPTS.entries()) {
    const { captures } = await run(of, { rows: [await resolveEdits(of, edited)], capture: sites });
    captured.push(...captures.map(({ site, shape, data }) => ({ prompt, site, shape, data })));
  }
  return captured;
}

function expectClose(actual: readonly CapturedTensor[], expected: readonly CapturedTensor[]) {
  expect(actual.length).toBe(expected.length);
  for (const { prompt, site, data } of actual) {
    const own = expected.find((other) => other.prompt === prompt && other.site === site)!;
    data.forEach((value, i) => {
      if (value !== own.data[i]) expect(value, `${prompt} ${site}[${i}]`).toBeCloseTo(own.data[i]!, 5);
    });
  }
}

describe("capture", () => {
  it("reads all prompts back in one go, in the order asked", async () => {
    const sites = sitesOf(model).toReversed();
    const { counters } = model.memory.device;
    const before = { ...counters };
    const captured = await capture(model, { prompts: PROMPTS, sites }, NEVER_CANCELLED);
    expect(counters.readBacks - before.readBacks).toBe(1);
    expect(captured.map(({ prompt, site }) => [prompt, site])).toEqual(
      PROMPTS.flatMap((_, prompt) => sites.map((site) => [prompt, site])),
    );
    const plan = planCapture(model, { prompts: PROMPTS, sites });
    expect(captured.map(({ site, shape, data }) => ({ site, shape, bytes: data.byteLength }))).toEqual(
      plan.tensors,
    );
    expectClose(captured, await alone(model, sites));
    const z = captured.find(({ prompt, site }) => prompt === 1 && site === "blocks.0.attn.z")!;
    expect([...z.data.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
  });

  it("divides what one run cannot hold over several, with the same numbers", async () => {
    const { counters } = model.memory.device;
    const sites = sitesOf(model).filter((site) => site !== "logits");
    const request = { prompts: [...PROMPTS, ...PROMPTS], sites };
    const captured = await capture(model, request, NEVER_CANCELLED);
    // Of the long prompts not all sites fit into one run, of the short ones they do, but not of two prompts.
    const [long = 0, short = 0] = PROMPTS.map(
      (prompt) => planCapture(model, { prompts: [prompt], sites }).bytes,
    );
    const before = counters.readBacks;
    const divided = await capture(model, request, NEVER_CANCELLED, 0.9 * Math.min(long, 2 * short));
    expect(counters.readBacks - before).toBe(6);
    expect(divided.map(({ prompt, site }) => [prompt, site])).toEqual(
      captured.map(({ prompt, site }) => [prompt, site]),
    );
    expectClose(divided, captured);
  });

  it("takes sites in either spelling, each once", async () => {
    const sites = ["blocks.1.hook_resid_pre", "blocks.1.resid_pre", "hook_embed"];
    const captured = await capture(model, { prompts: PROMPTS.slice(0, 1), sites }, NEVER_CANCELLED);
    expect(captured.map(({ site }) => site)).toEqual(["blocks.1.resid_pre", "embed"]);
  });

  it("refuses prompts that cannot be read, and sites that are not there", () => {
    const plan = (tokens: number[], site = "embed") =>
      planCapture(model, { prompts: [{ tokens }], sites: [site] });
    expect(() => plan([])).toThrow("Prompt 0 is empty");
    expect(() => plan(new Array<number>(65).fill(1))).toThrow("65 tokens and this model reads 64");
    expect(() => plan([1], "blocks.2.resid_pre")).toThrow("no site blocks.2.resid_pre");
  });

  it("plans a generation by the longest that it may become", () => {
    const request = { tokens: [1, 2], temperature: 0, topK: 0, topP: 1, seed: 0, stopIds: [] };
    const bytes = (maxTokens: number) =>
      generationBytes(model, { ...request, maxTokens, capture: ["embed", "blocks.0.attn.pattern"] });
    expect(bytes(4)).toBe(4 * (5 * 8 + 2 * 5 * 5));
    expect(bytes(1000)).toBe(4 * (64 * 8 + 2 * 64 * 64));
    expect(generationBytes(model, { ...request, maxTokens: 4 })).toBe(0);
  });
});

it.each(GOLDEN_RUNS.filter(([, change]) => change === undefined))(
  "plans the shape of every site of %s",
  async (folder) => {
    const own = await loadChanged(await openFolder(folder));
    const request = { prompts: [{ tokens: [1, 2, 3] }], sites: sitesOf(own) };
    const { tensors } = planCapture(own, request);
    const captured = await capture(own, request, NEVER_CANCELLED);
    expect(captured.map(({ site, shape }) => ({ site, shape }))).toEqual(
      tensors.map(({ site, shape }) => ({ site, shape })),
    );
  },
);
