/** Site names in both spellings. */
import { describe, expect, it } from "vitest";
import { allSites, canonicalSite, toHookName } from "./sites";

describe("hook names", () => {
  it("are those of TransformerLens", () => {
    const sites = ["embed", "blocks.3.resid_pre", "blocks.3.attn.scores", "blocks.10.attn.z"];
    expect([...sites, "blocks.0.mlp.pre_linear", "ln_final.normalized", "logits"].map(toHookName)).toEqual([
      "hook_embed",
      "blocks.3.hook_resid_pre",
      "blocks.3.attn.hook_attn_scores",
      "blocks.10.attn.hook_z",
      "blocks.0.mlp.hook_pre_linear",
      "ln_final.hook_normalized",
      "logits",
    ]);
  });

  it("read back as the same site, every one of a model", () => {
    const sites = allSites(12);
    expect(sites.map((site) => canonicalSite(toHookName(site), 12))).toEqual(sites);
    expect(new Set(sites.map(toHookName)).size).toBe(sites.length);
  });
});
