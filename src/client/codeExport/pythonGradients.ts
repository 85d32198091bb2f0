/**
 * The parts of programs that rest on gradients: the cells of a sweep to first order, and attribution by token. They stand on
 * `run(tokens, edits)` alone: an edit that adds zeros to a site has the site's gradient as its own.
 */
import type {
  AttributionPatchingRequest,
  PromptTerm,
  TokenAttributionRequest,
} from "../../protocol/gradients/attributions";
import { cellsPart, metricBody } from "./pythonSweep";
import { pyComment, pyFloat, pyList, pyString, pyTokens } from "./pythonText";
import type { Dialect, ExpectedNumbers, RecipeModel } from "./recipe";

export const SLOPES = `
def slopes(tokens, sites, edits, scalar):
    """scalar(logits) of one prompt, and its gradient at each site: that of zeros which are added there, after the edits."""
    zeros = {}

    def add_zeros(x, site):
        zeros[site] = torch.zeros_like(x).requires_grad_()
        return x + zeros[site]

    with torch.enable_grad():
        value = scalar(run(tokens, [*edits, *((site, add_zeros) for site in sites)]))
        gradients = torch.autograd.grad(value, [zeros[site] for site in sites])
    return value.item(), {site: gradient.detach() for site, gradient in zip(sites, gradients)}


def mean_slopes(points, sites, scalar):
    """The sum over (weight, tokens, edits) of the gradients, each times its weight."""
    total = {}
    for weight, tokens, edits in points:
        for site, gradient in slopes(tokens, sites, edits, scalar)[1].items():
            total[site] = total.get(site, 0) + weight * gradient
    return total


def embeddings_at(here, there, share):
    """Puts there + share (here - there) in the place of the first embeddings."""

    def change(x, site):
        return torch.cat([(there + share * (here - there))[None].to(x.dtype), x[:, len(here):]], dim=1)

    return change`;

/** Where the gradient is taken, as points of `mean_slopes`. */
function pointsOf({ at }: AttributionPatchingRequest, embed: string): string {
  switch (at.kind) {
    case "prompt":
      return "POINTS = [(1, TOKENS, EDITS)]";
    case "donor":
      return "POINTS = [(1, OTHER_TOKENS[:READ], [])]";
    case "path":
      return `EMBED = ${embed}
there = read(TOKENS, [EMBED], EDITS)[EMBED][0, :READ]
other = read(OTHER_TOKENS, [EMBED])[EMBED][0, :READ]
# Midpoints of the way from this prompt's embeddings to the other's.
POINTS = [(1 / ${at.steps}, TOKENS, [*EDITS, (EMBED, embeddings_at(other, there, (k + 0.5) / ${at.steps}))]) for k in range(${at.steps})]`;
  }
}

export function firstOrderPart(
  model: RecipeModel,
  requests: readonly AttributionPatchingRequest[],
  dialect: Dialect,
  expected: ExpectedNumbers["sweep"],
): string {
  const [request] = requests;
  if (!request) return "";
  const check = expected
    ? `check("the metric without the change", base, ${pyFloat(expected.base)})
${pyComment("The metric of each cell on the page, to first order.")}
PAGE = [${expected.cells.map(pyFloat).join(", ")}]
`
    : "";
  return `
${cellsPart(model, requests, dialect).trim()}
READ = POSITION + 1
WANTED = sorted({site for _, site, _ in CELLS})
${pointsOf(request, pyString(dialect.spell("embed", model)))}


BASE = run(TOKENS, EDITS)[POSITION].log_softmax(-1)


def metric(logits):
    return ${metricBody(request.metric)}


def first(x, site):
    """What lies up to the position that is read."""
    return x[:, :, :READ, :READ] if is_by_key(site) else x[:, :READ]


base = metric(run(TOKENS, EDITS)).item()
HERE = read(TOKENS, WANTED, EDITS)
SLOPES = mean_slopes(POINTS, WANTED, metric)
print(f"without the change\\t{base:.6f}")
print("cell\\tmetric to first order\\tchange")
${check}for i, (label, site, where) in enumerate(CELLS):
    x = HERE[site]
    # Keys that nobody sees have no finite score: they do not change.
    difference = (put(x, value_of(x, site), 1, chosen(x, site, **where)) - x).nan_to_num(0, 0, 0)
    effect = (first(SLOPES[site], site) * first(difference, site)).sum().item()
    print(f"{label}\\t{base + effect:.6f}\\t{effect:+.6f}")${expected ? "\n    check(label, base + effect, PAGE[i])" : ""}`;
}

