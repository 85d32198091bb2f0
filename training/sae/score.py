"""Scores the autoencoders in a folder on held-out problems: reconstruction, loss when spliced, and for every factor
value the latent that marks it best. evaluateSaes.ts computes the same again from the files, with the page's engine.

    python3 score.py PROBLEMS.json SAES_FOLDER REPORT.json [FACTORS.json]

PROBLEMS.json is what writeProblems.ts writes. On its first split, `choose`, the latent and threshold with the highest F1
are chosen for each factor value; precision, recall and F1 are those of that choice on the other split, `score`. A latent
is said to mark a token where its activation is greater than the threshold. All tokens but <s> count, also those where
the factor is not defined. Scored in the same way and standing beside it: a token's word alone (what can be had without
the model), and a linear probe of the whole activation (what can be had from one direction that was looked for).
"""
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from model import PAD, Ledger, read_safetensors

MODEL = Path(__file__).resolve().parents[2] / "static" / "models" / "ledger"
SITE_NUMBERS = ["sha256", "latents", "k", "fvu", "l0", "cosine", "dead", "deadRule", "loss", "probeF1"]
LABEL_F1, LABEL_PRECISION, LABEL_FIRES = 0.7, 0.9, 10
FEWEST = 20  # tokens of a value in each split


class StoredSae:
    def __init__(self, folder):
        self.folder, self.config = folder, json.loads((folder / "cfg.json").read_text())
        self.weights = read_safetensors(folder / "sae_weights.safetensors")
        self.sha256 = hashlib.sha256((folder / "sae_weights.safetensors").read_bytes()).hexdigest()
        self.hook = self.config["metadata"]["hook_name"]
        self.layer = int(self.hook.split(".")[1])

    def encode(self, x):
        w = self.weights
        pre = (x - w["b_dec"]) @ w["W_enc"] + w["b_enc"]
        values, ids = pre.topk(self.config["k"], dim=-1)
        return torch.zeros_like(pre).scatter_(-1, ids, values.relu())

    def decode(self, z):
        return z @ self.weights["W_dec"] + self.weights["b_dec"]


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


def losses(ledger, sae, split, batch=32):
    """Mean cross-entropy of every token, and of those of chain and answer: clean, spliced, zero-ablated; and KL."""
    sums = {name: np.zeros(2) for name in ("clean", "spliced", "zero", "kl")}
    count, at = np.zeros(2), np.cumsum([0] + [len(row) for row in split["rows"]])
    order = sorted(range(len(split["rows"])), key=lambda i: len(split["rows"][i]))
    for begin in range(0, len(order), batch):
        group = order[begin : begin + batch]
        ids = torch.full((len(group), max(len(split["rows"][i]) for i in group)), PAD)
        mask = torch.zeros(2, *ids.shape, dtype=torch.bool)
        for j, i in enumerate(group):
            length = len(split["rows"][i])
            ids[j, :length] = torch.tensor(split["rows"][i])
            mask[0, j, : length - 1] = True
            mask[1, j, : length - 1] = torch.from_numpy(split["written"][at[i] + 1 : at[i + 1]])
        logits, sites = ledger.run(ledger.embed(ids))
        x = sites[sae.layer]
        runs = {"clean": logits}
        runs["spliced"] = ledger.run(sae.decode(sae.encode(x)), sae.layer + 1)[0]
        runs["zero"] = ledger.run(torch.zeros_like(x), sae.layer + 1)[0]
        logs = {name: F.log_softmax(run, -1) for name, run in runs.items()}
        kl = (logs["clean"].exp() * (logs["clean"] - logs["spliced"])).sum(-1)
        for which in range(2):
            chosen = mask[which]
            count[which] += chosen.sum().item()
            sums["kl"][which] += kl[chosen].sum().item()
            for name, log in logs.items():
                nll = -log[:, :-1].gather(2, ids[:, 1:, None])[:, :, 0]
                sums[name][which] += nll[chosen[:, :-1]].sum().item()
    means = {name: total / count for name, total in sums.items()}
    result = {}
    for which, name in enumerate(("everyToken", "chainAndAnswer")):
        clean, spliced, zero = (float(means[run][which]) for run in ("clean", "spliced", "zero"))
        result[name] = {"tokens": int(count[which]), "clean": clean, "spliced": spliced, "zeroAblated": zero}
        result[name]["lossRecovered"] = (zero - spliced) / (zero - clean)
        result[name]["kl"] = float(means["kl"][which])
    return result


def label_of(fires, truth, f1, precision, names):
    """Rule: the factor value of the highest F1, if that is high; else the one of the highest F1 among those that
    hold almost wherever the latent fires; else none."""
    best = int(f1.argmax())
    if f1[best] >= LABEL_F1:
        return f"{names[best]} (best F1 {f1[best]:.2f})"
    within = np.where(precision >= LABEL_PRECISION, f1, -1)
    inside = int(within.argmax())
    if within[inside] <= 0:
        return None
    return f"only where {names[inside]} (precision {precision[inside]:.2f}, recall {fires[inside]:.2f})"


def labels(activations, truth, names):
    """Label by latent, on the `score` split: a latent marks the tokens where it fires at all."""
    found = {}
    for latent in range(activations.shape[1]):
        marked = activations[:, latent] > 0
        if marked.sum() < LABEL_FIRES:
            continue
        precision, recall, f1 = scores(marked[:, None], truth)
        label = label_of(recall, truth, f1, precision, names)
        if label:
            found[str(latent)] = label
    return found


