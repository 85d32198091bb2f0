"""Trains a TopK sparse autoencoder (Gao et al. 2024) on every `blocks.N.hook_resid_post` of the shipped `ledger`.

    python3 train.py OUT [--latents 512] [--k 8] [--sites 0 1 2 3] [--steps 6000] [--seed 1] [--cache FILE.pt]

OUT gets blocks.N.resid_post/{cfg.json, sae_weights.safetensors} in the SAELens layout. The text is the trainer's own
(language.py), the activations are those of the f16 weights as shipped. One seed fixes text, start and order of
the batches; steps are counted, not seconds, so a run repeats.

    a = (x - b_dec) W_enc + b_enc      z = ReLU(TopK_k(a))      xhat = z W_dec + b_dec

Decoder rows have unit norm, always; the encoder starts as the decoder's transpose; b_dec starts as the
geometric median; latents that have not been active for a while learn to predict what the others leave (AuxK).
Activations are divided by one number while training, so that one learning rate suits every site, and multiplied back
into b_enc and b_dec at the end: `normalize_activations` is "none".
"""
import argparse
import json
import random
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import language
from model import Ledger, write_safetensors

MODEL = Path(__file__).resolve().parents[2] / "static" / "models" / "ledger"
AUX_WEIGHT, AUX_K, DEAD_AFTER = 1 / 32, 48, 100_000
PROBLEMS, BATCH, RATE, WARM_UP, CLIP = 12_000, 2048, 2e-3, 200, 1.0


def draw_rows(seed, count):
    """Texts as the page shows them: most chains right, some with a wrong result carried on, some thinned."""
    rng, rows = random.Random(seed), []
    for _ in range(count):
        problem = language.problem(rng)
        steps, answer, share = problem["steps"], problem["answer"], rng.random()
        if share < 0.1:
            steps, answer = language.corrupt(rng, problem) or (steps, answer)
        elif share < 0.2:
            steps = [step for step in steps if rng.random() < 0.7]
        words = problem["prompt"] + sum(steps, []) + language.cue(problem) + [answer, "</s>"]
        rows.append([language.ID[word] for word in words])
    return rows


def geometric_median(x, rounds=50):
    """Weiszfeld's iteration."""
    median = x.mean(0)
    for _ in range(rounds):
        weights = 1 / (x - median).norm(dim=1).clamp_min(1e-6)
        median = weights @ x / weights.sum()
    return median


def unit_rows(matrix):
    return matrix / matrix.norm(dim=1, keepdim=True).clamp_min(1e-8)


class Sae:
    """Parameters, and their gradients by hand: only k latents of a token have any."""

    def __init__(self, x, latents, k, generator):
        self.k, self.latents = k, latents
        self.bias = geometric_median(x[:32768])
        self.decoder = unit_rows(torch.randn(latents, x.shape[1], generator=generator))
        self.encoder = self.decoder.clone()  # [latents, dIn]
        self.threshold = torch.zeros(latents)
        # The released code's scale: reconstructions of random unit vectors come out with norm one.
        probe = unit_rows(torch.randn(256, x.shape[1], generator=generator)) + self.bias
        found, _, _ = self.forward(probe)
        self.encoder /= (found - self.bias).norm(dim=1).mean()
        self.silent = torch.zeros(latents)  # tokens since a latent was last active

    def parameters(self):
        return [self.encoder, self.threshold, self.decoder, self.bias]

    def encode(self, x):
        values, ids = (torch.addmm(self.threshold, x - self.bias, self.encoder.t())).topk(self.k, dim=1, sorted=False)
        return values.relu(), ids

    def decode(self, values, ids):
        return F.embedding_bag(ids, self.decoder, per_sample_weights=values, mode="sum") + self.bias

    def forward(self, x):
        values, ids = self.encode(x)
        return self.decode(values, ids), values, ids

    def loss_and_gradients(self, x, scale):
        centred = x - self.bias
        pre = torch.addmm(self.threshold, centred, self.encoder.t())
        top, ids = pre.topk(self.k, dim=1, sorted=False)
        values = top.relu()
        error = self.decode(values, ids) - x
        loss = error.square().mean() * scale

        fired = torch.zeros(self.latents)
        fired.index_add_(0, ids.flatten(), (values.flatten() > 1e-3).float())
        self.silent += len(x)
        self.silent[fired > 0] = 0

        upstream = error * (2 * scale / error.numel())
        z = torch.zeros_like(pre).scatter_(1, ids, values)
        d_pre = torch.zeros_like(pre).scatter_(1, ids, (upstream @ self.decoder.t()).gather(1, ids) * (top > 0))
        d_decoder, d_bias = z.t() @ upstream, upstream.sum(0)

        dead = (self.silent > DEAD_AFTER).nonzero()[:, 0]
        if len(dead) > 0:
            k = min(AUX_K, len(dead))
            top, places = pre[:, dead].topk(k, dim=1, sorted=False)
            values, ids = top.relu(), dead[places]
            aux_error = F.embedding_bag(ids, self.decoder, per_sample_weights=values, mode="sum") + error
            spread = (error - error.mean(0)).square().mean() + 1e-9
            upstream = aux_error * (2 * AUX_WEIGHT / (spread * aux_error.numel()))
            d_decoder += torch.zeros_like(pre).scatter_(1, ids, values).t() @ upstream
            d_values = (upstream @ self.decoder[dead].t()).gather(1, places) * (top > 0)
            d_pre.scatter_add_(1, ids, d_values)
        d_threshold = d_pre.sum(0)
        d_bias -= d_threshold @ self.encoder
        return loss, [d_pre.t() @ centred, d_threshold, d_decoder, d_bias], len(dead)


