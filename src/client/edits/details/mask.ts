/** A mask by position: pairs of queries and keys are hidden, or alone seen. */
import { EMPTY_ROWS, MASK_OPS, type AttentionMask } from "../../../protocol/interventions";
import { pyComment, pyPairs } from "../../codeExport/pythonText";
import { choice, heads, layers, pairs } from "./fields";
import type { EditDetails, SharedDraft } from "./editDetails";
import { inLayers, pairsOf } from "./program";

interface MaskDraft {
  maskOp: AttentionMask["op"];
  empty: AttentionMask["empty"];
}

const needsOnly = ({ maskOp }: SharedDraft & MaskDraft) =>
  maskOp === "only" ? undefined : "A matrix says what is seen: choose “all that these queries see”.";

export const mask: EditDetails<"mask", MaskDraft> = {
  kind: "mask",
  name: "attention mask",
  sentence:
    "Chosen queries do not see chosen keys, their own included, or see nothing else. It can only hide: attention is causal.",
  fields: {
    ...{ layers, heads, pairs: pairs(needsOnly) },
    ...{ op: choice("maskOp", MASK_OPS), empty: choice("empty", EMPTY_ROWS) },
  },
  first: () => ({ maskOp: "hide", empty: "zeros" }),
  form: [
    { type: "layers" },
    { type: "heads" },
    {
      ...{ type: "choice", key: "maskOp", label: "the pairs are" },
      options: { hide: "hidden", only: "all that these queries see" },
    },
    { type: "pairs", matrix: { maskOp: "only" } },
    {
      ...{ type: "choice", key: "empty", label: "a query that sees nothing" },
      options: { zeros: "attends to nothing (zeros)", uniform: "attends to all alike (uniform)" },
    },
  ],
  // Rows that see nothing are made zero in the pattern.
  sites: (edit, model) => [
    ...inLayers("attn.scores", edit, model),
    ...(edit.empty === "zeros" ? inLayers("attn.pattern", edit, model) : []),
  ],
  program: (edit, { n }) => ({
    once: `${pyComment("Hidden scores become −1e30: a row that sees nothing is uniform after the softmax, and where −inf is put instead it is NaN.")}
PAIRS_${n} = ${pyPairs(edit.pairs)}`,
    body: [
      `named, rows = ${pairsOf(edit, n)}`,
      `hidden = ${edit.op === "hide" ? "named" : "rows & ~named"}`,
      ...(edit.empty === "zeros"
        ? [
            'if site.endswith("pattern"):',
            "    # On the page a row that sees nothing is zero; this looks at this mask alone.",
            "    seen = torch.ones_like(hidden).tril() & ~hidden",
            "    return x.masked_fill(~seen.any(-1, keepdim=True), 0.0)",
          ]
        : []),
      "return x.masked_fill(hidden, -1e30)",
    ],
  }),
};
