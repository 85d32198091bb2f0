/** Attention scores by position: set at pairs of queries and keys, or raised. */
import { SCORE_OPS, type ScoreChange } from "../../../protocol/interventions";
import { pyPairs } from "../../codeExport/pythonText";
import { amount, choice, heads, layers, pairs } from "./fields";
import type { EditDetails } from "./editDetails";
import { inLayers, pairsOf } from "./program";

export const score: EditDetails<"score", { scoreOp: ScoreChange["op"]; value: number }> = {
  kind: "score",
  name: "attention scores",
  sentence: "The score of chosen pairs, before the softmax, becomes a value or is raised by it.",
  fields: {
    ...{ layers, heads, pairs: pairs(() => "Write the pairs as rules, for instance 3 <- 0..2.") },
    ...{ op: choice("scoreOp", SCORE_OPS), value: amount("value", "Value") },
  },
  first: () => ({ scoreOp: "set", value: 0 }),
  form: [
    { type: "layers" },
    { type: "heads" },
    { type: "pairs" },
    {
      ...{ type: "choice", key: "scoreOp", label: "their score" },
      options: { set: "becomes", add: "is raised by" },
    },
    { type: "number", key: "value", label: "value" },
  ],
  sites: (edit, model) => inLayers("attn.scores", edit, model),
  program: (edit, { n }) => ({
    once: `PAIRS_${n} = ${pyPairs(edit.pairs)}`,
    body: [
      `named, _ = ${pairsOf(edit, n)}`,
      "# Keys that come later stay hidden.",
      "named = named & torch.ones_like(named).tril()",
      edit.op === "set"
        ? `return x.masked_fill(named, ${edit.value})`
        : `return torch.where(named, x + ${edit.value}, x)`,
    ],
  }),
};
