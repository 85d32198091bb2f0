/**
 * Recipes for TransformerLens before version 4, which removed `HookedTransformer`: its hooks are where our site names
 * come from. Weights are loaded without processing, so that activations are those of the checkpoint, as they are here.
 */
import { siteName, toHookName, type Site } from "../../protocol/sites";
import { pythonRecipe } from "./python";
import { modelLines, WEIGHTS_CHECK } from "./pythonScript";
import { pyComment } from "./pythonText";
import { runWithHooks } from "./runWithHooks";
import type { Dialect, ExpectedNumbers, RecipeRequest, RecipeModel } from "./recipe";

/** What the library does otherwise, for the sites at hand. */
function differences(model: RecipeModel, sites: readonly Site[]): string[] {
  const names = new Set(sites.map(siteName));
  const hasRms = /^(llama|mistral|qwen|gemma)/.test(model.architecture);
  return [
    "TransformerLens folds norms and centres weights unless no processing is asked for; then its activations would not be those of the page.",
    ...(hasRms && [...names].some((name) => name.endsWith("normalized"))
      ? [
          "For RMS norms hook_normalized comes before the gain; on the page it is the norm's output, after the gain.",
        ]
      : []),
    ...(/^(qwen3|gemma3)/.test(model.architecture) && (names.has("attn.q") || names.has("attn.k"))
      ? ["hook_q and hook_k come before the norm of queries and keys; on the page they come after it."]
      : []),
  ];
}

function load(model: RecipeModel): string {
  if (model.architecture === "hooked_transformer") {
    return `${modelLines(model, "the folder with cfg.json and the state dict")}
with open(f"{MODEL}/cfg.json") as file:
    config = HookedTransformerConfig.from_dict(json.load(file))
model = HookedTransformer(config)
model.load_state_dict(load_file(f"{MODEL}/model.safetensors"), strict=False)`;
  }
  return `${modelLines(model, "its name in TransformerLens")}
# For weights of your own with that model's config: hf_model=AutoModelForCausalLM.from_pretrained(FOLDER)
from_hub = {"revision": REVISION} if REVISION else {}
model = HookedTransformer.from_pretrained_no_processing(MODEL, dtype=torch.float32, device="cpu", **from_hub)`;
}

const RUN = runWithHooks({
  logitsNote: "Logits have no hook: they are edited after the run.",
  namesFilter: "lambda name: name in sites",
});

const DIALECT: Dialect = {
  title: "TransformerLens before version 4 (written for 2.16.1)",
  python: ">=3.10,<3.13",
  dependencies: ["transformer-lens==2.16.1"],
  spell: toHookName,
  preamble: (model, sites) => `
${differences(model, sites).map(pyComment).join("\n")}
import hashlib
${model.architecture === "hooked_transformer" ? "import json\n" : ""}import sys
from pathlib import Path

import torch
${model.architecture === "hooked_transformer" ? "from safetensors.torch import load_file\nfrom transformer_lens import HookedTransformer, HookedTransformerConfig" : "from transformer_lens import HookedTransformer"}

torch.set_grad_enabled(False)
${load(model)}

${WEIGHTS_CHECK}

${RUN}`,
};

export const hookedTransformerRecipe = (model: RecipeModel, ask: RecipeRequest, expected?: ExpectedNumbers) =>
  pythonRecipe(model, ask, DIALECT, expected);
