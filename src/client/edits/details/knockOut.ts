/** Attention knock-out: chosen queries do not see chosen keys. */
import { pyComment, pyPositions, pyWhere } from "../../codeExport/pythonText";
import { heads, layers, positions } from "./fields";
import type { EditDetails } from "./editDetails";
import { inLayers } from "./program";

export const knockOut: EditDetails<"knockOut", { queries: string; keys: string }> = {
  kind: "knockOut",
  name: "attention knock-out",
  sentence:
    "Chosen queries do not see chosen keys; a token always sees itself. The other weights grow to a sum of 1.",
  fields: { layers, heads, queries: positions("queries"), keys: positions("keys") },
  first: () => ({ queries: "", keys: "" }),
  form: [
    { type: "layers" },
    { type: "heads" },
    { type: "positions", key: "queries", label: "queries" },
    { type: "positions", key: "keys", label: "keys", all: "all but their own" },
  ],
  sites: (edit, model) => inLayers("attn.scores", edit, model),
  program(edit) {
    const queries = pyWhere({
      ...(edit.queries && { positions: edit.queries }),
      ...(edit.heads && { heads: edit.heads }),
    });
    return {
      once: pyComment("Chosen queries do not see chosen keys; a token always sees itself."),
      body: [
        `hidden = chosen(x, site${queries && `, ${queries}`})`,
        "keys = torch.zeros(x.shape[3], dtype=torch.bool, device=x.device)",
        `keys[${edit.keys ? pyPositions(edit.keys) : ":"}] = True`,
        "hidden &= keys & ~torch.eye(x.shape[2], x.shape[3], dtype=torch.bool, device=x.device)",
        'return x.masked_fill(hidden, float("-inf"))',
      ],
    };
  },
};
