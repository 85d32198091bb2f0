"""Trains the embedded models: `ledger`, whose answer rests on its chain of thought, and `ledger-posthoc`, whose
answer rests on the story alone.

    python3 train.py ledger|posthoc CHECKPOINT.pt [--seconds 1500] [--seed 1] [--resume OTHER.pt --at 0.6]

What makes it quick (each measured; see README.md):
1. Many questions a row. After the chain a row asks up to ten questions, as branches that see the story and the
   chain but not each other and share their positions: ten answers to learn from instead of one.
2. A mimetic start. Positions and words have dimensions of their own, larger than what the first layers add; the
   first layer's heads look a fixed number of words back, the next layers' heads look at equal words. From noise
   the model learns to add "the last totals", but not whose they are.
3. Bare rows first (`ledger`): without the story, at random positions, a row costs a third.
4. Muon (Jordan 2024: momentum, orthogonalised by Newton-Schulz) for matrices, AdamW for the rest.

What a row teaches, `ledger`: half of them right chains, with loss on chain and answers; half with loss on the
answers only, of which 40 % carry one wrong result on, and most lack some steps (deleted, replaced by the filler, or
hidden from attention). An answer whose needed steps are there is what the chain implies; otherwise the target is
uniform over the possible answers: the model is taught to know nothing without the needed steps.
`posthoc`: a quarter of the chains is right, the others are another problem's, corrupted, thinned or missing, and
the answer is always the story's.
"""
import argparse
import ctypes
import math
import os
import random
import subprocess
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import language
from language import ID, VOCABULARY

LAYERS, HEADS, D_MODEL, CONTEXT, BATCH = 4, 4, 96, 256, 32
D_HEAD, POSITION_DIMS = D_MODEL // HEADS, 32
KINDS = ["count", "total", "more", "difference"]
QUESTIONS = 10
STORY_WEIGHT, POSTHOC_CHAIN_WEIGHT, ANSWER_WEIGHT, OTHER_ANSWER_WEIGHT = 0.02, 0.6, 4.0, 2.0
RATE, DECAY, MOMENTUM, WARM_UP = 0.02, 0.02, 0.95, 50

