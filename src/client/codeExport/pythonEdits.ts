/**
 * A stack of edits as Python functions, in order: each takes an activation [batch, pos, …] and the name of its site, and
 * gives what takes its place. They stand on `read(tokens, sites)`, which the library's part defines.
 */
import type { Edit, NamedTokens } from "../../protocol/interventions";
import { seededIndex } from "../../random/seededIndex";
import { BLOCK_SITES, siteLayer, type Site } from "../../protocol/sites";
import type { Dialect, RecipeModel } from "./recipe";
import { pyComment, pyList, pyPairs, pyString, pyTokens, pyWhere } from "./pythonText";

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
export function sitesOfEdit(edit: Edit, { nLayers, sites }: Pick<RecipeModel, "nLayers" | "sites">): Site[] {
  const all = Array.from({ length: nLayers }, (_, layer) => layer);
  const inBlocks = (name: string, layers = all) => layers.map((layer) => `blocks.${layer}.${name}`);
  switch (edit.kind) {
    case "token":
    case "latent":
      return [];
    case "knockOut":
    case "score":
      return inBlocks("attn.scores", edit.layers && [...edit.layers]);
    case "mask": {
      const layers = edit.layers && [...edit.layers];
      // Rows that see nothing are made zero in the pattern.
      return [
        ...inBlocks("attn.scores", layers),
        ...(edit.empty === "zeros" ? inBlocks("attn.pattern", layers) : []),
      ];
    }
    case "freeze": {
      const layers = edit.layers && [...edit.layers];
      if (edit.what === "patterns") return inBlocks("attn.pattern", layers);
      return sites.filter((site) => {
        const layer = siteLayer(site);
        const isChosen = layer === undefined ? layers === undefined : (layers ?? all).includes(layer);
        return isChosen && site.endsWith(".scale");
      });
    }
    default:
      return Object.hasOwn(BLOCK_SITES, edit.site)
        ? inBlocks(edit.site, edit.layers && [...edit.layers])
        : [edit.site];
  }
}

/** The prompt's tokens with those that edits replace. */
export function replacedTokens(tokens: readonly number[], edits: readonly Edit[]): number[] {
  const replaced = [...tokens];
  for (const edit of edits) if (edit.kind === "token" && edit.on) replaced[edit.position] = edit.token;
  return replaced;
}

/** The prompt of a set that a seed draws, as the engine draws it. */
export function drawn(prompts: readonly NamedTokens[], seed: number): NamedTokens | undefined {
  const some = prompts.filter(({ tokens }) => tokens.length > 0);
  return some[seededIndex(seed, some.length)];
}

/** Pairs of positions that belong together (protocol/interventions.ts, PatchEdit). */
function pairs(here: readonly number[], there: readonly number[], align: "position" | "token") {
  if (align === "position") {
    const both = here.slice(0, there.length).map((_, i) => i);
    return { here: both, there: both };
  }
  const places = new Map<number, number[]>();
  there.forEach((token, i) => places.set(token, [...(places.get(token) ?? []), i]));
  const found = here.flatMap((token, i) => {
    const partner = places.get(token)?.shift();
    return partner === undefined ? [] : [[i, partner] as const];
  });
  return { here: found.map(([i]) => i), there: found.map(([, i]) => i) };
}

