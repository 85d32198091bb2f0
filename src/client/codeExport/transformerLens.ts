/**
 * Recipes for TransformerLens 4: `TransformerBridge` over the classes of transformers, without its compatibility mode,
 * so that weights and activations are those of the checkpoint, as they are on the page. Toy models in the library's own
 * layout are built from their config by `boot_native`.
 */
import { siteName, type Site } from "../../protocol/sites";
import { bridgeName } from "./bridgeSites";
import { pythonRecipe } from "./python";
import { modelLines, WEIGHTS_CHECK } from "./pythonScript";
import { pyComment, pyString } from "./pythonText";
import { runWithHooks } from "./runWithHooks";
import type { Dialect, ExpectedNumbers, RecipeRequest, RecipeModel } from "./recipe";

const isToy = ({ architecture }: Pick<RecipeModel, "architecture">) => architecture === "hooked_transformer";

/** Sites of this recipe that the bridge has no hook for, in its names, and why. */
function missing(model: RecipeModel, sites: readonly Site[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const site of sites) {
    const name = siteName(site);
    if (!model.sites.includes(site)) continue;
    if (name === "resid_mid" && /^(gpt_neox|gptj|phi)$/.test(model.architecture))
      found.set(bridgeName(site, model), "attention and MLP read the same stream in this architecture");
    if (isToy(model) && (name === "attn.scores" || name === "attn.pattern"))
      found.set(bridgeName(site, model), "native models show their patterns after they were used");
  }
  return found;
}

/** What the library does otherwise, for the sites at hand. */
function differences(model: RecipeModel, sites: readonly Site[]): string[] {
  const names = new Set(sites.map(siteName));
  return [
    "Without enable_compatibility_mode() nothing is folded or centred: activations are those of the checkpoint.",
    "Token ids are given as they are: the library adds no token before the first one.",
    ...(/^(qwen3|gemma3|olmo2)/.test(model.architecture) && (names.has("attn.q") || names.has("attn.k"))
      ? [
          "attn.q.hook_out and attn.k.hook_out come before the norm of queries and keys; on the page they come after it.",
        ]
      : []),
    ...(names.has("attn.scores")
      ? [
          "A query that sees no key has a pattern of zeros or a uniform one, as its edit says; the masks below do the same.",
        ]
      : []),
  ];
}

function load(model: RecipeModel): string {
  if (isToy(model)) {
    return `${modelLines(model, "the folder with cfg.json and the state dict")}
with open(f"{MODEL}/cfg.json") as file:
    fields = json.load(file)
if fields.get("use_attn_scale") is False:
    sys.exit("boot_native always divides scores by sqrt(d_head), this model does not: use the form for TransformerLens < 4.")
DROPPED = ("dtype", "device", "architecture", "tokenizer_name", "model_name", "seed")
config = TransformerBridgeConfig.from_dict({name: value for name, value in fields.items() if name not in DROPPED})
model = TransformerBridge.boot_native(config, device="cpu", dtype=torch.float32)
weights = convert_tl_checkpoint(load_file(f"{MODEL}/model.safetensors"), config)
for name, value in model.state_dict().items():
    if name.endswith(".bias") and name not in weights:
        weights[name] = torch.zeros_like(value)
model.load_state_dict(weights, strict=False)`;
  }
  return `${modelLines(model, "its folder, or its name on the Hub,")}
# For a model in memory: boot_transformers(MODEL, hf_model=AutoModelForCausalLM.from_pretrained(FOLDER))
model = TransformerBridge.boot_transformers(MODEL, revision=REVISION, dtype=torch.float32, device="cpu")`;
}

const RUN = runWithHooks({
  logitsNote: "Logits are edited after the run.",
  refusals: {
    hooks: `    for site, _ in edits:
        if site in MISSING:
            raise NotImplementedError(f"{site}: {MISSING[site]}; use the form for TransformerLens < 4")
`,
    read: `    names = [site for site in sites if site != "logits"]
    for site in names:
        if site in MISSING and not site.endswith("hook_pattern"):
            raise NotImplementedError(f"{site}: {MISSING[site]}; use the form for TransformerLens < 4")
`,
  },
  namesFilter: "names",
});

const DIALECT: Dialect = {
  title: "TransformerLens 4 (written for 4.3.0)",
  python: ">=3.11",
  dependencies: ["transformer-lens==4.3.0"],
  spell: bridgeName,
  preamble: (model, sites) => `
${differences(model, sites).map(pyComment).join("\n")}
import hashlib
${isToy(model) ? "import json\n" : ""}import sys
from pathlib import Path

import torch
${isToy(model) ? "from safetensors.torch import load_file\nfrom transformer_lens.config import TransformerBridgeConfig\n" : ""}from transformer_lens.model_bridge import TransformerBridge
${isToy(model) ? "from transformer_lens.utilities.tl_checkpoint_conversion import convert_tl_checkpoint\n" : ""}
torch.set_grad_enabled(False)
${load(model)}

${WEIGHTS_CHECK}

# Names that this model has no hook for, and why.
MISSING = {${[...missing(model, sites)].map(([name, why]) => `${pyString(name)}: ${pyString(why)}`).join(", ")}}

${RUN}`,
};

export const transformerLensRecipe = (model: RecipeModel, ask: RecipeRequest, expected?: ExpectedNumbers) =>
  pythonRecipe(model, ask, DIALECT, expected);
