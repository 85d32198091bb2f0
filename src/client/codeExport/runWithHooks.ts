/**
 * `hooks`, `edited_logits`, `run` and `read` of the programs for TransformerLens: `run_with_hooks` and `run_with_cache`
 * are the same in both of its generations. Refusals are lines of Python that stop at a site which the library does not have.
 */
interface HookedRun {
  /** Why logits are edited after the run, for the reader. */
  readonly logitsNote: string;
  readonly refusals?: { readonly hooks: string; readonly read: string };
  /** What `run_with_cache` is asked for. */
  readonly namesFilter: string;
}

export const runWithHooks = ({ logitsNote, refusals, namesFilter }: HookedRun) => `
def hooks(edits):
    """(name, function) for run_with_hooks, in the order of the stack."""
${refusals?.hooks ?? ""}    return [(site, lambda x, hook, edit=edit, site=site: edit(x, site)) for site, edit in edits if site != "logits"]


def edited_logits(logits, edits):
    """${logitsNote}"""
    for site, edit in edits:
        if site == "logits":
            logits = edit(logits, site)
    return logits


def run(tokens, edits=()):
    """Logits [pos, vocabulary] of one prompt."""
    logits = model.run_with_hooks(torch.tensor([tokens]), return_type="logits", fwd_hooks=hooks(edits))
    return edited_logits(logits, edits)[0].float()


def read(tokens, sites, edits=()):
    """Activations by site, each with its batch axis of 1."""
${refusals?.read ?? ""}    with model.hooks(fwd_hooks=hooks(edits)):
        logits, cache = model.run_with_cache(torch.tensor([tokens]), names_filter=${namesFilter})
    return {site: edited_logits(logits, edits) if site == "logits" else cache[site] for site in sites}`;
