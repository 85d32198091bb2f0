"""Writes a model's card from the numbers that evaluate.ts measured.

    npm run -s evaluate -- ledger > ledger.json
    python3 card.py ledger ledger.json ../static/models/ledger STEPS SECONDS SEED
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
- Language: word problems that this project generates (`src/languages/ledger.ts`): two or three people, gains and
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
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
