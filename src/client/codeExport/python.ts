/** The program of a recipe: the library's part, then what was done, in the same words for every library. */
import type { EditedPrompt } from "../../protocol/interventions";
import type { Site } from "../../protocol/sites";
import { EDIT_HELPERS, pythonEdits, replacedTokens, sitesOfEdit } from "./pythonEdits";
import { firstOrderPart, SLOPES, tokenScoresPart } from "./pythonGradients";
import { sitesOfAxes, sweepPart } from "./pythonSweep";
import { pyComment, pyString, pyTokens } from "./pythonText";
import { checkCalls, checkFunctions, scriptHeader, VERDICT } from "./pythonScript";
import { editsOf, type Dialect, type ExpectedNumbers, type RecipeRequest, type RecipeModel } from "./recipe";

export function pythonRecipe(
  model: RecipeModel,
  ask: RecipeRequest,
  dialect: Dialect,
  expected?: ExpectedNumbers,
): string {
  const head = `${scriptHeader(dialect).trim()}\n${dialect.preamble(model, sitesOfAsk(model, ask)).trim()}`;
  return [
    head,
    checkFunctions(model),
    EDIT_HELPERS,
    ...(ask.kind === "capture"
      ? [capturePart(model, ask, dialect, expected)]
      : [promptPart(model, editsOf(ask)[0], dialect), checkCalls(expected, 0)]),
    ...(ask.kind === "edits" ? [comparePart(ask.position)] : []),
    ...(ask.kind === "sweep" ? [sweepPart(model, ask.requests, dialect, expected?.sweep)] : []),
    ...(ask.kind === "firstOrder"
      ? [SLOPES, firstOrderPart(model, ask.requests, dialect, expected?.sweep)]
      : []),
    ...(ask.kind === "tokenScores"
      ? [SLOPES, tokenScoresPart(model, ask.request, dialect, expected?.tokens)]
      : []),
    VERDICT,
  ]
    .filter((part) => part.trim() !== "")
    .map((part) => part.trim())
    .join("\n\n\n")
    .replaceAll(/\n{4,}/g, "\n\n\n")
    .concat("\n");
}

/** Every site that the program touches. */
function sitesOfAsk(model: RecipeModel, ask: RecipeRequest): Site[] {
  const edited = editsOf(ask).flatMap(({ edits = [] }) =>
    edits.filter(({ on }) => on).flatMap((edit) => sitesOfEdit(edit, model)),
  );
  return [...new Set([...edited, ...ownSites(model, ask)])];
}

function ownSites(model: RecipeModel, ask: RecipeRequest): readonly Site[] {
  switch (ask.kind) {
    case "edits":
      return [];
    case "capture":
      return ask.sites;
    case "sweep":
      return ask.requests.flatMap(({ axes }) => sitesOfAxes(axes, model));
    case "firstOrder":
      return [...ask.requests.flatMap(({ axes }) => sitesOfAxes(axes, model)), "embed"];
    case "tokenScores":
      return ["embed"];
  }
}

function promptPart(model: RecipeModel, prompt: EditedPrompt | undefined, dialect: Dialect): string {
  const { tokens = [], edits = [] } = prompt ?? {};
  const replaced = replacedTokens(tokens, edits);
  const changed = replaced.some((token, i) => token !== tokens[i]);
  return `
BASE_TOKENS = ${pyTokens(tokens)}
${changed ? pyComment("With the tokens that edits replace.") : ""}
TOKENS = ${changed ? pyTokens(replaced) : "BASE_TOKENS"}
${pythonEdits(edits, replaced, model, dialect)}
`.replaceAll(/\n\n+TOKENS/g, "\nTOKENS");
}

function capturePart(
  model: RecipeModel,
  { prompts, sites }: Extract<RecipeRequest, { kind: "capture" }>,
  dialect: Dialect,
  expected: ExpectedNumbers | undefined,
): string {
  const parts = prompts.map((prompt, i) => {
    const label = prompts.length > 1 ? `prompt ${i}: ` : "";
    const checks = checkCalls(expected, i);
    return `${promptPart(model, prompt, dialect).trim()}
${checks && `${checks}\n`}for site, x in read(TOKENS, SITES, EDITS).items():
    x = x[0].float()
    print(f"${label}{site} {tuple(x.shape)} mean {x[x.isfinite()].mean():.6f} norm {x[x.isfinite()].norm():.6f}")
    captured[f"${prompts.length > 1 ? `prompt.${i}.` : ""}{site}"] = x.contiguous()`;
  });
  return `
SITES = [${sites.map((site) => pyString(dialect.spell(site, model))).join(", ")}]
captured = {}

${parts.join("\n\n")}

torch.save(captured, "captured.pt")`;
}

function comparePart(position: number): string {
  return `
POSITION = ${position}  # the next token after this position
base = run(BASE_TOKENS)[POSITION].log_softmax(-1)
now = run(TOKENS, EDITS)[POSITION].log_softmax(-1)
print(f"KL(base || now) {(base.exp() * (base - now)).sum():.6f} nats")
for token in torch.cat([now.topk(6).indices, base.topk(6).indices]).unique().tolist():
    print(f"token {token}: now {now[token].exp():.6f} base {base[token].exp():.6f} change of log p {now[token] - base[token]:+.6f}")`;
}
