"""The factor side of score.py: which latent marks which factor value, beside what one word and what one direction can do,
and labels for latents by rule.
"""
from collections import Counter

import numpy as np
import torch
import torch.nn.functional as F

LABEL_F1, LABEL_PRECISION, LABEL_RECALL, LABEL_FIRES = 0.7, 0.9, 0.02, 10
FEWEST = 20  # tokens of a value in each split


def choose(activations, truth):
    """For each column of truth [token, value] the latent and threshold with the highest F1: (latent, threshold, F1)."""
    n_values = truth.shape[1]
    positives, best = truth.sum(0), np.zeros(n_values)
    latents, thresholds = np.zeros(n_values, int), np.full(n_values, np.inf)
    for latent in range(activations.shape[1]):
        column = activations[:, latent]
        fired = np.nonzero(column > 0)[0]
        if len(fired) == 0:
            continue
        fired = fired[np.argsort(-column[fired], kind="stable")]
        values = column[fired]
        hits = np.cumsum(truth[fired], 0)
        f1 = 2 * hits / (np.arange(1, len(fired) + 1)[:, None] + positives)
        f1[:-1][values[1:] == values[:-1]] = 0  # no threshold can part equal activations
        at = f1.argmax(0)
        found = f1[at, np.arange(n_values)]
        better = found > best
        below = np.append(values[1:], 0)
        best[better], latents[better] = found[better], latent
        thresholds[better] = ((values + below) / 2)[at[better]]
    return latents, thresholds, best


def scores(marked, truth):
    hits = (marked & truth).sum(0)
    precision = hits / np.maximum(1, marked.sum(0))
    recall = hits / np.maximum(1, truth.sum(0))
    return precision, recall, 2 * hits / np.maximum(1, marked.sum(0) + truth.sum(0))


def read_split(problems, columns):
    ids = [problem["ids"] for problem in problems]
    tokens = [values for problem in problems for values in problem["values"]]
    truth = np.zeros((len(tokens), len(columns)), bool)
    for i, values in enumerate(tokens):
        for item in values.items():
            if item in columns:
                truth[i, columns[item]] = True
    starts = np.cumsum([0] + [len(row) for row in ids[:-1]])
    kept = np.ones(len(tokens), bool)
    kept[starts] = False  # <s> is the same everywhere
    written = np.array([values.get("section") in ("chain", "answer") for values in tokens])
    return {"rows": ids, "truth": truth[kept], "kept": kept, "written": written, "words": np.concatenate(ids)[kept]}


def values_in_order(splits, factors):
    """(factor, value) → column; values in order of name, numbers in order of size; too rare ones are left out."""
    counts = [
        Counter(item for problem in problems for values in problem["values"] for item in values.items())
        for problems in splits.values()
    ]
    found = [item for item in counts[0] if all(count[item] >= FEWEST for count in counts)]
    order = {factor["id"]: i for i, factor in enumerate(factors)}
    by_size = lambda value: (int(value), "") if value.isdigit() else (0, value)
    return {item: i for i, item in enumerate(sorted(found, key=lambda item: (order[item[0]], by_size(item[1]))))}


def probe_baseline(splits, residuals, columns, layer):
    """Mean F1, by factor, of a linear probe of the whole activation (least squares): what any direction can have."""
    kept = {name: residuals[name][layer][torch.from_numpy(splits[name]["kept"])].double() for name in splits}
    mean, spread = kept["choose"].mean(0), kept["choose"].std(0)
    x = {name: F.pad((value - mean) / spread, (0, 1), value=1.0) for name, value in kept.items()}
    square = x["choose"].t() @ x["choose"] + 0.1 * torch.eye(x["choose"].shape[1]).double()
    weights = torch.linalg.solve(square, x["choose"].t() @ torch.from_numpy(splits["choose"]["truth"]).double())
    # Shifted, because `choose` takes only what is above zero for active.
    guesses = {name: (value @ weights).numpy() + 100 for name, value in x.items()}
    means = {}
    for (factor, _), i in columns.items():
        column = slice(i, i + 1)
        _, threshold, _ = choose(guesses["choose"][:, column], splits["choose"]["truth"][:, column])
        _, _, f1 = scores(guesses["score"][:, column] > threshold, splits["score"]["truth"][:, column])
        means.setdefault(factor, []).append(float(f1[0]))
    return {factor: round(float(np.mean(values)), 4) for factor, values in means.items()}


def word_baseline(splits, columns, n_words):
    """F1 of the best single word for each factor value, by factor."""
    one_hot = {name: np.eye(n_words, dtype=np.float32)[split["words"]] for name, split in splits.items()}
    latents, _, _ = choose(one_hot["choose"], splits["choose"]["truth"])
    _, _, f1 = scores(one_hot["score"][:, latents] > 0.5, splits["score"]["truth"])
    means = {}
    for (factor, _), i in columns.items():
        means.setdefault(factor, []).append(float(f1[i]))
    return {factor: round(float(np.mean(values)), 4) for factor, values in means.items()}


def label_of(chosen, scored, names):
    """Rule: the factor value of the highest F1, if that is high; else the one of the highest F1 among those that
    hold almost wherever the latent fires and are not a crumb of their value; else none. Chosen by (precision, recall,
    F1) on one split; the numbers in the label are from the other."""
    precision, recall, f1 = chosen
    best = int(f1.argmax())
    if f1[best] >= LABEL_F1:
        return f"{names[best]} (best F1 {scored[2][best]:.2f})"
    within = np.where((precision >= LABEL_PRECISION) & (recall >= LABEL_RECALL), f1, -1)
    inside = int(within.argmax())
    if within[inside] <= 0:
        return None
    return f"only where {names[inside]} (precision {scored[0][inside]:.2f}, recall {scored[1][inside]:.2f})"


def labels(activations, splits, names):
    """Label by latent; a latent marks the tokens where it fires at all. activations and splits by split."""
    found = {}
    for latent in range(activations["score"].shape[1]):
        marked = {name: activations[name][:, latent] > 0 for name in splits}
        if min(marks.sum() for marks in marked.values()) < LABEL_FIRES:
            continue
        numbers = {name: scores(marked[name][:, None], splits[name]["truth"]) for name in splits}
        label = label_of(numbers["choose"], numbers["score"], names)
        if label:
            found[str(latent)] = label
    return found


def mean_f1(rows):
    return float(np.mean([row["f1"] for row in rows]))
