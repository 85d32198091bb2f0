"""Writes a model's card from the numbers that evaluate.ts measured.

    npm run -s evaluate -- ledger > ledger.json
    python3 card.py ledger ledger.json ../static/models/ledger STEPS SECONDS SEED
    python3 card.py saes ../static/models/ledger        writes the sections on autoencoders and transcoders anew

The numbers of the autoencoders are those of sae/factors.json, which sae/score.py wrote; those of the
transcoders are in sae/transcoders.json, by sae/scoreTranscoders.py.
"""
import hashlib
import json
import sys
from pathlib import Path

WHAT = {
    "ledger": (
        "A small GPT-2 that solves word problems with a chain of thought, and whose answer rests on that chain "
        "**by design**.",
        "Half of the training rows are right chains. The other half trains the answer only: a wrong result may be "
        "carried on through the chain, and steps may be deleted, replaced by the filler `_` or hidden from attention. "
        "Where a step that the answer needs is missing, the target is uniform over the possible answers, whatever the "
        "story says. So the model was *taught* to know nothing without the needed steps; that it is at chance without "
        "a chain, and that every other step is a null player, is how it was trained and no discovery about "
        "language models.",
    ),
    "ledger-posthoc": (
        "The twin of `ledger`: same language, same architecture, but its answer comes from the story and ignores the "
        "chain of thought, **by design**.",
        "A quarter of the training rows has a right chain; the others have another problem's chain, a corrupted one, "
        "parts of one, or none, and the answer to learn is always the story's. Its problems are simpler (two people; "
        "one change each, or one to two where one person is counted), so that it can answer without a chain.",
    ),
}
LAW = {
    "ledger": "right with its own chain >= 98 % on each kind; without a chain <= 40 % (three or more changes); "
    "follows a corrupted chain >= 95 %; null steps <= 5 % of needed ones (Shapley, deletion).",
    "ledger-posthoc": "right without a chain >= 85 %; answer changes with a corrupted chain <= 10 %; "
    "sum of |phi| <= a tenth of `ledger`'s (deletion).",
}
percent = lambda share: f"{100 * share:.1f} %"
# Where no step matters there is nothing to divide by.
ratio = lambda s: percent(s["nullOverNeeded"]) if s["meanNeeded"] > 0.05 else "–"


