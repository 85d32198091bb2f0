/** What a recipe is made from: the model, one thing that was done with it, and the numbers that the page got. */
import type { SweepRequest } from "../../protocol/analysis";
import type {
  AttributionPatchingRequest,
  TokenAttributionRequest,
  TokenAttributionResult,
} from "../../protocol/gradients/attributions";
import type { ModelInfo } from "../../protocol/api";
import type { EditedPrompt } from "../../protocol/interventions";
import type { Site } from "../../protocol/sites";

export interface RecipeModel extends Pick<
  ModelInfo,
  "name" | "sha256" | "architecture" | "precision" | "nLayers" | "nHeads" | "nKvHeads" | "dHead" | "sites"
> {
  /** Where it was fetched from, if it was: "owner/name" and a branch, tag or commit. */
  readonly hub?: { readonly id: string; readonly revision: string };
}

export type RecipeRequest =
  | { readonly kind: "capture"; readonly prompts: readonly EditedPrompt[]; readonly sites: readonly Site[] }
  /** A stack of edits on a prompt, and the next token after one position with and without it. */
  | { readonly kind: "edits"; readonly prompt: EditedPrompt; readonly position: number }
  | { readonly kind: "sweep"; readonly requests: readonly SweepRequest[] }
  /** The cells of a sweep to first order. */
  | { readonly kind: "firstOrder"; readonly requests: readonly AttributionPatchingRequest[] }
  /** Attribution by token; what was replaced in runs of its own is no part of the program. */
  | { readonly kind: "tokenScores"; readonly request: TokenAttributionRequest };

/** Log-probabilities, nats, of the likeliest next tokens after one position of a prompt, without its edits and with. */
export interface ExpectedNext {
  /** Of the prompts of the ask. */
  readonly prompt: number;
  readonly position: number;
  readonly base: ReadonlyMap<number, number>;
  readonly edited: ReadonlyMap<number, number>;
}

/** What the page got, for the program to compare with. */
export interface ExpectedNumbers {
  readonly next: readonly ExpectedNext[];
  /** A finished sweep: its metric without the change, and of each cell, in the order of the program's cells. */
  readonly sweep?: { readonly base: number; readonly cells: readonly number[] };
  /** Finished scores by token. */
  readonly tokens?: Pick<TokenAttributionResult, "value" | "tokens">;
}

/** How a library writes a program: what comes first, and what it calls our sites. */
export interface Dialect {
  /** For the reader: the library and the version that the program is written for. */
  readonly title: string;
  /** PEP 723: which Python, and the exact packages. */
  readonly python: string;
  readonly dependencies: readonly string[];
  /** The library's name for a site. */
  spell(site: Site, model: RecipeModel): string;
  /** Imports, the model, `run(tokens, edits)` and `read(tokens, sites)`. */
  preamble(model: RecipeModel, sites: readonly Site[]): string;
}

export const editsOf = (ask: RecipeRequest): readonly EditedPrompt[] => {
  switch (ask.kind) {
    case "capture":
      return ask.prompts;
    case "edits":
      return [ask.prompt];
    case "sweep":
    case "firstOrder":
      return ask.requests.slice(0, 1).map(({ prompt }) => prompt);
    case "tokenScores":
      return [ask.request.prompt];
  }
};
