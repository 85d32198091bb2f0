"""Records golden runs: every named activation of a GPT-2, computed by plain numpy in float64, so that the engine
can be checked site by site against an implementation that shares no code with it (nor with the trainer).

    python3 gpt2.py tiny FOLDER            a seeded random GPT-2: config.json, model.safetensors (F32), golden runs
    python3 gpt2.py record MODEL OUT.safetensors "prompt of words"   a run of a model in the Hugging Face layout

Sites have TransformerLens names. Scores that the causal mask removes are stored as NaN. The token ids stand in the
metadata of the golden file, as JSON.
"""
import json
import math
import sys
from pathlib import Path

import numpy as np
from common import activation, read_safetensors, write_safetensors

TINY = {"n_embd": 12, "n_layer": 2, "n_head": 3, "vocab_size": 17, "n_positions": 16}
TINY_TOKENS = [3, 14, 1, 5, 9, 2, 6, 5]


def forward(weights, config, tokens):
    """All sites of one run, float64. [pos, ...], attention as [head, query, key]."""
    heads, epsilon = config["n_head"], config["layer_norm_epsilon"]
    length, d_model = len(tokens), config["n_embd"]
    d_head = d_model // heads
    sites = {}

    def normalized(x):
        centred = x - x.mean(-1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon)

    def norm(site, name, x):
        sites[site] = normalized(x) * weights[f"{name}.weight"] + weights[f"{name}.bias"]
        return sites[site]

    def linear(name, x):
        return x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]

    sites["embed"] = weights["wte.weight"][tokens]
    sites["pos_embed"] = weights["wpe.weight"][:length]
    x = sites["embed"] + sites["pos_embed"]
    visible = np.tril(np.ones((length, length), bool))
    for i in range(config["n_layer"]):
        site, block = f"blocks.{i}", f"h.{i}"
        sites[f"{site}.resid_pre"] = x
        h = norm(f"{site}.ln1.normalized", f"{block}.ln_1", x)
        q, k, v = (part.reshape(length, heads, d_head) for part in np.split(linear(f"{block}.attn.c_attn", h), 3, -1))
        scores = np.einsum("qhd,khd->hqk", q, k) / math.sqrt(d_head)
        exponentials = np.where(visible, np.exp(scores - np.where(visible, scores, -np.inf).max(-1, keepdims=True)), 0)
        pattern = exponentials / exponentials.sum(-1, keepdims=True)
        z = np.einsum("hqk,khd->qhd", pattern, v)
        for name, value in [("q", q), ("k", k), ("v", v), ("pattern", pattern), ("z", z)]:
            sites[f"{site}.attn.{name}"] = value
        sites[f"{site}.attn.scores"] = np.where(visible, scores, np.nan)
        sites[f"{site}.attn_out"] = linear(f"{block}.attn.c_proj", z.reshape(length, d_model))
        x = x + sites[f"{site}.attn_out"]
        sites[f"{site}.resid_mid"] = x
        h = norm(f"{site}.ln2.normalized", f"{block}.ln_2", x)
        sites[f"{site}.mlp.pre"] = linear(f"{block}.mlp.c_fc", h)
        sites[f"{site}.mlp.post"] = activation(sites[f"{site}.mlp.pre"], config["activation_function"])
        sites[f"{site}.mlp_out"] = linear(f"{block}.mlp.c_proj", sites[f"{site}.mlp.post"])
        x = x + sites[f"{site}.mlp_out"]
        sites[f"{site}.resid_post"] = x
    sites["logits"] = norm("ln_final.normalized", "ln_f", x) @ weights["wte.weight"].T
    return sites


def tiny_weights(config):
    random = np.random.default_rng(7)
    d = config["n_embd"]
    shapes = {"wte.weight": (config["vocab_size"], d), "wpe.weight": (config["n_positions"], d)}
    for i in range(config["n_layer"]):
        block = {"ln_1": (d,), "attn.c_attn": (d, 3 * d), "attn.c_proj": (d, d)}
        block.update({"ln_2": (d,), "mlp.c_fc": (d, 4 * d), "mlp.c_proj": (4 * d, d)})
        for name, shape in block.items():
            shapes[f"h.{i}.{name}.weight"] = shape
            shapes[f"h.{i}.{name}.bias"] = shape[-1:]
    shapes["ln_f.weight"] = shapes["ln_f.bias"] = (d,)
    # Large enough that attention is far from uniform; norm gains near one.
    gain = lambda name: 1.0 if "ln_" in name and name.endswith("weight") else 0.0
    scale = lambda name: 0.2 if "ln_" in name or name.endswith("bias") else 0.5
    return {
        name: (gain(name) + scale(name) * random.standard_normal(shape)).astype(np.float32).astype(np.float64)
        for name, shape in shapes.items()
    }


def write_tiny(folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_type": "gpt2", **TINY, "n_ctx": TINY["n_positions"], "activation_function": "gelu_new"}
    config.update({"layer_norm_epsilon": 1e-5, "tie_word_embeddings": True, "bos_token_id": 0, "eos_token_id": 1})
    weights = tiny_weights(config)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    write_safetensors(folder / "model.safetensors", weights, {"format": "pt"})
    for file, activation in [("golden.safetensors", "gelu_new"), ("goldenExactGelu.safetensors", "gelu")]:
        run = forward(weights, {**config, "activation_function": activation}, TINY_TOKENS)
        write_safetensors(folder / file, run, {"tokens": json.dumps(TINY_TOKENS), "activation_function": activation})


def record(model, out, prompt):
    folder = Path(model)
    config = json.loads((folder / "config.json").read_text())
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    tokens = [vocabulary["<s>"]] + [vocabulary[word] for word in prompt.split()]
    run = forward(read_safetensors(folder / "model.safetensors"), config, tokens)
    write_safetensors(out, run, {"tokens": json.dumps(tokens), "activation_function": config["activation_function"]})


if __name__ == "__main__":
    {"tiny": write_tiny, "record": record}[sys.argv[1]](*sys.argv[2:])
