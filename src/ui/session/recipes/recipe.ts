/** What a recipe is made from: the model, and one thing that was done with it. */
import type { SweepRequest } from "../../../protocol/analysis";
import type { ModelInfo } from "../../../protocol/api";
import type { EditedPrompt } from "../../../protocol/interventions";
import type { Site } from "../../../protocol/sites";

export type RecipeModel = Pick<
  ModelInfo,
  "name" | "sha256" | "architecture" | "precision" | "nLayers" | "nHeads" | "nKvHeads" | "dHead" | "sites"
>;

export type RecipeAsk =
  | { readonly kind: "capture"; readonly prompts: readonly EditedPrompt[]; readonly sites: readonly Site[] }
  /** A stack of edits on a prompt, and the next token after one position with and without it. */
  | { readonly kind: "edits"; readonly prompt: EditedPrompt; readonly position: number }
  | { readonly kind: "sweep"; readonly requests: readonly SweepRequest[] };

/** How a library writes a program: what comes first, and what it calls our sites. */
export interface Dialect {
  /** The library's name for a site. */
  spell(site: Site): string;
  /** Imports, the model, `run(tokens, edits)` and `read(tokens, sites)`. */
  preamble(model: RecipeModel, sites: readonly Site[]): string;
}

export const editsOf = (ask: RecipeAsk): readonly EditedPrompt[] => {
  switch (ask.kind) {
    case "capture":
      return ask.prompts;
    case "edits":
      return [ask.prompt];
    case "sweep":
      return ask.requests.slice(0, 1).map(({ prompt }) => prompt);
  }
};
