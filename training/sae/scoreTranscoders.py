"""Scores the transcoders of every MLP in a folder on held-out problems, as score.py does the autoencoders:
how well they write what the MLP writes, the loss with one of them in its MLP's place and with all at once, and for
every factor value the latent that marks it best. evaluateTranscoders.ts computes the same from the files again.

    python3 scoreTranscoders.py PROBLEMS.json SAES_FOLDER TRANSCODERS.json

The linear probe that stands beside the latents has what the MLP reads, after its norm.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from factors import choose, labels, mean_f1, probe_baseline, read_split, scores, values_in_order, word_baseline
from model import PAD, Ledger
from score import MODEL, StoredSae, factors_json


class StoredTranscoder(StoredSae):
    """`hook` is the one that it writes."""

    def __init__(self, folder):
        super().__init__(folder)
        self.hook = self.config["metadata"]["hook_name_out"]

    def encode(self, x):
        pre = x @ self.weights["W_enc"] + self.weights["b_enc"]
        values, ids = pre.topk(self.config["k"], dim=-1)
        return torch.zeros_like(pre).scatter_(-1, ids, values.relu())

    def write(self, x):
        return self.decode(self.encode(x))


def losses(ledger, coders, split, batch=32):
    """Mean cross-entropy of every token, and of those of chain and answer, and KL: clean, with the transcoders in
    place of their layers' MLPs, each reading what comes to it in that run, and with zeros there."""
    runs = {
        "clean": None,
        "spliced": {coder.layer: coder.write for coder in coders},
        "zero": {coder.layer: torch.zeros_like for coder in coders},
    }
    sums = {name: np.zeros(2) for name in (*runs, "kl")}
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
        x = ledger.embed(ids)
        logs = {name: F.log_softmax(ledger.run(x, instead=instead)[0], -1) for name, instead in runs.items()}
        kl = (logs["clean"].exp() * (logs["clean"] - logs["spliced"])).sum(-1)
        for which in range(2):
            chosen = mask[which]
            count[which] += chosen.sum().item()
            sums["kl"][which] += kl[chosen].sum().item()
            for name, log in logs.items():
                nll = -log[:, :-1].gather(2, ids[:, 1:, None])[:, :, 0]
                sums[name][which] += nll[chosen[:, :-1]].sum().item()
    result = {}
    for which, name in enumerate(("everyToken", "chainAndAnswer")):
        clean, spliced, zero, kl = (float(sums[run][which] / count[which]) for run in ("clean", "spliced", "zero", "kl"))
        result[name] = {"tokens": int(count[which]), "clean": clean, "spliced": spliced, "zeroAblated": zero}
        result[name].update(lossRecovered=(zero - spliced) / (zero - clean), kl=kl)
    return result


def score_layer(ledger, coder, splits, values, columns):
    kept = {name: torch.from_numpy(split["kept"]) for name, split in splits.items()}
    z = {name: coder.encode(values[name][coder.layer][kept[name]]) for name in splits}
    codes, held = z["score"], values["score"][ledger.layers + coder.layer][kept["score"]]
    error = held - coder.decode(codes)
    alive = (z["choose"] > 0).any(0) | (codes > 0).any(0)
    report = {
        "sha256": coder.sha256,
        "latents": codes.shape[1],
        "k": coder.config["k"],
        "fvu": float(error.square().sum() / (held - held.mean(0)).square().sum()),
        "l0": float((codes > 0).sum(1).float().mean()),
        "cosine": float(F.cosine_similarity(held, held - error, dim=1).mean()),
        "dead": int((~alive).sum()),
        "deadRule": f"not active on any of {len(z['choose']) + len(held)} held-out tokens",
        "loss": losses(ledger, [coder], splits["score"]),
    }
    latents, thresholds, _ = choose(z["choose"].numpy(), splits["choose"]["truth"])
    precision, recall, f1 = scores(codes.numpy()[:, latents] > thresholds, splits["score"]["truth"])
    report["factors"] = {}
    for (factor, value), i in columns.items():
        fires = np.isfinite(thresholds[i])
        entry = {
            "value": value,
            "latent": int(latents[i]) if fires else None,
            "threshold": round(float(thresholds[i]), 4) if fires else None,
        }
        for name, numbers in (("precision", precision), ("recall", recall), ("f1", f1)):
            entry[name] = round(float(numbers[i]), 4)
        report["factors"].setdefault(factor, []).append(entry)
    report["probeF1"] = probe_baseline(splits, values, columns, coder.layer)
    return report, {name: value.numpy() for name, value in z.items()}


def main(problems_file, folder, out):
    torch.set_num_threads(1)
    problems, ledger = json.loads(Path(problems_file).read_text()), Ledger(MODEL)
    columns = values_in_order(problems["splits"], problems["factors"])
    splits = {name: read_split(rows, columns) for name, rows in problems["splits"].items()}
    values = {name: ledger.mlps(split["rows"]) for name, split in splits.items()}
    names = [f"{factor} = {value}" for factor, value in columns]
    report = {"modelSha256": ledger.sha256, "problemsPerSplit": problems["count"], "factors": problems["factors"]}
    report["tokens"] = {name: len(split["truth"]) for name, split in splits.items()}
    report.update(bestWordF1=word_baseline(splits, columns, len(ledger.id_of)), sites={})
    coders = [StoredTranscoder(path.parent) for path in sorted(Path(folder).glob("blocks.*.mlp/cfg.json"))]
    site_labels = {}
    for coder in coders:
        site, codes = score_layer(ledger, coder, splits, values, columns)
        report["sites"][coder.hook] = site
        site_labels[coder.hook] = labels(codes, splits, names)
        recovered = {name: round(loss["lossRecovered"], 5) for name, loss in site["loss"].items()}
        print(f"{coder.hook}: FVU {site['fvu']:.4f}, L0 {site['l0']:.2f}, dead {site['dead']}", recovered, flush=True)
        best = {factor["id"]: round(mean_f1(site["factors"][factor["id"]]), 3) for factor in problems["factors"]}
        print("  ", len(site_labels[coder.hook]), "labels; mean F1:", best, flush=True)
    shown = factors_json(report, site_labels, problems["firstSeeds"])
    shown["allAtOnce"] = losses(ledger, coders, splits["score"])
    print("all at once:", {name: round(loss["lossRecovered"], 5) for name, loss in shown["allAtOnce"].items()})
    Path(out).write_text(json.dumps(shown, allow_nan=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
