/** The part of a program that runs a sweep: its cells, what each changes, and the metric of each as a run of its own. */
import type { Metric, SweepAxes, SweepChange, SweepRequest } from "../../protocol/analysis";
import type { Site } from "../../protocol/sites";
import { drawn } from "../edits/details/resample";
import { pyComment, pyFloat, pyList, pyString, pyTokens, pyWhere } from "./pythonText";
import type { Dialect, ExpectedNumbers, RecipeModel } from "./recipe";

/** Sites that the cells are at. */
export function sitesOfAxes(axes: SweepAxes, { nLayers }: RecipeModel): Site[] {
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

/** The metric of logits [pos, vocabulary], in Python. */
export function metricBody(metric: Metric): string {
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

/** POSITION, CELLS, and what the change puts in. */
export function cellsPart(model: RecipeModel, requests: readonly SweepRequest[], dialect: Dialect): string {
  const [request] = requests;
  if (!request) return "";
  return `
POSITION = ${request.position}  # the metric is read after this position
CELLS = ${requests.map(({ axes }) => cellsOf(axes, model, dialect)).join(" + ")}
${changePart(request.change).trim()}`;
}

export function sweepPart(
  model: RecipeModel,
  requests: readonly SweepRequest[],
  dialect: Dialect,
  expected: ExpectedNumbers["sweep"],
): string {
  const [request] = requests;
  if (!request) return "";
  const { metric, change } = request;
  return `
${cellsPart(model, requests, dialect).trim()}


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
