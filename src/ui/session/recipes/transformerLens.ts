/**
 * Recipes for TransformerLens: its hooks are where our site names come from. Weights are loaded without processing, so
 * that activations are those of the checkpoint, as they are here.
 */
import { siteName, toHookName, type Site } from "../../../protocol/sites";
import { pythonRecipe } from "./python";
import { pyComment, pyString } from "./pythonText";
import type { Dialect, RecipeAsk, RecipeModel } from "./recipe";

/** What the library does otherwise, for the sites at hand. */
function differences(model: RecipeModel, sites: readonly Site[]): string[] {
  const names = new Set(sites.map(siteName));
  const hasRms = /^(llama|mistral|qwen|gemma|phi3|olmo2)/.test(model.architecture);
  return [
    "TransformerLens folds norms and centres weights unless no processing is asked for; then its activations would not be those of the page.",
    ...(hasRms && [...names].some((name) => name.endsWith("normalized"))
      ? [
          "For RMS norms hook_normalized comes before the gain; on the page it is the norm's output, after the gain.",
        ]
      : []),
    ...(/^(qwen3|gemma3|olmo2)/.test(model.architecture) && (names.has("attn.q") || names.has("attn.k"))
      ? ["hook_q and hook_k come before the norm of queries and keys; on the page they come after it."]
      : []),
  ];
}

function load(model: RecipeModel): string {
  const from = `${model.name} (${model.architecture}, ${model.precision}, SHA-256 ${model.sha256.slice(0, 12)}…)`;
  if (model.architecture === "hooked_transformer") {
    return `MODEL = ${pyString(model.name)}  # folder with cfg.json and the state dict; on the page: ${from}
config = HookedTransformerConfig.from_dict(json.load(open(f"{MODEL}/cfg.json")))
model = HookedTransformer(config)
model.load_state_dict(load_file(f"{MODEL}/model.safetensors"), strict=False)`;
  }
  return `MODEL = ${pyString(model.name)}  # the model's name in TransformerLens; on the page: ${from}
# For weights of your own with that model's config: hf_model=AutoModelForCausalLM.from_pretrained(FOLDER)
model = HookedTransformer.from_pretrained_no_processing(MODEL, dtype=torch.float32)`;
}

const DIALECT: Dialect = {
  spell: toHookName,
  preamble: (model, sites) => `
# A Vitrine recipe for TransformerLens (pip install transformer-lens).
${differences(model, sites)
  .map((line) => `# ${line}`)
  .join("\n")}
${pyComment(`The page held weights as ${model.precision}: numbers agree within that precision.`)}
${model.architecture === "hooked_transformer" ? "import json\n\nimport torch\nfrom safetensors.torch import load_file\nfrom transformer_lens import HookedTransformer, HookedTransformerConfig" : "import torch\nfrom transformer_lens import HookedTransformer"}

torch.set_grad_enabled(False)
${load(model)}


def hooks(edits):
    """(name, function) for run_with_hooks, in the order of the stack."""
    return [(site, lambda x, hook, edit=edit: edit(x, hook.name)) for site, edit in edits if site != "logits"]


def edited_logits(logits, edits):
    """Logits have no hook: they are edited after the run."""
    for site, edit in edits:
        if site == "logits":
            logits = edit(logits, site)
    return logits


def run(tokens, edits=()):
    """Logits [pos, vocabulary] of one prompt."""
    logits = model.run_with_hooks(torch.tensor([tokens]), return_type="logits", fwd_hooks=hooks(edits))
    return edited_logits(logits, edits)[0].float()


def read(tokens, sites, edits=()):
    """Activations by site, each with its batch axis of 1."""
    with model.hooks(fwd_hooks=hooks(edits)):
        logits, cache = model.run_with_cache(torch.tensor([tokens]), names_filter=lambda name: name in sites)
    return {site: edited_logits(logits, edits) if site == "logits" else cache[site] for site in sites}`,
};

export const transformerLensRecipe = (model: RecipeModel, ask: RecipeAsk) =>
  pythonRecipe(model, ask, DIALECT);
