"""Scores the autoencoders in a folder on held-out problems: reconstruction, loss when spliced, and for every factor
value the latent that marks it best. evaluateSaes.ts computes the same again from the files, with the page's engine.

    python3 score.py PROBLEMS.json SAES_FOLDER REPORT.json [FACTORS.json]

PROBLEMS.json is what writeProblems.ts writes. On its first split, `choose`, the latent and threshold with the
highest F1 are chosen for each factor value; precision, recall and F1 are those of that choice on the other split,
`score`. A latent is said to mark a token where its activation is greater than the threshold. All tokens but <s> count,
also those where the factor is not defined. Scored in the same way and standing beside it: a token's word alone (what
can be had without the model), and a linear probe of the whole activation (what can be had from one direction that was
looked for).
"""
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from factors import (
    FEWEST,
    LABEL_F1,
    LABEL_PRECISION,
    LABEL_RECALL,
    choose,
    labels,
    mean_f1,
    probe_baseline,
    read_split,
    scores,
    values_in_order,
    word_baseline,
)
from model import PAD, Ledger, read_safetensors

MODEL = Path(__file__).resolve().parents[2] / "static" / "models" / "ledger"
SITE_NUMBERS = ["sha256", "latents", "k", "fvu", "l0", "cosine", "dead", "deadRule", "loss", "probeF1"]


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
        for name, numbers in (("precision", precision), ("recall", recall), ("f1", f1)):
            entry[name] = round(float(numbers[i]), 4)
        rows.setdefault(factor, []).append(entry)
    report["factors"] = rows
    report["probeF1"] = probe_baseline(splits, residuals, columns, sae.layer)
    return report, {name: value.numpy() for name, value in z.items()}


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
        site_labels[sae.hook] = labels(codes, splits, names)
        print(f"{sae.hook}: FVU {site['fvu']:.4f}, L0 {site['l0']:.2f}, dead {site['dead']}", flush=True)
        recovered = {name: round(loss["lossRecovered"], 5) for name, loss in site["loss"].items()}
        print("  ", recovered, len(site_labels[sae.hook]), "labels")
    print(f"{'mean F1 over values':28} word " + " ".join(f"{hook.split('.')[1]:>5}" for hook in report["sites"]))
    for factor in problems["factors"]:
        row = [mean_f1(site["factors"][factor["id"]]) for site in report["sites"].values()]
        print(f"{factor['id']:28} {words[factor['id']]:.2f} " + " ".join(f"{f1:.3f}" for f1 in row))
    Path(report_file).write_text(json.dumps(report, indent=1) + "\n")
    if factors_file:
        shown = factors_json(report, site_labels, problems["firstSeeds"])
        Path(factors_file).write_text(json.dumps(shown, allow_nan=False) + "\n")


def factors_json(report, site_labels, first_seeds):
    """What the page shows: the factor table and the labels, small."""
    fields = ["value", "latent", "threshold", "precision", "recall", "f1"]
    return {
        "rule": "For each factor value the latent and threshold of the highest F1 on one held-out split; its precision, "
        "recall and F1 on another. All tokens but <s> count; values of fewer than "
        f"{FEWEST} tokens in either are left out. Labels: the factor value of the highest F1 where the latent "
        f"fires, if at least {LABEL_F1}; else one of precision at least {LABEL_PRECISION} and recall at "
        f"least {LABEL_RECALL}; else none. Chosen on the first split, its numbers from the second.",
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
                    factor: [[row[field] for field in fields] for row in rows]
                    for factor, rows in site["factors"].items()
                },
                "labels": site_labels[hook],
            }
            for hook, site in report["sites"].items()
        },
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