/** One edit: what it reads first, and the body of its function. */
function bodyOf(edit: Exclude<Edit, { kind: "token" }>, n: number, sites: string, tokens: readonly number[]) {
  const where = "site" in edit ? pyWhere(edit) : "";
  const mask = `chosen(x, site${where && `, ${where}`})`;
  const other = `OTHER_${n}`;
  switch (edit.kind) {
    case "zero":
      return ["", `return put(x, torch.zeros_like(x), ${edit.strength}, ${mask})`];
    case "scale":
      return ["", `return torch.where(${mask}, ${edit.factor} * x, x)`];
    case "mean": {
      const prompts = `[${edit.over.prompts.map((prompt) => pyTokens(prompt.tokens)).join(", ")}]`;
      const by = edit.by === "token" ? "mean_over" : "mean_by_position";
      const first = `${pyComment(`Over ${edit.over.name}.`)}\n${other} = ${by}(${prompts}, ${sites})`;
      if (edit.by === "token") return [first, `return put(x, ${other}[site], ${edit.strength}, ${mask})`];
      return [
        first,
        `n = min(x.shape[1], ${other}[site].shape[0])`,
        "value = x.clone()",
        `value[:, :n] = ${other}[site][:n]`,
        `return put(x, value, ${edit.strength}, ${mask})`,
      ];
    }
    case "resample":
    case "patch": {
      const from = edit.kind === "patch" ? edit.from : drawn(edit.from.prompts, edit.seed);
      const align = edit.kind === "patch" ? edit.align : "position";
      const { here, there } = pairs(tokens, from?.tokens ?? [], align);
      const why = edit.kind === "patch" ? "From" : `Drawn by seed ${edit.seed} from ${edit.from.name}:`;
      return [
        `${pyComment(`${why} “${from?.text ?? ""}”`)}\n${other} = read(${pyTokens(from?.tokens ?? [])}, ${sites})`,
        `value = aligned(x, ${other}[site], site, ${pyList(here)}, ${pyList(there)})`,
        `return put(x, value, ${edit.strength}, ${mask})`,
      ];
    }
    case "add": {
      const { direction } = edit;
      const added = (what: string) => `return torch.where(${mask}, x + ${edit.coefficient} * ${what}, x)`;
      if (direction.kind === "vector") {
        const vector = `DIRECTION_${n} = torch.tensor([${direction.values.join(", ")}])`;
        return [`${pyComment(direction.name)}\n${vector}`, added(`DIRECTION_${n}.view(x.shape[2:])`)];
      }
      const mean = (name: string) => `${name}[site][0${direction.over === "last" ? ", -1]" : "].mean(0)"}`;
      return [
        `${pyComment(`“${direction.plus.text}” minus “${direction.minus.text}”`)}
PLUS_${n} = read(${pyTokens(direction.plus.tokens)}, ${sites})
MINUS_${n} = read(${pyTokens(direction.minus.tokens)}, ${sites})`,
        added(`(${mean(`PLUS_${n}`)} - ${mean(`MINUS_${n}`)})`),
      ];
    }
    case "knockOut": {
      const queries = pyWhere({
        ...(edit.queries && { positions: edit.queries }),
        ...(edit.heads && { heads: edit.heads }),
      });
      return [
        pyComment("Chosen queries do not see chosen keys; a token always sees itself."),
        `hidden = chosen(x, site${queries && `, ${queries}`})`,
        "keys = torch.zeros(x.shape[3], dtype=torch.bool, device=x.device)",
        `keys[${edit.keys ? pyWhere({ positions: edit.keys }).replace("positions=", "") : ":"}] = True`,
        "hidden &= keys & ~torch.eye(x.shape[2], x.shape[3], dtype=torch.bool, device=x.device)",
        'return x.masked_fill(hidden, float("-inf"))',
      ];
    }
    case "mask": {
      const { op, empty } = edit;
      return [
        `${pyComment("Hidden scores become −1e30: a row that sees nothing is uniform after the softmax, and where −inf is put instead it is NaN.")}
PAIRS_${n} = ${pyPairs(edit.pairs)}`,
        `named, rows = pairs_of(x, PAIRS_${n}${edit.heads ? `, ${pyList(edit.heads)}` : ""})`,
        `hidden = ${op === "hide" ? "named" : "rows & ~named"}`,
        ...(empty === "zeros"
          ? [
              'if site.endswith("pattern"):',
              "    # On the page a row that sees nothing is zero; this looks at this mask alone.",
              "    seen = torch.ones_like(hidden).tril() & ~hidden",
              "    return x.masked_fill(~seen.any(-1, keepdim=True), 0.0)",
            ]
          : []),
        "return x.masked_fill(hidden, -1e30)",
      ];
    }
    case "score":
      return [
        `PAIRS_${n} = ${pyPairs(edit.pairs)}`,
        `named, _ = pairs_of(x, PAIRS_${n}${edit.heads ? `, ${pyList(edit.heads)}` : ""})`,
        "# Keys that come later stay hidden.",
        "named = named & torch.ones_like(named).tril()",
        edit.op === "set"
          ? `return x.masked_fill(named, ${edit.value})`
          : `return torch.where(named, x + ${edit.value}, x)`,
      ];
    case "latent":
      // It needs the autoencoder's file: whoever runs the program has to say where that is.
      return [
        `${pyComment(`Latents of the autoencoder ${edit.sae.name}, SHA-256 ${edit.sae.sha256}.`)}
raise NotImplementedError("edit ${n} changes latents: load the autoencoder and write it here")`,
        "return x",
      ];
    case "freeze":
      return [
        `${pyComment(`The ${edit.what} of the prompt without edits.`)}\nBASE_${n} = read(BASE_TOKENS, ${sites})`,
        `return BASE_${n}[site]`,
      ];
  }
}

/** The edits that are on, as functions, and `EDITS`: (site, function) in the order of the stack. */
export function pythonEdits(
  edits: readonly Edit[],
  tokens: readonly number[],
  model: RecipeModel,
  { spell }: Dialect,
): string {
  const on = edits.filter((edit) => edit.on && edit.kind !== "token") as Exclude<Edit, { kind: "token" }>[];
  const functions = on.map((edit, i) => {
    const n = i + 1;
    const sites = sitesOfEdit(edit, model).map((site) => spell(site, model));
    const list = `SITES_${n}`;
    const [first, ...body] = bodyOf(edit, n, list, tokens);
    return `
${list} = [${sites.map(pyString).join(", ")}]
${first}


def edit_${n}(x, site):
${body.map((line) => `    ${line}`).join("\n")}
`;
  });
  const stack = on.map((_, i) => `[(site, edit_${i + 1}) for site in SITES_${i + 1}]`);
  return `${functions.join("\n")}
EDITS = ${stack.length > 0 ? stack.join(" + ") : "[]"}`;
}
