/**
 * A stack of edits as Python functions, in order: each takes an activation [batch, pos, …] and the name of its site, and
 * gives what takes its place; a kind of edit writes its own (edits/details). They stand on `read(tokens, sites)`, which the
 * library's part defines.
 */
import type { Edit } from "../../protocol/interventions";
import type { Site } from "../../protocol/sites";
import { detailsOf } from "../edits/details/index";
import type { Dialect, RecipeModel } from "./recipe";
import { pyString } from "./pythonText";

/** Helpers that every edit uses. */
export const EDIT_HELPERS = `
def is_by_key(site):
    """Patterns and scores are [batch, head, query, key]; everything else is [batch, pos, (head,) dim]."""
    return site.endswith(("pattern", "scores"))


def chosen(x, site, positions=None, heads=None, dims=None):
    """A mask of the elements that an edit touches; None means all."""
    axes = {"positions": 2, "heads": 1} if is_by_key(site) else {"positions": 1, "heads": 2, "dims": x.dim() - 1}
    mask = torch.ones_like(x, dtype=torch.bool)
    for name, indices in (("positions", positions), ("heads", heads), ("dims", dims)):
        if indices is None:
            continue
        axis = axes[name]
        one = torch.zeros(x.shape[axis], dtype=torch.bool, device=x.device)
        one[indices] = True
        mask &= one.view([-1 if i == axis else 1 for i in range(x.dim())])
    return mask


def pairs_of(x, pairs, heads=None):
    """
    Masks over [batch, head, query, key]: the pairs, and the rows of the queries that they name. A pair is (queries, keys):
    a list, a slice, None for all; keys may be "self".
    """
    n_queries, n_keys = x.shape[2], x.shape[3]

    def flags(indices, n):
        if indices is None:
            return torch.ones(n, dtype=torch.bool, device=x.device)
        one = torch.zeros(n, dtype=torch.bool, device=x.device)
        one[indices if isinstance(indices, slice) else [i for i in indices if i < n]] = True
        return one

    named = torch.zeros(n_queries, n_keys, dtype=torch.bool, device=x.device)
    rows = torch.zeros(n_queries, dtype=torch.bool, device=x.device)
    own = torch.eye(n_queries, n_keys, dtype=torch.bool, device=x.device)
    for queries, keys in pairs:
        q = flags(queries, n_queries)
        rows |= q
        named |= q[:, None] & (own if keys == "self" else flags(keys, n_keys)[None, :])
    in_heads = flags(heads, x.shape[1])[None, :, None, None]
    return named & in_heads, rows[:, None] & in_heads


def put(x, value, strength, where):
    """(1 - strength) x + strength value, where the mask says so."""
    mixed = value if strength == 1 else (1 - strength) * x + strength * value
    return torch.where(where, mixed.expand_as(x), x)


def aligned(x, other, site, here, there):
    """x with the values of another run at the positions that belong together."""
    value = x.clone()
    if is_by_key(site):
        n = len(here)
        value[:, :, :n] = 0
        value[:, :, :n, :n] = other[:, :, :n, :n]
    else:
        value[:, here] = other[:, there]
    return value


def mean_over(prompts, sites):
    """Mean of each site over every token of every prompt."""
    totals, count = {}, 0
    for tokens in prompts:
        kept = read(tokens, sites)
        for site in sites:
            totals[site] = totals.get(site, 0) + kept[site][0].double().sum(0)
        count += len(tokens)
    return {site: (total / count).float() for site, total in totals.items()}


def mean_by_position(prompts, sites):
    """Mean of each site over the tokens at the same position."""
    kept = [read(tokens, sites) for tokens in prompts]
    rows = range(max(len(tokens) for tokens in prompts))
    return {
        site: torch.stack(
            [torch.stack([one[site][0, row] for one in kept if one[site].shape[1] > row]).mean(0) for row in rows]
        )
        for site in sites
    }
`;

/** The sites that an edit touches, in our spelling. */
export const sitesOfEdit = (edit: Edit, model: Pick<RecipeModel, "nLayers" | "sites">): Site[] =>
  detailsOf(edit.kind).sites(edit, model);

/** The prompt's tokens with those that edits replace. */
export function replacedTokens(tokens: readonly number[], edits: readonly Edit[]): number[] {
  const replaced = [...tokens];
  for (const edit of edits) if (edit.kind === "token" && edit.on) replaced[edit.position] = edit.token;
  return replaced;
}

/** The edits that are on, as functions, and `EDITS`: (site, function) in the order of the stack. */
export function pythonEdits(
  edits: readonly Edit[],
  tokens: readonly number[],
  model: RecipeModel,
  { spell }: Dialect,
): string {
  const on = edits.filter((edit) => edit.on && detailsOf(edit.kind).program);
  const functions = on.map((edit, i) => {
    const n = i + 1;
    const sites = `SITES_${n}`;
    const names = sitesOfEdit(edit, model).map((site) => pyString(spell(site, model)));
    const { once = "", body = [] } = detailsOf(edit.kind).program?.(edit, { n, sites, tokens }) ?? {};
    return `
${sites} = [${names.join(", ")}]
${once}


def edit_${n}(x, site):
${body.map((line) => `    ${line}`).join("\n")}
`;
  });
  const stack = on.map((_, i) => `[(site, edit_${i + 1}) for site in SITES_${i + 1}]`);
  return `${functions.join("\n")}
EDITS = ${stack.length > 0 ? stack.join(" + ") : "[]"}`;
}
