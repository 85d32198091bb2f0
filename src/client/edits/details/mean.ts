/** Mean ablation: the mean of a site over a set of prompts, by token or by position. */
import { pyComment, pyTokens } from "../../codeExport/pythonText";
import { choice, place, promptSet, strength } from "./fields";
import { STRENGTH } from "./form";
import type { EditDetails } from "./editDetails";
import { chosenBy, sitesAt } from "./program";

export const mean: EditDetails<"mean", { by: "token" | "position" }> = {
  kind: "mean",
  name: "mean",
  sentence: "x becomes its mean over the tokens of a set of prompts, computed here without edits.",
  fields: { ...place, strength, over: promptSet, by: choice("by", ["token", "position"]) },
  first: () => ({ by: "token" }),
  form: [
    { type: "place" },
    {
      ...{ type: "choice", key: "by", label: "mean over" },
      options: { token: "every token", position: "tokens at the same position" },
    },
    STRENGTH,
    { type: "set" },
  ],
  sites: sitesAt,
  program(edit, { n, sites }) {
    const prompts = `[${edit.over.prompts.map((prompt) => pyTokens(prompt.tokens)).join(", ")}]`;
    const by = edit.by === "token" ? "mean_over" : "mean_by_position";
    const means = `OTHER_${n}[site]`;
    const put = (value: string) => `return put(x, ${value}, ${edit.strength}, ${chosenBy(edit)})`;
    return {
      once: `${pyComment(`Over ${edit.over.name}.`)}\nOTHER_${n} = ${by}(${prompts}, ${sites})`,
      body:
        edit.by === "token"
          ? [put(means)]
          : [
              `n = min(x.shape[1], ${means}.shape[0])`,
              "value = x.clone()",
              `value[:, :n] = ${means}[:n]`,
              put("value"),
            ],
    };
  },
};
