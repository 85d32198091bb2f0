/** Choosing a site: names and layers that the model has. */
import { describe, expect, it } from "vitest";
import { allSites, BLOCK_SITES, MODEL_SITES } from "../../../protocol/sites";
import { chosenSite, headCount, siteGroups, sitesIn } from "./siteChoice";

const MODEL = { sites: allSites(3, ["mlp.pre_linear"]), nLayers: 3, nHeads: 8, nKvHeads: 2 };
const NO_MLP = { sites: allSites(1, ["mlp.pre", "mlp.pre_linear", "mlp.post", "mlp_out"]), nLayers: 1 };

describe("a site", () => {
  it("is the named one of the chosen layer, or of the last there is", () => {
    expect(chosenSite(MODEL, { name: "attn.z", layer: 1 })).toBe("blocks.1.attn.z");
    expect(chosenSite(MODEL, { name: "attn.z", layer: 9 })).toBe("blocks.2.attn.z");
    expect(chosenSite(MODEL, { name: "logits", layer: 1 })).toBe("logits");
  });

  it("is another where the model has none of that name", () => {
    expect(chosenSite(NO_MLP, { name: "mlp.post", layer: 0 })).toBe("blocks.0.resid_post");
  });
});

it("lists every name once, with its meaning", () => {
  const [blocks, once] = siteGroups(MODEL);
  expect(blocks?.names).toHaveLength(Object.keys(BLOCK_SITES).length - 1);
  expect(once?.names.map(({ name }) => name).sort()).toEqual(Object.keys(MODEL_SITES).sort());
  expect(once?.names[0]?.meaning).toBe("token embedding");
});

it("takes one site, its layer or everything into a file", () => {
  expect(sitesIn(MODEL, "blocks.1.attn.z", "site")).toEqual(["blocks.1.attn.z"]);
  const layer = sitesIn(MODEL, "blocks.1.attn.z", "layer");
  expect(layer.every((site) => site.startsWith("blocks.1."))).toBe(true);
  expect(layer).toHaveLength(Object.keys(BLOCK_SITES).length - 1);
  expect(sitesIn(MODEL, "logits", "layer")).toHaveLength(Object.keys(MODEL_SITES).length);
  expect(sitesIn(MODEL, "logits", "everything")).toBe(MODEL.sites);
});

it("counts key-value heads where keys and values are", () => {
  expect(
    ["q", "rot_q", "z", "pattern", "k", "rot_k", "v"].map((n) => headCount(MODEL, `blocks.0.attn.${n}`)),
  ).toEqual([8, 8, 8, 8, 2, 2, 2]);
});