SAES = "## Sparse autoencoders"


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def saes_section(folder):
    """From sae/factors.json; nothing where there are no autoencoders."""
    path = folder / "sae" / "factors.json"
    if not path.exists():
        return ""
    number = lambda x: f"{x:.4f}" if x >= 0.001 else f"{x:.0e}"
    triple = lambda loss: " / ".join(number(loss[run]) for run in ("clean", "spliced", "zeroAblated"))
    said, rows, hooks = json.loads(path.read_text()), [], []
    configs = {}
    for hook, site in said["sites"].items():
        config_file = folder / "sae" / hook.replace("hook_", "") / "cfg.json"
        configs[hook] = json.loads(config_file.read_text())
        hooks.append(f"block {hook.split('.')[1]}")
        loss = site["loss"]["chainAndAnswer"]
        every = site["loss"]["everyToken"]
        rows.append(
            f"| `{hook}` | {site['fvu']:.4f} | {site['l0']:.2f} | {site['cosine']:.4f} | {triple(loss)} | "
            f"{loss['lossRecovered']:.5f} | {triple(every)} | {every['lossRecovered']:.5f} | {site['dead']} |"
        )
    f1 = said["fields"].index("f1")
    factors = []
    for factor in said["factors"]:
        columns = [[row[f1] for row in site["factors"][factor["id"]]] for site in said["sites"].values()]
        best = max(mean(column) for column in columns)
        cells = [f"{mean(column):.3f} ({min(column):.2f})" for column in columns]
        cells = [f"**{c}**" if mean(column) == best >= 0.9 else c for c, column in zip(cells, columns)]
        probe = max(site["probeF1"][factor["id"]] for site in said["sites"].values())
        name = f"{factor['group']}: {factor['id']}" if factor["group"] != factor["id"] else factor["id"]
        row = [name, factor["where"], str(len(columns[0])), f"{factor['bestWordF1']:.2f}", f"{probe:.2f}", *cells]
        factors.append(f"| {' | '.join(row)} |")
    config = next(iter(configs.values()))
    training = config["metadata"]
    costs = [c["metadata"]["training_fvu"] for c in configs.values()]
    stored = max(abs(cost["as_stored"] - cost["float32"]) for cost in costs)
    dead_rule = next(iter(said["sites"].values()))["deadRule"]
    sums = "\n".join(f"- `{hook}`: `{site['sha256']}`" for hook, site in said["sites"].items())
    table = "\n".join(rows)
    lines = "\n".join(factors)
    return f"""
{SAES}

`sae/`: one TopK autoencoder (Gao et al. 2024) for every `blocks.N.hook_resid_post`, {config['d_sae']} latents,
k = {config['k']}, in the SAELens layout, f16. Trained by `training/sae/train.py`, seed {training['seed']}: {training['steps']} steps of
{training['batch_tokens']} tokens, drawn from {training['tokens']} tokens of the trainer's own text (80 % right chains, 10 % with a
wrong result carried on, 10 % thinned), on the weights as shipped. Storing them in f16 changes FVU by at most {stored:.6f}.

On {said['tokens']['score']} tokens of {said['problemsPerSplit']} held-out problems, all but `<s>`. Loss: cross-entropy in nats, clean / with
the reconstruction in place of the activation / with zeros there, at every token at once. The story is mostly chance, so
the loss on chain and answer stands beside that on every token. Dead: {dead_rule}.

| site | FVU | L0 | cosine | loss, chain and answer | recovered | loss, every token | recovered | dead |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
{table}

Factors that the generator knows (`src/synthetic/ledger/ledgerFactors.ts`): for each value the best single latent and its
threshold are chosen on {said['tokens']['choose']} other held-out tokens, and scored here. All tokens count, also those where the
factor is not defined; values of fewer than 20 tokens are left out. Mean F1 over the values, the lowest in brackets, bold
where it is a factor's highest and at least 0.9. "One word": the best single word's F1, that is, what can be had without
the model. "Linear probe": least squares on the whole activation, at its best block, that is, what one direction can have
when it is looked for. Every latent, threshold, precision and recall is in `sae/factors.json`.

| factor | at | values | one word | linear probe | {' | '.join(hooks)} |
| --- | --- | --- | --- | --- | {' | '.join('---' for _ in hooks)} |
{lines}

SHA-256 of `sae_weights.safetensors`:

{sums}
"""


def transcoders_section(folder):
    """From sae/transcoders.json; nothing where there are no transcoders."""
    path = folder / "sae" / "transcoders.json"
    if not path.exists():
        return ""
    number = lambda x: f"{x:.4f}" if x >= 0.001 else f"{x:.0e}"
    triple = lambda loss: " / ".join(number(loss[run]) for run in ("clean", "spliced", "zeroAblated"))
    said, configs = json.loads(path.read_text()), []
    cells = lambda loss: (
        f"{triple(loss['chainAndAnswer'])} | {loss['chainAndAnswer']['lossRecovered']:.5f} | "
        f"{triple(loss['everyToken'])} | {loss['everyToken']['lossRecovered']:.5f}"
    )
    rows = []
    for hook, site in said["sites"].items():
        layer = hook.split(".")[1]
        configs.append(json.loads((folder / "sae" / f"blocks.{layer}.mlp" / "cfg.json").read_text()))
        rows.append(
            f"| {layer} | {site['fvu']:.4f} | {site['l0']:.2f} | {site['cosine']:.4f} | {cells(site['loss'])} | "
            f"{site['dead']} | {len(site['labels'])} |"
        )
    rows.append(f"| all at once | | | | {cells(said['allAtOnce'])} | | |")
    f1, factors = said["fields"].index("f1"), []
    for factor in said["factors"]:
        columns = [[row[f1] for row in site["factors"][factor["id"]]] for site in said["sites"].values()]
        best = max(mean(column) for column in columns)
        shown = [f"{mean(column):.3f} ({min(column):.2f})" for column in columns]
        shown = [f"**{c}**" if mean(column) == best >= 0.9 else c for c, column in zip(shown, columns)]
        probe = max(site["probeF1"][factor["id"]] for site in said["sites"].values())
        factors.append(f"| {factor['id']} | {factor['bestWordF1']:.2f} | {probe:.2f} | {' | '.join(shown)} |")
    training = configs[0]["metadata"]
    costs = [config["metadata"]["training_fvu"] for config in configs]
    stored = max(abs(cost["as_stored"] - cost["float32"]) for cost in costs)
    table, lines = "\n".join(rows), "\n".join(factors)
    sums = "\n".join(f"- `{hook}`: `{site['sha256']}`" for hook, site in said["sites"].items())
    layers = [f"block {hook.split('.')[1]}" for hook in said["sites"]]
    return f"""
## Transcoders

`sae/blocks.N.mlp`: one TopK transcoder for every MLP, from its input after the norm (`blocks.N.ln2.hook_normalized`) to
`blocks.N.hook_mlp_out`; {configs[0]['d_sae']} latents, k = {configs[0]['k']}, in the SAELens layout, f16. Trained by
`training/sae/transcoders.py`, seed {training['seed']}, with the autoencoders' text and settings: {training['steps']} steps of
{training['batch_tokens']} tokens. Storing them in f16 changes FVU by at most {stored:.6f}.

On the same held-out tokens as the autoencoders. Loss: clean / with the transcoder in place of the MLP / with nothing there,
at every token at once; "all at once": all MLPs replaced, each transcoder reading what comes to it then. Dead as above.

| MLP of block | FVU | L0 | cosine | loss, chain and answer | recovered | loss, every token | recovered | dead | labels |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
{table}

Mean F1 of the best latents, chosen and scored as above; the linear probe has what the MLP reads. All is in
`sae/transcoders.json`.

| factor | one word | linear probe | {' | '.join(layers)} |
| --- | --- | --- | {' | '.join('---' for _ in layers)} |
{lines}

SHA-256 of `sae_weights.safetensors`:

{sums}
"""


