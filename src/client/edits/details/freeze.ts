/** Freezing: attention patterns, or the scales of norms, stay as they are without edits. */
import { siteLayer } from "../../../protocol/sites";
import { pyComment } from "../../codeExport/pythonText";
import { choice, layers } from "./fields";
import type { EditDetails } from "./editDetails";
import { inLayers, layersOf } from "./program";

export const freeze: EditDetails<"freeze", { what: "patterns" | "norms" }> = {
  kind: "freeze",
  name: "freeze",
  sentence: "Attention patterns, or the scales of norms, stay those of the run without any edit.",
  fields: { what: choice("what", ["patterns", "norms"]), layers },
  first: () => ({ what: "patterns" }),
  form: [
    {
      ...{ type: "choice", key: "what", label: "what stays" },
      options: { patterns: "attention patterns", norms: "scales of norms" },
      offers: (what, { sites }) => what === "patterns" || sites.some((site) => site.endsWith(".scale")),
    },
    { type: "layers" },
  ],
  sites(edit, model) {
    if (edit.what === "patterns") return inLayers("attn.pattern", edit, model);
    return model.sites.filter((site) => {
      const layer = siteLayer(site);
      // The final norm belongs to no layer: it is frozen with all of them.
      const isChosen =
        layer === undefined ? edit.layers === undefined : layersOf(edit, model).includes(layer);
      return isChosen && site.endsWith(".scale");
    });
  },
  program: (edit, { n, sites }) => ({
    once: `${pyComment(`The ${edit.what} of the prompt without edits.`)}\nBASE_${n} = read(BASE_TOKENS, ${sites})`,
    body: [`return BASE_${n}[site]`],
  }),
};