/** A term of what is taken apart, of logits [pos, vocabulary]. */
function termBody(term: PromptTerm): string {
  const at = `logits[${term.position}]`;
  switch (term.kind) {
    case "logProb":
      return `${at}.log_softmax(-1)[${term.target}]`;
    case "logit":
      return `${at}[${term.target}]`;
    case "expected": {
      const targets = pyList(term.answers.map(({ target }) => target));
      return `(${at}[${targets}].softmax(-1) * torch.tensor([${term.answers.map(({ value }) => pyFloat(value)).join(", ")}])).sum()`;
    }
    case "kl":
    case "site":
      throw new Error(`a program has no term of kind ${term.kind}`);
  }
}

/** x', the embeddings that the path begins at, [READ, width]. */
function baselineOf({ baseline, fixed = [] }: TokenAttributionRequest): string {
  const row = {
    zero: "torch.zeros_like(x)",
    mean:
      baseline.kind === "mean" && baseline.over
        ? `mean_over([${baseline.over.prompts.map(({ tokens }) => pyTokens(tokens)).join(", ")}], [EMBED])[EMBED].expand_as(x)`
        : "x.mean(0).expand_as(x)",
    token: `read([${baseline.kind === "token" ? baseline.token : 0}], [EMBED])[EMBED][0].expand_as(x)`,
  }[baseline.kind];
  const keep = fixed.length > 0 ? `\nx0[${pyList(fixed)}] = x[${pyList(fixed)}]  # the same in both` : "";
  return `x0 = ${row}.clone()${keep}`;
}

export function tokenScoresPart(
  model: RecipeModel,
  request: TokenAttributionRequest,
  dialect: Dialect,
  expected: ExpectedNumbers["tokens"],
): string {
  const { scalar, steps, rule } = request;
  const read = 1 + Math.max(...scalar.map(({ position }) => position));
  const terms = scalar.map((term) => `${pyFloat(term.weight ?? 1)} * ${termBody(term)}`);
  const shares =
    rule === "midpoint"
      ? `[((k + 0.5) / ${steps}, 1 / ${steps}) for k in range(${steps})]`
      : `[(k / ${steps}, (0.5 if k in (0, ${steps}) else 1) / ${steps}) for k in range(${steps + 1})]`;
  const pages = expected
    ? (["saliency", "gradientInput", "integrated"] as const).map(
        (name) => `    ${pyString(name)}: [${expected.tokens[name].slice(0, read).map(pyFloat).join(", ")}],`,
      )
    : [];
  return `
READ = ${read}  # what comes after these tokens cannot matter
EMBED = ${pyString(dialect.spell("embed", model))}


def scalar(logits):
    return ${terms.join(" + ")}


x = read(TOKENS, [EMBED], EDITS)[EMBED][0, :READ]
value, here = slopes(TOKENS, [EMBED], EDITS, scalar)
here = here[EMBED][0, :READ]
${baselineOf(request)}
SHARES = ${shares}
points = [(weight, TOKENS, [*EDITS, (EMBED, embeddings_at(x, x0, share))]) for share, weight in SHARES]
path = mean_slopes(points, [EMBED], scalar)[EMBED][0, :READ]
scores = {
    "saliency": here.norm(dim=-1),
    "gradientInput": (here * x).sum(-1),
    "integrated": ((x - x0) * path).sum(-1),
}
at_baseline = scalar(run(TOKENS, [*EDITS, (EMBED, embeddings_at(x, x0, 0))])).item()
print(f"{value:.6f} here, {at_baseline:.6f} at the baseline; completeness error {scores['integrated'].sum().item() - (value - at_baseline):+.6f}")
print("position\\ttoken\\t" + "\\t".join(scores))
for position in range(READ):
    print(f"{position}\\t{TOKENS[position]}\\t" + "\\t".join(f"{one[position].item():+.6f}" for one in scores.values()))${
      expected
        ? `
# The scores on the page.
PAGE = {
${pages.join("\n")}
}
check("the value", value, ${pyFloat(expected.value)})
for name, page in PAGE.items():
    for position, number in enumerate(page):
        check(f"{name} of position {position}", scores[name][position].item(), number)`
        : ""
    }`;
}