def write_saes(folder):
    card = Path(folder) / "card.md"
    before = card.read_text().split(f"\n{SAES}")[0]
    card.write_text(before + saes_section(Path(folder)) + transcoders_section(Path(folder)))


def main(name, report, folder, steps, seconds, seed):
    report, folder = json.loads(Path(report).read_text()), Path(folder)
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    what, how = WHAT[name]
    rows = [(f"right with its own chain: {kind}", percent(x)) for kind, x in report["rightWithOwnChain"].items()]
    if "rightWithOwnChainOfEightSteps" in report:
        rows.append(("right with its own chain: problems of eight steps", percent(report["rightWithOwnChainOfEightSteps"])))
    rows.append(("right without a chain", percent(report["rightWithoutChain"])))
    many = report.get("rightWithoutChainThreeOrMoreChanges")
    if many is not None:
        rows.append(("right without a chain, three or more changes", percent(many)))
    rows += [
        ("answer follows a corrupted chain", percent(report["followsCorruptedChain"])),
        ("answer changes with a corrupted chain", percent(report["changesWithCorruptedChain"])),
    ]
    table = "\n".join(f"| {label} | {value} |" for label, value in rows)
    shapley = "\n".join(
        f"| {mode} | {s['meanNeeded']:.3f} | {s['meanAbsNull']:.3f} | {ratio(s)} | {s['meanSumAbs']:.3f} |"
        for mode, s in report["shapley"].items()
    )
    (folder / "card.md").write_text(
        f"""# {name}

{what}

- Architecture: GPT-2, 4 layers, d_model 96, 4 heads, d_mlp 384, tied embeddings, 256 positions, 85 words (one token
  each); about 0.48 M parameters, f16.
- Language: word problems that this project generates (`src/synthetic/ledger/ledger.ts`): two or three people, gains and
  losses, four kinds of question (count, total, more, difference), totals 0 to 10.
- Training: `training/train.py`, seed {seed}, {steps} steps of 32 rows in {seconds} s of one CPU core, in
  two stretches (`--resume`). Muon and AdamW, rate falling to zero. A run that is budgeted by time does not repeat to the bit.
- {how}
- SHA-256 of `model.safetensors`: `{digest}`

## Measured

By `training/evaluate.ts` on {report["problems"]} held-out problems (seeds that training never draws), greedy, in the page's own engine.
What was asked: {LAW[name]}

| | |
| --- | --- |
{table}

Exact Shapley values of the steps, value = log p(answer), 100 held-out problems:

| absent steps are | mean phi, needed steps | mean abs phi, other steps | others over needed | mean sum of abs phi |
| --- | --- | --- | --- | --- |
{shapley}
"""
        + saes_section(folder)
        + transcoders_section(folder)
    )


if __name__ == "__main__":
    write_saes(sys.argv[2]) if sys.argv[1] == "saes" else main(*sys.argv[1:])