class Adam:
    def __init__(self, parameters, betas=(0.9, 0.999), epsilon=6.25e-10):
        self.moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in parameters]
        self.betas, self.epsilon, self.steps = betas, epsilon, 0

    def step(self, parameters, gradients, rate):
        self.steps += 1
        (b1, b2), t = self.betas, self.steps
        for p, g, (m, v) in zip(parameters, gradients, self.moments):
            m.mul_(b1).add_(g, alpha=1 - b1)
            v.mul_(b2).addcmul_(g, g, value=1 - b2)
            p.addcdiv_(m, (v / (1 - b2**t)).sqrt_().add_(self.epsilon), value=-rate / (1 - b1**t))


def train(x, latents, k, steps, seed, rate=RATE, note=lambda text: None):
    """An Sae of x [token, dIn], in the units of x; and how long it took."""
    generator = torch.Generator().manual_seed(seed)
    divisor = (x - x.mean(0)).norm(dim=1).mean() / x.shape[1] ** 0.5
    sample = x[torch.randperm(len(x), generator=generator)[:32768]] / divisor
    scale = 1 / (sample - sample.mean(0)).square().mean()
    sae = Sae(sample, latents, k, generator)
    adam, order, at, start, smooth = Adam(sae.parameters()), None, len(x), time.time(), None
    for step in range(steps):
        if at + BATCH > len(x):
            order, at = torch.randperm(len(x), generator=generator), 0
        batch = x[order[at : at + BATCH]] / divisor
        at += BATCH
        loss, gradients, dead = sae.loss_and_gradients(batch, scale)
        along = (gradients[2] * sae.decoder).sum(1, keepdim=True)
        gradients[2] -= along * sae.decoder
        size = torch.stack([g.norm() for g in gradients]).norm()
        if size > CLIP:
            gradients = [g * (CLIP / size) for g in gradients]
        share = min(1, (step + 1) / WARM_UP, 1.25 * (1 - step / steps))
        adam.step(sae.parameters(), gradients, rate * share)
        sae.decoder.copy_(unit_rows(sae.decoder))
        smooth = loss.item() if smooth is None else 0.99 * smooth + 0.01 * loss.item()
        if (step + 1) % 500 == 0 or step + 1 == steps:
            note(f"step {step + 1}, FVU {smooth:.4f}, dead {dead}, {time.time() - start:.0f} s")
    sae.threshold *= divisor
    sae.bias *= divisor
    return sae


def fvu(sae, x):
    """Share of the variance of x that the reconstruction leaves."""
    return float((x - sae.forward(x)[0]).square().sum() / (x - x.mean(0)).square().sum())


def write(sae, folder, site, ledger, settings, x):
    """The files; and what storing the weights in f16 costs, measured on x."""
    before = fvu(sae, x)
    sae.encoder, sae.decoder, sae.threshold, sae.bias = (
        value.half().float() for value in (sae.encoder, sae.decoder, sae.threshold, sae.bias)
    )
    settings = {**settings, "training_fvu": {"float32": round(before, 6), "as_stored": round(fvu(sae, x), 6)}}
    print(f"{site}: {settings['training_fvu']}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        "W_enc": sae.encoder.t().contiguous(),
        "W_dec": sae.decoder,
        "b_enc": sae.threshold,
        "b_dec": sae.bias,
    }
    write_safetensors(folder / "sae_weights.safetensors", tensors, "F16")
    config = {
        "architecture": "topk",
        "d_in": ledger.width,
        "d_sae": sae.latents,
        "k": sae.k,
        "dtype": "float16",
        "device": "cpu",
        "apply_b_dec_to_input": True,
        "normalize_activations": "none",
        "reshape_activations": "none",
        "rescale_acts_by_decoder_norm": False,
        "metadata": {
            "model_name": "ledger",
            "hook_name": site,
            "context_size": ledger.context,
            "prepend_bos": True,
            "model_sha256": ledger.sha256,
            "trained_by": "training/sae/train.py",
            **settings,
        },
    }
    (folder / "cfg.json").write_text(json.dumps(config, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--latents", type=int, default=512)
    parser.add_argument("--k", type=int, default=8)
    parser.add_argument("--sites", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--problems", type=int, default=PROBLEMS)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", help="keeps the activations there, or takes them from there")
    args = parser.parse_args()
    torch.set_num_threads(1)
    ledger, cache = Ledger(MODEL), args.cache and Path(args.cache)
    if cache and cache.exists():
        x = torch.load(cache)
    else:
        start = time.time()
        x = ledger.residuals(draw_rows(args.seed, args.problems))
        print(f"{x.shape[1]} tokens in {time.time() - start:.0f} s", flush=True)
        if cache:
            torch.save(x, cache)
    settings = {"seed": args.seed, "steps": args.steps, "batch_tokens": BATCH, "tokens": x.shape[1], "rate": args.rate}
    for site in args.sites:
        note = lambda text: print(f"blocks.{site}.resid_post: {text}", flush=True)
        sae = train(x[site], args.latents, args.k, args.steps, args.seed, args.rate, note)
        folder = Path(args.out) / f"blocks.{site}.resid_post"
        write(sae, folder, f"blocks.{site}.hook_resid_post", ledger, settings, x[site][:200_000])


if __name__ == "__main__":
    main()
