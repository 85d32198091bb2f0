"""Trains a TopK transcoder of every MLP of the shipped `ledger`: it reads what the MLP reads, after its norm, and is to
write what the MLP writes.

    python3 transcoders.py OUT [--latents 512] [--k 8] [--layers 0 1 2 3] [--steps 6000] [--seed 1] [--cache FILE.pt]

OUT gets blocks.N.mlp/{cfg.json, sae_weights.safetensors} in the SAELens transcoder layout. Text, settings and the rest
of the recipe are those of train.py.

    a = x W_enc + b_enc      z = ReLU(TopK_k(a))      yhat = z W_dec + b_dec

What is not as in an autoencoder: the encoder starts as random unit rows and the decoder as what the least-squares
linear map from x to y makes of them, to unit norm (of an autoencoder, whose map is the identity, that is the tied
start); b_dec starts as the geometric median of y and is not taken off x, the mean of x is, and goes into b_enc at the
end; the encoder's scale makes the first reconstructions as long as y.
"""
import argparse
import json
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from model import Ledger, write_safetensors
from train import (
    AUX_K,
    AUX_WEIGHT,
    BATCH,
    CLIP,
    DEAD_AFTER,
    MODEL,
    PROBLEMS,
    RATE,
    WARM_UP,
    Adam,
    draw_rows,
    geometric_median,
    unit_rows,
)

SAMPLE = 32768


class Transcoder:
    """Parameters, and their gradients by hand: only k latents of a token have any. x is centred."""

    def __init__(self, x, y, latents, k, generator):
        self.k, self.latents = k, latents
        self.bias = geometric_median(y)
        self.encoder = unit_rows(torch.randn(latents, x.shape[1], generator=generator))  # [latents, dIn]
        ridge = 1e-3 * len(x) * torch.eye(x.shape[1])
        linear = torch.linalg.solve(x.t() @ x + ridge, x.t() @ (y - y.mean(0)))
        self.decoder = unit_rows(self.encoder @ linear)  # [latents, dOut]
        self.threshold = torch.zeros(latents)
        made = self.decode(*self.encode(x)) - self.bias
        self.encoder *= (y - self.bias).norm(dim=1).mean() / made.norm(dim=1).mean()
        self.silent = torch.zeros(latents)  # tokens since a latent was last active

    def parameters(self):
        return [self.encoder, self.threshold, self.decoder, self.bias]

    def encode(self, x):
        values, ids = torch.addmm(self.threshold, x, self.encoder.t()).topk(self.k, dim=1, sorted=False)
        return values.relu(), ids

    def decode(self, values, ids):
        return F.embedding_bag(ids, self.decoder, per_sample_weights=values, mode="sum") + self.bias

    def loss_and_gradients(self, x, y, scale):
        pre = torch.addmm(self.threshold, x, self.encoder.t())
        top, ids = pre.topk(self.k, dim=1, sorted=False)
        values = top.relu()
        error = self.decode(values, ids) - y
        fired = torch.zeros(self.latents)
        fired.index_add_(0, ids.flatten(), (values.flatten() > 1e-3).float())
        self.silent += len(x)
        self.silent[fired > 0] = 0

        upstream = error * (2 * scale / error.numel())
        z = torch.zeros_like(pre).scatter_(1, ids, values)
        d_pre = torch.zeros_like(pre).scatter_(1, ids, (upstream @ self.decoder.t()).gather(1, ids) * (top > 0))
        d_decoder = z.t() @ upstream
        dead = (self.silent > DEAD_AFTER).nonzero()[:, 0]
        if len(dead) > 0:
            self.add_aux(pre, error, dead, d_pre, d_decoder)
        loss = error.square().mean() * scale
        return loss, [d_pre.t() @ x, d_pre.sum(0), d_decoder, upstream.sum(0)], len(dead)

    def add_aux(self, pre, error, dead, d_pre, d_decoder):
        """AuxK: the silent latents learn to write what the others leave."""
        top, places = pre[:, dead].topk(min(AUX_K, len(dead)), dim=1, sorted=False)
        values, ids = top.relu(), dead[places]
        left = F.embedding_bag(ids, self.decoder, per_sample_weights=values, mode="sum") + error
        spread = (error - error.mean(0)).square().mean() + 1e-9
        upstream = left * (2 * AUX_WEIGHT / (spread * left.numel()))
        d_decoder += torch.zeros_like(pre).scatter_(1, ids, values).t() @ upstream
        d_pre.scatter_add_(1, ids, (upstream @ self.decoder[dead].t()).gather(1, places) * (top > 0))


def spread_of(x):
    """The number that makes the root mean square of x, less its mean, one."""
    return (x - x.mean(0)).norm(dim=1).mean() / x.shape[1] ** 0.5


