"""Records gradients by PyTorch's autograd beside the golden runs: of one scalar, by every site, in float64.

    python3 gradients.py            all families: src/engine/models/golden/<name>/goldenGradients.safetensors

The forward passes are those of the recorders of this folder. They are written in numpy; here their `np` is a stand-in that
does the same with torch tensors where it is given any, so that autograd sees every step. What a recorder would write is
left alone: only gradients are written, beside a check that the forward pass is the recorded one.

The scalar is a weighted sum of log-probabilities over all positions of a short text, whose targets and weights stand in
the file's metadata as JSON. Gradients have the shapes of the sites; at scores of keys that are not visible they are 0.
"""
import importlib
import json
import math
import sys
from pathlib import Path

import common
import numpy as np
import torch

FAMILIES = (
    "bloom gemma gemma1 gpt_bigcode gpt_neo gpt_neox gptj llama mistral olmo2 opt phi phi3 qwen2 qwen3 starcoder2 "
    "transformer_lens"
).split()
# Longer than any window, and short enough that files stay small.
LENGTH = 7


class Array(torch.Tensor):
    """A tensor with those habits of numpy's arrays that the recorders rely on."""

    __array_priority__ = 1000
    dtype = property(lambda self: np.dtype(np.float64))

    def max(self, *args, **kwargs):
        found = super().max(*args, **kwargs)
        return found.values if hasattr(found, "values") and not isinstance(found, torch.Tensor) else found

    def astype(self, _):
        return self

    def copy(self):
        return self.clone()


def tensor(value):
    if isinstance(value, Array):
        return value
    return torch.as_tensor(np.asarray(value, dtype=bool if np.asarray(value).dtype == bool else float)).as_subclass(Array)


def binary(name):
    base = getattr(torch.Tensor, name)

    def apply(self, other):
        return base(self, tensor(other) if isinstance(other, np.ndarray) else other)

    return apply


for name in ("add", "sub", "mul", "truediv", "matmul"):
    for prefix in ("__", "__r"):
        setattr(Array, f"{prefix}{name}__", binary(f"{prefix}{name}__"))


def any_tensor(args):
    return any(isinstance(arg, Array) or (isinstance(arg, (list, tuple)) and any_tensor(arg)) for arg in args)


def where(condition, yes, no):
    # What is not visible is recorded as NaN beside the pass: the scores themselves are what has a gradient.
    if isinstance(no, float) and math.isnan(no):
        return yes
    return torch.where(tensor(condition).bool(), tensor(yes), tensor(no))


def split(x, sections, axis=0):
    return torch.tensor_split(x, sections if isinstance(sections, int) else list(sections), dim=axis)


TORCH = {
    "sqrt": torch.sqrt,
    "exp": torch.exp,
    "tanh": torch.tanh,
    "maximum": lambda x, floor: torch.relu(x) if floor == 0 else torch.maximum(x, tensor(floor)),
    "where": where,
    "einsum": lambda equation, *parts: torch.einsum(equation, *map(tensor, parts)),
    "concatenate": lambda parts, axis=0: torch.cat([tensor(part) for part in parts], dim=axis),
    "stack": lambda parts, axis=0: torch.stack([tensor(part) for part in parts], dim=axis),
    "split": split,
    "repeat": lambda x, count, axis: torch.repeat_interleave(x, count, dim=axis),
}


class TorchNumpy:
    """numpy, but that functions which are given tensors are torch's."""

    def __getattr__(self, name):
        own = getattr(np, name)
        if name not in TORCH:
            return own
        return lambda *args, **kwargs: (TORCH[name] if any_tensor(args) else own)(*args, **kwargs)


def rotate_pairs(x, frequencies):
    pairs = len(frequencies)
    angles = tensor(np.arange(len(x))[:, None, None] * frequencies)
    even, odd, rest = x[..., 0 : 2 * pairs : 2], x[..., 1 : 2 * pairs : 2], x[..., 2 * pairs :]
    turned = (even * torch.cos(angles) - odd * torch.sin(angles), even * torch.sin(angles) + odd * torch.cos(angles))
    return torch.cat([torch.stack(turned, -1).flatten(-2), rest], -1)


