/**
 * Recipes for nnsight: the same edits on the modules of the transformers library, for models that outgrow the tab. A
 * trace asks for modules in the order of the forward pass, so sites are visited in that order, whatever the stack's.
 */
import { allSites, type Site } from "../../protocol/sites";
import { hasModules, moduleView } from "./nnsightModules";
import { pythonRecipe } from "./python";
import { modelLines, WEIGHTS_CHECK } from "./pythonScript";
import { pyComment, pyString } from "./pythonText";
import type { Dialect, ExpectedNumbers, RecipeRequest, RecipeModel } from "./recipe";

/** The sites at hand in the order of the forward pass, logits last: they are always read. */
function inOrder(model: RecipeModel, sites: readonly Site[]): Site[] {
  return allSites(model.nLayers).filter((site) => site !== "logits" && sites.includes(site));
}

/** Python that shapes what a module gives. */
const TENSOR_VIEWS = `def first(out):
    """Blocks and attention give a tuple in some versions of transformers, a tensor in others."""
    return out[0] if isinstance(out, tuple) else out


def heads_of(x, width=D_HEAD):
    """[batch, pos, heads · width] as [batch, pos, heads, width], the same memory."""
    return x.unflatten(-1, (-1, width))`;

/** Python that runs the model, on the names that the preamble defines before it. */
const RUNS = `def traced(tokens, sites, edits):
    """One run: edits are written in place, sites copied."""
    for site in [*sites, *(site for site, _ in edits)]:
        if site in MISSING:
            raise NotImplementedError(f"transformers has no module boundary at {site}; use TransformerLens")
    with model.trace(input_ids=torch.tensor([tokens])):
        kept = nnsight.save({})
        for site, view in [*SITES_OF_MODEL.items(), ("logits", lambda: model.output.logits)]:
            mine = [edit for name, edit in edits if name == site]
            if not mine and site not in sites:
                continue
            x = view()
            for edit in mine:
                x[:] = edit(x.clone(), site)
            if site in sites:
                kept[site] = x.clone()
    return kept


def run(tokens, edits=()):
    """Logits [pos, vocabulary] of one prompt."""
    return traced(tokens, ["logits"], edits)["logits"][0].float()


def read(tokens, sites, edits=()):
    """Activations by site, each with its batch axis of 1."""
    return traced(tokens, list(sites), edits)`;

function preamble(model: RecipeModel, sites: readonly Site[]): string {
  const views = inOrder(model, sites).flatMap((site) => {
    const view = moduleView(model, site);
    return view === undefined ? [] : [`    ${pyString(site)}: lambda: ${view},`];
  });
  return `
# Code in a trace runs as the model does, so modules are asked for in the order of the forward pass.
# Sites are inputs and outputs of transformers' modules; they keep the page's names here.
import hashlib
import sys
from pathlib import Path

import nnsight
import torch
from nnsight import TransformersModel

torch.set_grad_enabled(False)
${modelLines(model, "its folder, or its name on the Hub,")}
from_hub = {"revision": REVISION} if REVISION else {}
model = TransformersModel(MODEL, task="text-generation", device_map="cpu", dtype=torch.float32, dispatch=True, **from_hub)
D_HEAD = ${model.dHead}
${missingLines(model, sites)}

${WEIGHTS_CHECK}


${TENSOR_VIEWS}


# Views of the live tensors, in the order of the forward pass: writing into one changes the run.
SITES_OF_MODEL = {
${views.join("\n")}
}


${RUNS}`;
}

/** Sites that no module has, by name in the script; it refuses them. */
function missingLines(model: RecipeModel, sites: readonly Site[]): string {
  const without = sites.filter((site) => moduleView(model, site) === undefined);
  if (without.length === 0) return "MISSING = []";
  const names = [...new Set(without.map((site) => site.replace(/^blocks\.\d+\./, "")))];
  const why = `No module of transformers has ${names.join(", ")} as its input or output: use TransformerLens for those.`;
  return `\n${pyComment(why)}\nMISSING = [${without.map(pyString).join(", ")}]`;
}

const DIALECT: Dialect = {
  title: "nnsight (written for 0.8.1)",
  python: ">=3.11",
  dependencies: ["nnsight==0.8.1"],
  spell: (site) => site,
  preamble,
};

/** Undefined for models that transformers has no class for: toy models in the TransformerLens layout. */
export function nnsightRecipe(
  model: RecipeModel,
  ask: RecipeRequest,
  expected?: ExpectedNumbers,
): string | undefined {
  return hasModules(model) ? pythonRecipe(model, ask, DIALECT, expected) : undefined;
}