def score_site(ledger, sae, splits, residuals, columns, with_losses=True):
    x = {name: residuals[name][sae.layer][torch.from_numpy(splits[name]["kept"])] for name in splits}
    z = {name: sae.encode(x[name]) for name in splits}
    held, codes = x["score"], z["score"]
    error = held - sae.decode(codes)
    alive = (z["choose"] > 0).any(0) | (codes > 0).any(0)
    report = {
        "sha256": sae.sha256,
        "latents": codes.shape[1],
        "k": sae.config["k"],
        "fvu": float(error.square().sum() / (held - held.mean(0)).square().sum()),
        "l0": float((codes > 0).sum(1).float().mean()),
        "cosine": float(F.cosine_similarity(held, held - error, dim=1).mean()),
        "dead": int((~alive).sum()),
        "deadRule": f"not active on any of {len(x['choose']) + len(held)} held-out tokens",
    }
    if with_losses:
        report["loss"] = losses(ledger, sae, splits["score"])
    latents, thresholds, chosen = choose(z["choose"].numpy(), splits["choose"]["truth"])
    marked = codes.numpy()[:, latents] > thresholds
    precision, recall, f1 = scores(marked, splits["score"]["truth"])
    rows = {}
    for (factor, value), i in columns.items():
        entry = {"value": value, "latent": None, "threshold": None}
        if np.isfinite(thresholds[i]):  # some latent fires at some token of this value
            entry.update(latent=int(latents[i]), threshold=round(float(thresholds[i]), 4))
        entry.update(precision=round(float(precision[i]), 4), recall=round(float(recall[i]), 4), f1=round(float(f1[i]), 4))
        rows.setdefault(factor, []).append(entry)
    report["factors"] = rows
    report["probeF1"] = probe_baseline(splits, residuals, columns, sae.layer)
    return report, codes.numpy()


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


def mean_f1(rows):
    return float(np.mean([row["f1"] for row in rows]))


def main(problems_file, folder, report_file, factors_file=None):
    torch.set_num_threads(1)
    problems, ledger = json.loads(Path(problems_file).read_text()), Ledger(MODEL)
    columns = values_in_order(problems["splits"], problems["factors"])
    splits = {name: read_split(rows, columns) for name, rows in problems["splits"].items()}
    residuals = {name: ledger.residuals(split["rows"]) for name, split in splits.items()}
    names = [f"{factor} = {value}" for factor, value in columns]
    words = word_baseline(splits, columns, len(ledger.id_of))
    report = {"model": "ledger", "modelSha256": ledger.sha256, "problemsPerSplit": problems["count"]}
    report["tokens"] = {name: len(split["truth"]) for name, split in splits.items()}
    report.update(factors=problems["factors"], bestWordF1=words, sites={})
    site_labels = {}
    for path in sorted(Path(folder).glob("*/cfg.json")):
        sae = StoredSae(path.parent)
        site, codes = score_site(ledger, sae, splits, residuals, columns)
        report["sites"][sae.hook] = site
        site_labels[sae.hook] = labels(codes, splits["score"]["truth"], names)
        print(f"{sae.hook}: FVU {site['fvu']:.4f}, L0 {site['l0']:.2f}, dead {site['dead']}", flush=True)
        print("  ", {name: round(x["lossRecovered"], 5) for name, x in site["loss"].items()}, len(site_labels[sae.hook]), "labels")
    print(f"{'mean F1 over values':28} word " + " ".join(f"{hook.split('.')[1]:>5}" for hook in report["sites"]))
    for factor in problems["factors"]:
        row = [mean_f1(site["factors"][factor["id"]]) for site in report["sites"].values()]
        print(f"{factor['id']:28} {words[factor['id']]:.2f} " + " ".join(f"{f1:.3f}" for f1 in row))
    Path(report_file).write_text(json.dumps(report, indent=1) + "\n")
    if factors_file:
        Path(factors_file).write_text(json.dumps(factors_json(report, site_labels, problems["firstSeeds"]), allow_nan=False) + "\n")


def factors_json(report, site_labels, first_seeds):
    """What the page shows: the factor table and the labels, small."""
    fields = ["value", "latent", "threshold", "precision", "recall", "f1"]
    return {
        "rule": "For each factor value the latent and threshold of the highest F1 on one held-out split; its precision, "
        "recall and F1 on another. All tokens but <s> count; values of fewer than "
        f"{FEWEST} tokens in either are left out. Labels: the factor value of the highest F1 where the latent "
        f"fires, if at least {LABEL_F1}; else one of precision at least {LABEL_PRECISION}; else none.",
        "modelSha256": report["modelSha256"],
        "firstSeeds": first_seeds,
        "problemsPerSplit": report["problemsPerSplit"],
        "tokens": report["tokens"],
        "factors": [{**factor, "bestWordF1": report["bestWordF1"][factor["id"]]} for factor in report["factors"]],
        "fields": fields,
        "sites": {
            hook: {
                **{name: site[name] for name in SITE_NUMBERS},
                "factors": {
                    factor: [[row[field] for field in fields] for row in rows] for factor, rows in site["factors"].items()
                },
                "labels": site_labels[hook],
            }
            for hook, site in report["sites"].items()
        },
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
