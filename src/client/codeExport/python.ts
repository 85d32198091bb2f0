/** The program of a recipe: the library's part, then what was done, in the same words for every library. */
import type { Metric, SweepAxes, SweepChange, SweepRequest } from "../../protocol/analysis";
import type { EditedPrompt } from "../../protocol/interventions";
import type { Site } from "../../protocol/sites";
import { drawn } from "../edits/details/resample";
import { EDIT_HELPERS, pythonEdits, replacedTokens, sitesOfEdit } from "./pythonEdits";
import { pyComment, pyFloat, pyList, pyString, pyTokens, pyWhere } from "./pythonText";
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
  const swept = ask.kind === "sweep" ? ask.requests.flatMap(({ axes }) => sitesOfAxes(axes, model)) : [];
  const captured = ask.kind === "capture" ? ask.sites : [];
  return [...new Set([...edited, ...swept, ...captured])];
}

function sitesOfAxes(axes: SweepAxes, { nLayers }: RecipeModel): Site[] {
  const layers = Array.from({ length: nLayers }, (_, layer) => layer);
  switch (axes.kind) {
    case "layerPosition":
    case "layerHead":
      return layers.map((layer) => `blocks.${layer}.${axes.site}`);
    case "layerSublayer":
      return layers.flatMap((layer) => [`blocks.${layer}.attn_out`, `blocks.${layer}.mlp_out`]);
    case "neurons":
      return [`blocks.${axes.layer}.mlp.post`];
    case "sites":
      return [...axes.sites];
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

function metricBody(metric: Metric): string {
  switch (metric.kind) {
    case "logitDifference":
      return `logits[POSITION, ${metric.target}] - logits[POSITION, ${metric.minus}]`;
    case "logProb":
      return `logits[POSITION].log_softmax(-1)[${metric.target}]`;
    case "probability":
      return `logits[POSITION].softmax(-1)[${metric.target}]`;
    case "kl":
      return "(BASE.exp() * (BASE - logits[POSITION].log_softmax(-1))).sum()";
  }
}

/** Where values come from, and `value_of(x, site)`. */
function changePart(change: SweepChange): string {
  const all = `sorted({site for _, site, _ in CELLS})`;
  const body = (first: string, value: string) => `
${first}


def value_of(x, site):
    return ${value}`;
  const other = (tokens: readonly number[], text: string) =>
    body(
      `${pyComment(text)}\nOTHER_TOKENS = ${pyTokens(tokens)}\nOTHER = read(OTHER_TOKENS, ${all})\nSAME = list(range(min(len(TOKENS), len(OTHER_TOKENS))))`,
      "aligned(x, OTHER[site], site, SAME, SAME)",
    );
  switch (change.kind) {
    case "zero":
      return body("", "torch.zeros_like(x)");
    case "mean":
      return body(
        `${pyComment(`The mean over ${change.over.name}.`)}\nMEANS = mean_over([${change.over.prompts.map(({ tokens }) => pyTokens(tokens)).join(", ")}], ${all})`,
        "MEANS[site]",
      );
    case "patch":
      return other(change.from.tokens, `From “${change.from.text}”`);
    case "resample": {
      const from = drawn(change.from.prompts, change.seed);
      return other(
        from?.tokens ?? [],
        `Drawn by seed ${change.seed} from ${change.from.name}: “${from?.text ?? ""}”`,
      );
    }
  }
}

/** The cells of one request: (label, site, what of it is touched). */
function cellsOf(axes: SweepAxes, model: RecipeModel, { spell }: Dialect): string {
  const { nLayers, nHeads, nKvHeads } = model;
  const inLayer = (name: string) => `f"${spell(`blocks.{layer}.${name}`, model)}"`;
  const touched =
    axes.kind !== "layerPosition" && axes.positions ? pyWhere({ positions: axes.positions }) : "";
  const where = (more: string) => `dict(${[more, touched].filter(Boolean).join(", ")})`;
  const layers = `for layer in range(${nLayers})`;
  switch (axes.kind) {
    case "layerPosition":
      return `[(f"layer {layer}, position {position}", ${inLayer(axes.site)}, dict(positions=[position])) ${layers} for position in ${pyList(axes.positions)}]`;
    case "layerHead": {
      const heads = axes.site === "attn.k" || axes.site === "attn.v" ? nKvHeads : nHeads;
      return `[(f"layer {layer}, head {head}", ${inLayer(axes.site)}, ${where("heads=[head]")}) ${layers} for head in range(${heads})]`;
    }
    case "layerSublayer":
      return ["attn_out", "mlp_out"]
        .filter((name) => model.sites.includes(`blocks.0.${name}`))
        .map((name) => `[(f"layer {layer}, ${name}", ${inLayer(name)}, ${where("")}) ${layers}]`)
        .join(" + ");
    case "neurons":
      return `[(f"neuron {neuron}", ${pyString(spell(`blocks.${axes.layer}.mlp.post`, model))}, ${where("dims=[neuron]")}) for neuron in ${pyList(axes.neurons)}]`;
    case "sites":
      return `[(site, site, ${where("")}) for site in [${axes.sites.map((site) => pyString(spell(site, model))).join(", ")}]]`;
  }
}

function sweepPart(
  model: RecipeModel,
  requests: readonly SweepRequest[],
  dialect: Dialect,
  expected: ExpectedNumbers["sweep"],
): string {
  const [request] = requests;
  if (!request) return "";
  const { metric, change, position } = request;
  const cells = requests.map(({ axes }) => cellsOf(axes, model, dialect)).join(" + ");
  return `
POSITION = ${position}  # the metric is read after this position
CELLS = ${cells}
${changePart(change).trim()}


BASE = run(TOKENS, EDITS)[POSITION].log_softmax(-1)


def metric(logits):
    return (${metricBody(metric)}).item()


base = metric(run(TOKENS, EDITS))
print(f"without the change\\t{base:.6f}")
${change.kind === "patch" ? 'print(f"in the other prompt\\t{metric(run(OTHER_TOKENS)):.6f}")\n' : ""}print("cell\\tmetric\\tchange")
${expected ? `check("the metric without the change", base, ${pyFloat(expected.base)})\n# The metric of each cell on the page.\nPAGE = [${expected.cells.map(pyFloat).join(", ")}]\n` : ""}for ${expected ? "i, (label, site, where) in enumerate(CELLS)" : "label, site, where in CELLS"}:
    def change(x, site, where=where):
        return put(x, value_of(x, site), 1, chosen(x, site, **where))

    value = metric(run(TOKENS, EDITS + [(site, change)]))
    print(f"{label}\\t{value:.6f}\\t{value - base:+.6f}")${expected ? "\n    check(label, value, PAGE[i])" : ""}`;
}
