/**
 * What TransformerLens 4 calls our sites. Its bridge wraps the modules of transformers and names what goes in and out
 * of each (`hook_in`, `hook_out`); the names of TransformerLens 2 exist in its compatibility mode only, which changes
 * the weights. Its page on the structure of models lists the names.
 */
import { siteName, type Site, type SiteName } from "../../protocol/sites";
import type { RecipeModel } from "./recipe";

const has = ({ sites }: Pick<RecipeModel, "sites">, name: SiteName) =>
  sites.some((site) => site.endsWith(`.${name}`));

function inBlock(name: SiteName, model: Pick<RecipeModel, "sites">): string {
  switch (name) {
    case "resid_pre":
      return "hook_in";
    // The stream that the norm before the MLP reads.
    case "resid_mid":
      return "ln2.hook_in";
    case "resid_post":
      return "hook_out";
    case "attn.q":
    case "attn.k":
    case "attn.v":
      return `${name}.hook_out`;
    case "attn.rot_q":
      return "attn.hook_rot_q";
    case "attn.rot_k":
      return "attn.hook_rot_k";
    case "attn.scores":
      return "attn.hook_attn_scores";
    case "attn.pattern":
      return "attn.hook_pattern";
    case "attn.z":
      return "attn.o.hook_in";
    // With a norm after it, the norm's output is what is added to the stream.
    case "attn_out":
      return has(model, "ln1_post.scale") ? "ln1_post.hook_out" : "attn.hook_out";
    case "mlp_out":
      return has(model, "ln2_post.scale") ? "ln2_post.hook_out" : "mlp.hook_out";
    case "mlp.pre":
      return has(model, "mlp.pre_linear") ? "mlp.gate.hook_out" : "mlp.in.hook_out";
    case "mlp.pre_linear":
      return "mlp.in.hook_out";
    case "mlp.post":
      return "mlp.out.hook_in";
    default:
      // Norms: `hook_normalized` comes before the gain, `hook_out` after it, as on the page.
      return name.endsWith(".scale")
        ? name.replace(/scale$/, "hook_scale")
        : name.replace(/normalized$/, "hook_out");
  }
}

/** `blocks.3.attn.z` becomes `blocks.3.attn.o.hook_in`; logits keep their name: they are edited after the run. */
export function bridgeName(site: Site, model: Pick<RecipeModel, "sites">): string {
  const block = /^blocks\.[^.]+\./.exec(site)?.[0];
  if (block) return block + inBlock(siteName(`blocks.0.${site.slice(block.length)}`), model);
  switch (site) {
    case "embed":
    case "pos_embed":
      return `${site}.hook_out`;
    case "logits":
      return site;
    default:
      return inBlock(site as SiteName, model);
  }
}