def or_torch(own, of_tensors):
    return lambda x, *args: (of_tensors if isinstance(x, Array) else own)(x, *args)


def asks(tokens, vocabulary):
    """What the scalar is made of: at each position the token after the next, more or less of it."""
    count = len(tokens)
    targets = [tokens[(position + 2) % count] % vocabulary for position in range(count)]
    return targets, [0.5 + (position % 3) / 2 for position in range(count)]


def gradients(forward, weights, config, tokens):
    leaves = {name: torch.tensor(array, requires_grad=True).as_subclass(Array) for name, array in weights.items()}
    sites = forward(leaves, config, tokens)
    targets, factors = asks(tokens, sites["logits"].shape[-1])
    log_probs = torch.log_softmax(sites["logits"], -1)
    scalar = sum(factor * log_probs[i, target] for i, (factor, target) in enumerate(zip(factors, targets)))
    found = torch.autograd.grad(scalar, list(sites.values()))
    assert all(gradient.abs().max() > 0 for gradient in found)
    return sites, {site: gradient.as_subclass(torch.Tensor).numpy() for site, gradient in zip(sites, found)}


def record(folder, forward, weights, config, tokens, file="goldenGradients.safetensors"):
    tokens = list(tokens)[:LENGTH]
    plain = forward(weights, config, tokens)
    modules = [sys.modules[forward.__module__], common]
    modules += [sys.modules[name] for name in FAMILIES if name in sys.modules]
    for module in modules:
        module.np = TorchNumpy()
    sites, found = gradients(forward, weights, config, tokens)
    for module in modules:
        module.np = np
    assert list(sites) == list(plain)
    for site, values in sites.items():
        values = values.detach().as_subclass(torch.Tensor).numpy()
        seen = ~np.isnan(plain[site])
        assert np.abs(values[seen] - plain[site][seen]).max() < 1e-12, site
    # Softmax gives keys that are not visible no share: what a share would be worth is not asked.
    for site in found:
        if site.endswith(".attn.pattern"):
            found[site] = np.where(np.isnan(plain[site.replace("pattern", "scores")]), 0, found[site])
    targets, factors = asks(tokens, plain["logits"].shape[-1])
    metadata = {"tokens": tokens, "targets": targets, "weights": factors}
    metadata = {name: json.dumps([float(v) if name == "weights" else int(v) for v in of]) for name, of in metadata.items()}
    common.write_safetensors(common.FOLDER / folder / file, found, metadata)
    print(f"{folder}: {len(found)} sites, {round((common.FOLDER / folder / file).stat().st_size / 1000)} kB")


def main():
    # The recorders import these by name: they must be in their place before.
    common.erf = or_torch(common.erf, torch.erf)
    common.rotate_pairs = or_torch(common.rotate_pairs, rotate_pairs)
    families = [importlib.import_module(name) for name in FAMILIES]

    def instead(name, config, weights, forward, *_, tokens=common.TOKENS, **__):
        record(name, forward, weights, config, tokens)
        return forward(weights, config, tokens)

    writes = common.write_safetensors
    for family in families:
        family.record = instead
        # Other files than gradients are not ours to write.
        if hasattr(family, "write_safetensors"):
            family.write_safetensors = lambda *_: None
    for family in families:
        family.main()
    common.write_safetensors = writes
    gpt2 = importlib.import_module("gpt2")
    config = json.loads((common.FOLDER / "tinyGpt2/config.json").read_text())
    weights = common.read_safetensors(common.FOLDER / "tinyGpt2/model.safetensors")
    files = {"gelu_new": "goldenGradients.safetensors", "gelu": "goldenGradientsExactGelu.safetensors"}
    for activation, file in files.items():
        record("tinyGpt2", gpt2.forward, weights, {**config, "activation_function": activation}, gpt2.TINY_TOKENS, file)


if __name__ == "__main__":
    main()