def train(x, y, latents, k, steps, seed, rate=RATE, note=lambda text: None):
    """A Transcoder of x to y [token, d], in their units, for x that is not centred."""
    generator = torch.Generator().manual_seed(seed)
    x_mean, x_unit, y_unit = x.mean(0), spread_of(x), spread_of(y)
    sample = torch.randperm(len(x), generator=generator)[:SAMPLE]
    y_sample = y[sample] / y_unit
    scale = 1 / (y_sample - y_sample.mean(0)).square().mean()
    coder = Transcoder((x[sample] - x_mean) / x_unit, y_sample, latents, k, generator)
    adam, order, at, start, smooth = Adam(coder.parameters()), None, len(x), time.time(), None
    for step in range(steps):
        if at + BATCH > len(x):
            order, at = torch.randperm(len(x), generator=generator), 0
        chosen = order[at : at + BATCH]
        at += BATCH
        loss, gradients, dead = coder.loss_and_gradients((x[chosen] - x_mean) / x_unit, y[chosen] / y_unit, scale)
        gradients[2] -= (gradients[2] * coder.decoder).sum(1, keepdim=True) * coder.decoder
        size = torch.stack([g.norm() for g in gradients]).norm()
        if size > CLIP:
            gradients = [g * (CLIP / size) for g in gradients]
        adam.step(coder.parameters(), gradients, rate * min(1, (step + 1) / WARM_UP, 1.25 * (1 - step / steps)))
        coder.decoder.copy_(unit_rows(coder.decoder))
        smooth = loss.item() if smooth is None else 0.99 * smooth + 0.01 * loss.item()
        if (step + 1) % 250 == 0 or step + 1 == steps:
            note(f"step {step + 1}, FVU {smooth:.4f}, dead {dead}, {time.time() - start:.0f} s")
    # Latents in the units of y, so that the decoder's rows keep their norm.
    coder.threshold = (coder.threshold - (coder.encoder @ x_mean) / x_unit) * y_unit
    coder.encoder *= y_unit / x_unit
    coder.bias *= y_unit
    return coder


def fvu(coder, x, y):
    """Share of the variance of y that the reconstruction leaves."""
    made = coder.decode(*coder.encode(x))
    return float((y - made).square().sum() / (y - y.mean(0)).square().sum())


def write(coder, folder, layer, ledger, settings, x, y):
    """The files; and what storing the weights in f16 costs, measured on x and y."""
    before = fvu(coder, x, y)
    coder.encoder, coder.threshold, coder.decoder, coder.bias = (p.half().float() for p in coder.parameters())
    settings = {**settings, "training_fvu": {"float32": round(before, 6), "as_stored": round(fvu(coder, x, y), 6)}}
    print(f"blocks.{layer}.mlp: {settings['training_fvu']}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        "W_enc": coder.encoder.t().contiguous(),
        "W_dec": coder.decoder,
        "b_enc": coder.threshold,
        "b_dec": coder.bias,
    }
    write_safetensors(folder / "sae_weights.safetensors", tensors, "F16")
    config = {
        "architecture": "transcoder",
        "activation_fn": "topk",
        "d_in": ledger.width,
        "d_out": ledger.width,
        "d_sae": coder.latents,
        "k": coder.k,
        "dtype": "float16",
        "device": "cpu",
        "apply_b_dec_to_input": False,
        "normalize_activations": "none",
        "reshape_activations": "none",
        "metadata": {
            "model_name": "ledger",
            "hook_name": f"blocks.{layer}.ln2.hook_normalized",
            "hook_name_out": f"blocks.{layer}.hook_mlp_out",
            "context_size": ledger.context,
            "prepend_bos": True,
            "model_sha256": ledger.sha256,
            "trained_by": "training/sae/transcoders.py",
            **settings,
        },
    }
    (folder / "cfg.json").write_text(json.dumps(config, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--latents", type=int, default=512)
    parser.add_argument("--k", type=int, default=8)
    parser.add_argument("--layers", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--problems", type=int, default=PROBLEMS)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", help="keeps what the MLPs read and write there, or takes it from there")
    args = parser.parse_args()
    torch.set_num_threads(1)
    ledger, cache = Ledger(MODEL), args.cache and Path(args.cache)
    if cache and cache.exists():
        values = torch.load(cache)
    else:
        start = time.time()
        values = ledger.mlps(draw_rows(args.seed, args.problems))
        print(f"{values.shape[1]} tokens in {time.time() - start:.0f} s", flush=True)
        if cache:
            torch.save(values, cache)
    settings = {"seed": args.seed, "steps": args.steps, "batch_tokens": BATCH}
    settings.update(tokens=values.shape[1], rate=args.rate)
    for layer in args.layers:
        x, y = values[layer], values[ledger.layers + layer]
        note = lambda text: print(f"blocks.{layer}.mlp: {text}", flush=True)
        coder = train(x, y, args.latents, args.k, args.steps, args.seed, args.rate, note)
        write(coder, Path(args.out) / f"blocks.{layer}.mlp", layer, ledger, settings, x[:200_000], y[:200_000])


if __name__ == "__main__":
    main()
