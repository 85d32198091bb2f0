/** The identities of identities.samples.ts on a real WebGPU adapter, and its edited logits against the CPU device's. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Device } from "../../device/device";
import { sharedCpu, sharedWebGpu } from "../../device/shared.samples";
import { GOLDEN_FOLDERS, loadGolden } from "../../models/goldenUrls.samples";
import { IDENTITIES, logitsOf, named, stack, worst } from "./identities.samples";
import { MASK_CHECKS } from "./masks.samples";

const TOKENS = [1, 5, 2, 7, 5, 2, 3, 1];

let device: Device;
beforeAll(async () => {
  device = await sharedWebGpu();
});

/** Variants whose tensors pass the same kernels as another folder's; the CPU device checks all of them. */
const SAME_KERNELS = [
  ...["bloom_on_normed", "gemma", "gpt_bigcode_heads", "gptj", "opt_after", "opt_bare"],
  ...["phi3", "phi3_partial", "starcoder2"],
];
/** One for each way of attending: plain, windows and caps, fewer key heads, distances (ALiBi), keys without positions. */
const ATTENTION = ["tinyGpt2", "gemma2", "llama", "bloom", "tl_shortformer"];

describe.each(GOLDEN_FOLDERS.filter((folder) => !SAME_KERNELS.includes(folder)))("%s", (folder) => {
  it.each([...IDENTITIES, ...(ATTENTION.includes(folder) ? MASK_CHECKS : [])])("$name", async ({ check }) => {
    await check(await loadGolden(folder, device), TOKENS);
  });

  it("edits to the same numbers as the CPU device", async () => {
    const from = named([2, 2, 1, 1, 3, 4, 5, 6]);
    const edits = stack(
      { kind: "patch", site: "attn.z", heads: [0], from, align: "position", strength: 0.5 },
      { kind: "knockOut", layers: [0], keys: [1], queries: { from: 4 } },
      { kind: "scale", site: "resid_post", layers: [0], factor: 1.5, positions: [2, 3] },
    );
    const cpu = await logitsOf(await loadGolden(folder, await sharedCpu()), TOKENS, edits);
    expect(worst(await logitsOf(await loadGolden(folder, device), TOKENS, edits), cpu)).toBeLessThan(1e-4);
  });
});

it("finds the folders that stand for the others", () => {
  expect(GOLDEN_FOLDERS).toEqual(expect.arrayContaining([...SAME_KERNELS, ...ATTENTION]));
});