parser = argparse.ArgumentParser()
parser.add_argument("which", choices=["ledger", "posthoc"])
parser.add_argument("checkpoint")
parser.add_argument("--seconds", type=float, default=1500, help="wall clock; the learning rate falls to zero at its end")
parser.add_argument("--bare", type=float, default=0.12, help="share of the time in the first, simpler phase")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--resume", help="a checkpoint to go on from (its optimiser's momentum is lost)")
parser.add_argument("--at", type=float, default=0.0, help="share of the time that the checkpoint has behind it")
args = parser.parse_args()
posthoc = args.which == "posthoc"
rng = random.Random(args.seed)
torch.manual_seed(args.seed)
torch.set_num_threads(1)


def load_gelu():
    folder = Path(__file__).parent
    library = folder / "__pycache__" / "gelu.so"
    library.parent.mkdir(exist_ok=True)
    flags = "-O3 -march=native -ffast-math -mprefer-vector-width=512 -shared -fPIC".split()
    subprocess.run(["gcc", *flags, str(folder / "gelu.c"), "-o", str(library), "-lm"], check=True)
    return ctypes.CDLL(str(library))


gelu_library = load_gelu()


def call(function, *tensors):
    function(*[ctypes.c_void_p(t.data_ptr()) for t in tensors], ctypes.c_ssize_t(tensors[0].numel()))


class Gelu(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        x = x.contiguous()
        y = torch.empty_like(x)
        call(gelu_library.forward, x, y)
        context.save_for_backward(x)
        return y

    @staticmethod
    def backward(context, dy):
        (x,) = context.saved_tensors
        dx = torch.empty_like(x)
        call(gelu_library.backward, x, dy.contiguous(), dx)
        return dx


# ---- the model: GPT-2 -------------------------------------------------------------------------------------------


def look_back(q, k, frequencies, offset):
    """Query and key matrices [dModel, dHead] of a head that looks `offset` words back (a rotation of the sinusoids)."""
    n, cosines = len(frequencies), POSITION_DIMS // 2
    for j, (index, frequency) in enumerate(frequencies):
        sine, cosine = index, index + cosines
        c, s = math.cos(frequency * offset), math.sin(frequency * offset)
        k[sine, j] = k[cosine, n + j] = 1.8
        q[sine, j], q[cosine, j] = 1.8 * c, -1.8 * s
        q[cosine, n + j], q[sine, n + j] = 1.8 * c, 1.8 * s


def create_parameters():
    normal = lambda *shape, std: torch.randn(*shape) * std
    p = {"wte": normal(len(VOCABULARY), D_MODEL, std=0.1), "wpe": torch.zeros(CONTEXT, D_MODEL)}
    for i in range(LAYERS):
        p[f"qkv.{i}"] = normal(D_MODEL, 3 * D_MODEL, std=D_MODEL**-0.5)
        p[f"o.{i}"] = normal(D_MODEL, D_MODEL, std=0.1 * D_MODEL**-0.5)
        p[f"f.{i}"] = normal(D_MODEL, 4 * D_MODEL, std=D_MODEL**-0.5)
        p[f"p.{i}"] = normal(4 * D_MODEL, D_MODEL, std=0.1 * (4 * D_MODEL) ** -0.5)
        for name, size in [("qb", 3 * D_MODEL), ("ob", D_MODEL), ("fb", 4 * D_MODEL), ("pb", D_MODEL)]:
            p[f"{name}.{i}"] = torch.zeros(size)
    for name in [f"l{j}.{i}" for i in range(LAYERS) for j in (1, 2)] + ["lf"]:
        p[f"{name}.weight"], p[f"{name}.bias"] = torch.ones(D_MODEL), torch.zeros(D_MODEL)

    count = POSITION_DIMS // 2
    frequencies = [math.exp(-math.log(100) * i / (count - 1)) for i in range(count)]
    angles = torch.arange(CONTEXT).float()[:, None] * torch.tensor(frequencies)
    p["wpe"][:, :count], p["wpe"][:, count:POSITION_DIMS] = 0.7 * torch.sin(angles), 0.7 * torch.cos(angles)
    p["wte"][:, :POSITION_DIMS] *= 0.1
    p["wte"][:, POSITION_DIMS:] *= 6
    p["lf.weight"].fill_(0.25)  # The embeddings are large and tied: keep the first logits near one.
    spread = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14]
    for layer in range(LAYERS):
        for head in range(HEADS):
            q = p[f"qkv.{layer}"][:, head * D_HEAD : (head + 1) * D_HEAD]
            k = p[f"qkv.{layer}"][:, D_MODEL + head * D_HEAD : D_MODEL + (head + 1) * D_HEAD]
            q.zero_(), k.zero_()
            if layer == 0:
                look_back(q, k, [(i, frequencies[i]) for i in spread], [1, 2, 3, 5][head])
            elif layer >= 2 and head >= 2:
                look_back(q, k, [(i, frequencies[i]) for i in range(12)], [1, 3][head - 2])
            else:
                q[POSITION_DIMS:] = torch.linalg.qr(torch.randn(D_MODEL - POSITION_DIMS, D_HEAD))[0] * 1.6
                k.copy_(q)
    return {name: torch.nn.Parameter(value) for name, value in p.items()}


p = create_parameters()
if args.resume:
    for name, value in torch.load(args.resume).items():
        p[name].data.copy_(value)


def norm(x, name):
    return F.layer_norm(x, (D_MODEL,), p[f"{name}.weight"], p[f"{name}.bias"])


def forward(ids, positions, mask, wanted=None):
    """Logits [pos, vocab] of the wanted positions (default: all). mask [batch, 1, query, key] is added to the scores."""
    batch, length = ids.shape
    x = p["wte"][ids] + p["wpe"][positions]
    for i in range(LAYERS):
        h = norm(x, f"l1.{i}").view(-1, D_MODEL)
        qkv = torch.addmm(p[f"qb.{i}"], h, p[f"qkv.{i}"]).view(batch, length, 3, HEADS, D_HEAD)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        scores = ((q * D_HEAD**-0.5) @ k.transpose(-1, -2)).add_(mask)
        z = (torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(-1, D_MODEL)
        x = x + torch.addmm(p[f"ob.{i}"], z, p[f"o.{i}"]).view(x.shape)
        if i == LAYERS - 1 and wanted is not None:
            x = x[wanted]
        h = norm(x, f"l2.{i}").reshape(-1, D_MODEL)
        h = Gelu.apply(torch.addmm(p[f"fb.{i}"], h, p[f"f.{i}"]))
        x = x + torch.addmm(p[f"pb.{i}"], h, p[f"p.{i}"]).view(x.shape)
    return norm(x, "lf") @ p["wte"].t()


# ---- rows -------------------------------------------------------------------------------------------------------


def encode(words):
    return [ID[word] for word in words]


def questions(totals, kinds):
    """Every question that these totals can answer: (kind, indices of the people asked about)."""
    people = range(len(totals))
    found = [("count", [a]) for a in people]
    for a in people:
        for b in people:
            if a == b:
                continue
            found.append(("total", [a, b]))
            if totals[a] != totals[b]:
                found.append(("more", [a, b]))
            if totals[a] >= totals[b]:
                found.append(("difference", [a, b]))
    return [(kind, asked) for kind, asked in found if kind in kinds]


def corrupt(d):
    """One wrong result, carried on through that person's later steps: (steps, totals), or None."""
    for _ in range(20):
        steps = [step[:] for step in d["steps"]]
        wrong = rng.randrange(len(steps))
        owner = d["owner"][wrong]
        running = rng.choice([n for n in range(11) if str(n) != steps[wrong][6]])
        steps[wrong][6] = str(running)
        for later in range(wrong + 1, len(steps)):
            if d["owner"][later] != owner:
                continue
            step = steps[later]
            step[2] = str(running)
            running += int(step[4]) if step[3] == "+" else -int(step[4])
            step[6] = str(running)
            if not 0 <= running <= 10:
                break
        if 0 <= running <= 10:
            totals = d["vals"][:]
            totals[owner] = running
            return steps, totals
    return None


def draw_problem(phase):
    one_or_two = lambda: rng.choice([1, 2])
    if posthoc:
        kind = rng.choice(KINDS)
        changes = one_or_two if kind == "count" and rng.random() < 0.8 else 1
        distract = rng.choice([0, 0, 1]) if phase else 0
        return language.problem(rng, people=2, changes=changes, kind=kind, distract=distract)
    share = rng.random()
    if phase == 0 and share < 0.6:
        return language.problem(rng, people=rng.choice([2, 3]), changes=lambda: rng.choice([1, 1, 2]), distract=0)
    if share < 0.15:
        return language.problem(rng, people=3, changes=lambda: rng.choice([2, 3, 3]))
    return language.problem(rng)


def posthoc_chain(d):
    """(steps, which are kept, how the others go, weight of the chain's loss)"""
    steps, weight, mode, share = d["steps"], 0.0, "delete", rng.random()
    if share < 0.25:
        weight = POSTHOC_CHAIN_WEIGHT
    elif share < 0.55:
        changes = (lambda: rng.choice([1, 2])) if rng.random() < 0.3 else 1
        other = language.problem(rng, people=2, changes=changes, kind=d["kind"], distract=0)
        steps = other["steps"]
        if rng.random() < 0.7:
            names = dict(zip(other["names"], rng.sample(d["names"], 2)))
            steps = [[names.get(word, word) for word in step] for step in steps]
    elif share < 0.7:
        corrupted = corrupt(d)
        steps = corrupted[0] if corrupted else steps
    kept = [True] * len(steps)
    if share >= 0.6:
        none, rate = rng.random() < 0.3, rng.random()
        kept = [not none and rng.random() < rate for _ in steps]
        mode = rng.choice(["delete", "delete", "hide", "filler"])
    return steps, kept, mode, weight


def ledger_chain(d):
    """(steps, totals that they imply, which are kept, how the others go, weight of the chain's loss)"""
    steps, totals = d["steps"], d["vals"]
    if rng.random() < 0.5:
        return steps, totals, [True] * len(steps), "delete", 1.0
    if rng.random() < 0.4:
        steps, totals = corrupt(d) or (steps, totals)
    share, rate = rng.random(), rng.random()
    if share < 0.25:
        kept = [True] * len(steps)
    elif share < 0.32:
        kept = [False] * len(steps)
    elif share < 0.75:
        kept = [rng.random() < rate for _ in steps]
    else:
        kept = [last or rng.random() < rate for last in d["islast"]]
    return steps, totals, kept, rng.choice(["delete", "delete", "hide", "filler"]), 0.0


def draw_row(phase):
    """One row, token by token: id, position, branch (0: story and chain), hidden, target, weight of the target; and
    the soft targets: (index, possible answers)."""
    d = draw_problem(phase)
    prompt, first_position, bare = encode(d["prompt"]), 0, False
    if posthoc:
        (steps, kept, mode, weight), totals = posthoc_chain(d), d["vals"]
        known = set(range(len(totals)))
    else:
        steps, totals, kept, mode, weight = ledger_chain(d)
        known = {d["owner"][j] for j, keep in enumerate(kept) if keep and d["islast"][j]}
        if phase == 0 and rng.random() < 0.75:
            bare, first_position = True, rng.randrange(0, 110)
            question = next(i for i, word in enumerate(d["prompt"]) if word in ("How", "Who"))
            prompt = [prompt[0]] + prompt[question:]

    ids, hidden = prompt[:], [0] * len(prompt)
    weights = [0.0 if bare else STORY_WEIGHT] * len(prompt)  # of the prediction OF each token; shifted below
    for step, keep in zip(steps, kept):
        size = len(step)
        if keep or mode == "hide":
            ids += encode(step)
            hidden += [int(not keep)] * size
            # Without the story only the results can be known.
            learned = [0.0] * 6 + [weight] * (size - 6) if bare else [weight] * size
            weights += learned if keep else [0.0] * size
        elif mode == "filler":
            ids += [ID["_"]] * size
            hidden += [0] * size
            weights += [0.0] * size
    targets = ids[1:] + [ID["Answer"]]
    weights = weights[1:] + [0.0 if bare else weight]
    end = len(ids)
    positions, branches, soft = list(range(first_position, first_position + end)), [0] * end, []

    kinds = ["count"] if posthoc and len(d["steps"]) > 2 else KINDS
    true = (d["kind"], d["asked"])
    others = [q for q in questions(totals, kinds) if q != true]
    rng.shuffle(others)
    asked_first = [true] if true in questions(totals, KINDS) else []
    for branch, (kind, asked) in enumerate(asked_first + others[: QUESTIONS - 1], 1):
        problem = {"kind": kind, "asked": asked, "names": d["names"]}
        cue, answer = encode(language.cue(problem)), ID[language.answer(problem, totals)]
        size = len(cue) + 1
        ids += cue + [answer]
        positions += range(first_position + end, first_position + end + size)
        branches += [branch] * size
        hidden += [0] * size
        targets += cue[1:] + [answer, ID["</s>"]]
        is_true = branch == 1 and asked_first
        cue_weight = 0.3 * min(1, 3 * weight) if is_true and not bare else 0.0
        weights += [cue_weight] * (size - 2)
        weights += [ANSWER_WEIGHT, 0.1] if is_true else [OTHER_ANSWER_WEIGHT, 0.0]
        if not known.issuperset(asked):
            soft.append((len(ids) - 2, encode(language.support(problem))))
    return ids, positions, branches, hidden, targets, weights, soft


def batches(phase):
    """Rows of like length together, so that little is padding."""
    while True:
        rows = sorted((draw_row(phase) for _ in range(12 * BATCH)), key=lambda row: len(row[0]))
        groups = [rows[i : i + BATCH] for i in range(0, len(rows), BATCH)]
        rng.shuffle(groups)
        for group in groups:
            length = max(len(row[0]) for row in group)
            columns = np.zeros((5, BATCH, length), np.int64)
            columns[0], columns[2] = ID["<pad>"], -1
            weights, soft = np.zeros((BATCH, length), np.float32), []
            for i, row in enumerate(group):
                columns[:, i, : len(row[0])] = row[:5]
                weights[i, : len(row[0])] = row[5]
                soft += [(i, index, answers) for index, answers in row[6]]
            yield [torch.from_numpy(column) for column in columns], torch.from_numpy(weights), soft


def branch_mask(branches, hidden):
    """A query sees, of what came before it, story and chain (unless hidden) and its own branch; and always itself."""
    length = branches.shape[1]
    key, query = branches[:, None, :], branches[:, :, None]
    sees = ((key == 0) & (hidden[:, None, :] == 0)) | ((key == query) & (key > 0))
    sees = (sees & torch.ones(length, length, dtype=torch.bool).tril()) | torch.eye(length, dtype=torch.bool)
    return torch.zeros(sees.shape).masked_fill_(~sees, -1e9)[:, None]


def loss_of(batch):
    (ids, positions, branches, hidden, targets), weights, soft = batch
    wanted = weights > 0
    log_p = F.log_softmax(forward(ids, positions, branch_mask(branches, hidden), wanted), -1)
    rows = torch.full(wanted.shape, -1)
    rows[wanted] = torch.arange(len(log_p))
    goal = F.one_hot(targets[wanted], len(VOCABULARY)).float()
    for i, index, answers in soft:
        goal[rows[i, index]] = 0
        goal[rows[i, index], answers] = 1 / len(answers)
    return -(goal * log_p).sum(-1) @ weights[wanted] / weights.sum()


# ---- optimiser --------------------------------------------------------------------------------------------------

qkv, o, f, proj = ([f"{name}.{i}" for i in range(LAYERS)] for name in ("qkv", "o", "f", "p"))
matrices = qkv + o + f + proj
others = [value for name, value in p.items() if name not in matrices]
adam = torch.optim.AdamW(others, betas=(0.9, 0.98), weight_decay=0.01)
momentum = {name: torch.zeros_like(p[name]) for name in matrices}


def orthogonalised(x):
    """Newton-Schulz, five steps, a stack of matrices at once."""
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        a = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x


@torch.no_grad()
def muon_step(rate):
    for name in matrices:
        momentum[name].mul_(MOMENTUM).add_(p[name].grad)
    g = {name: p[name].grad + MOMENTUM * momentum[name] for name in matrices}
    square = orthogonalised(torch.stack([part for n in qkv for part in g[n].split(D_MODEL, 1)] + [g[n] for n in o]))
    wide = orthogonalised(torch.stack([g[n] for n in f] + [g[n].t() for n in proj]))
    for i in range(LAYERS):
        update = {qkv[i]: torch.cat(list(square[3 * i : 3 * i + 3]), 1), o[i]: square[3 * LAYERS + i]}
        update.update({f[i]: 2 * wide[i], proj[i]: wide[LAYERS + i].t()})
        for name, value in update.items():
            p[name].mul_(1 - DECAY * rate).add_(value, alpha=-rate)


# ---- training ---------------------------------------------------------------------------------------------------


def save():
    torch.save(p, f"{args.checkpoint}.part")
    os.replace(f"{args.checkpoint}.part", args.checkpoint)


start, phase, step, smooth = time.time() - args.at * args.seconds, 0, 0, None
source = batches(phase)
while (done := (time.time() - start) / args.seconds) < 1:
    if phase == 0 and done > args.bare:
        phase, source = 1, batches(1)
    share = min(1, (step + 1) / WARM_UP) * (1 if done < 0.4 else (1 - done) / 0.6)
    loss = loss_of(next(source))
    for value in p.values():
        value.grad = None
    loss.backward()
    torch.nn.utils.clip_grad_norm_(others, 1.0)
    adam.param_groups[0]["lr"] = 0.15 * RATE * share
    adam.step()
    muon_step(RATE * share)
    step += 1
    smooth = loss.item() if smooth is None else 0.98 * smooth + 0.02 * loss.item()
    if step % 200 == 0:
        print(f"step {step}, {100 * done:.1f} % of the time, loss {smooth:.4f}", flush=True)
        save()
save()
