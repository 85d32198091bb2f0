"""Golden runs of toy transformers as TransformerLens stores them (HookedTransformer): cfg.json has the fields of
HookedTransformerConfig, matrices are stored [inputs, outputs], those of heads one by one."""
import math

import gpt_neox
import numpy as np
from common import (
    D_VOCAB,
    TOKENS,
    RandomWeights,
    activation,
    attention,
    layer_norm,
    record,
    rope_frequencies,
)

CONFIG = {
    "model_name": "custom",
    "n_layers": 2,
    "d_model": 20,
    "n_ctx": 16,
    "d_head": 6,
    "n_heads": 3,
    "d_mlp": 28,
    "act_fn": "relu",
    "d_vocab": D_VOCAB,
    "d_vocab_out": D_VOCAB,
    "eps": 0.003,
    "use_attn_scale": True,
    "attn_scale": math.sqrt(6),
    "attn_only": False,
    "normalization_type": "LN",
    "positional_embedding_type": "standard",
    "attention_dir": "causal",
    "use_local_attn": False,
    "parallel_attn_mlp": False,
    "gated_mlp": False,
    "final_rms": False,
    "rotary_dim": None,
    "seed": None,
    "dtype": "torch.float32",
}
ROTARY = {"rotary_dim": 4, "rotary_base": 50, "rotary_adjacent_pairs": False}
VARIANTS = {
    # The model of "A mathematical framework": no norm, no MLP; with an output vocabulary of its own.
    "tl_attn_only": {
        "attn_only": True,
        "normalization_type": None,
        "d_mlp": None,
        "act_fn": None,
        "d_vocab_out": 23,
    },
    "tl_shortformer": {"positional_embedding_type": "shortformer", "act_fn": "gelu"},
    "tl_rotary": {"positional_embedding_type": "rotary", "act_fn": "gelu_new", **ROTARY},
    # Scores divided by a number of its own.
    "tl_relu_ln": {"attn_scale": 3.0},
    # -1 stands for sqrt(d_head).
    "tl_lnpre": {"normalization_type": "LNPre", "act_fn": "gelu", "attn_scale": -1.0},
    # No positions, no norm, scores not scaled.
    "tl_none": {
        "positional_embedding_type": "none",
        "normalization_type": None,
        "act_fn": "silu",
        "use_attn_scale": False,
    },
}


def forward(weights, config, tokens):
    kind, positions = config["normalization_type"], config["positional_embedding_type"]
    divisor = math.sqrt(config["d_head"]) if config["attn_scale"] == -1 else config["attn_scale"]
    scale = 1 / divisor if config["use_attn_scale"] else 1
    frequencies = rope_frequencies(config["rotary_base"], config["rotary_dim"]) if positions == "rotary" else None
    sites = {"embed": weights["embed.W_E"][tokens]}
    if positions in ("standard", "shortformer"):
        sites["pos_embed"] = weights["pos_embed.W_pos"][: len(tokens)]
    x = sites["embed"] + (sites["pos_embed"] if positions == "standard" else 0)

    def norm(site, name, y):
        if kind is None:
            return y
        learned = [weights[f"{name}.w"], weights[f"{name}.b"]] if kind == "LN" else []
        sites[site] = layer_norm(y, config["eps"], *learned)
        return sites[site]

    for i in range(config["n_layers"]):
        block = f"blocks.{i}"
        sites[f"{block}.resid_pre"] = x
        h = norm(f"{block}.ln1.normalized", f"{block}.ln1", x)
        # Shortformer: only queries and keys read positions, and after the norm.
        placed = h + sites["pos_embed"] if positions == "shortformer" else h
        q, k, v = (
            np.einsum("pm,hmd->phd", read, weights[f"{block}.attn.W_{letter}"]) + weights[f"{block}.attn.b_{letter}"]
            for letter, read in [("Q", placed), ("K", placed), ("V", h)]
        )
        attention(sites, block, q, k, v, scale, frequencies)
        heads = np.einsum("phd,hdm->phm", sites[f"{block}.attn.z"], weights[f"{block}.attn.W_O"])
        sites[f"{block}.attn_out"] = heads.sum(1) + weights[f"{block}.attn.b_O"]
        x = x + sites[f"{block}.attn_out"]
        if not config["attn_only"]:
            sites[f"{block}.resid_mid"] = x
            h = norm(f"{block}.ln2.normalized", f"{block}.ln2", x)
            pre = sites[f"{block}.mlp.pre"] = h @ weights[f"{block}.mlp.W_in"] + weights[f"{block}.mlp.b_in"]
            post = sites[f"{block}.mlp.post"] = activation(pre, config["act_fn"])
            sites[f"{block}.mlp_out"] = post @ weights[f"{block}.mlp.W_out"] + weights[f"{block}.mlp.b_out"]
            x = x + sites[f"{block}.mlp_out"]
        sites[f"{block}.resid_post"] = x
    h = norm("ln_final.normalized", "ln_final", x)
    sites["logits"] = h @ weights["unembed.W_U"] + weights["unembed.b_U"]
    return sites


def random_weights(name, config):
    d_model, d_head, heads, d_mlp = (config[field] for field in ("d_model", "d_head", "n_heads", "d_mlp"))
    normed = config["normalization_type"] is not None
    # Without a norm the residual stream grows from layer to layer; unscaled scores are larger.
    small = 1.0 if normed else 0.7
    query_gain = 1.3 if config["use_attn_scale"] else 0.7
    weights = RandomWeights(name)

    def norm(name):
        if config["normalization_type"] == "LN":
            weights.vector(f"{name}.w", d_model, mean=1.0)
            weights.vector(f"{name}.b", d_model)

    weights.matrix("embed.W_E", config["d_vocab"], d_model, inner=1)
    if config["positional_embedding_type"] in ("standard", "shortformer"):
        weights.matrix("pos_embed.W_pos", config["n_ctx"], d_model, inner=1, gain=0.7)
    for i in range(config["n_layers"]):
        block = f"blocks.{i}"
        norm(f"{block}.ln1")
        for letter, gain in [("Q", query_gain), ("K", query_gain), ("V", small)]:
            weights.matrix(f"{block}.attn.W_{letter}", heads, d_model, d_head, inner=d_model, gain=gain)
            weights.vector(f"{block}.attn.b_{letter}", heads, d_head)
        weights.matrix(f"{block}.attn.W_O", heads, d_head, d_model, inner=heads * d_head, gain=small)
        weights.vector(f"{block}.attn.b_O", d_model)
        if not config["attn_only"]:
            norm(f"{block}.ln2")
            weights.matrix(f"{block}.mlp.W_in", d_model, d_mlp, inner=d_model, gain=small)
            weights.vector(f"{block}.mlp.b_in", d_mlp)
            weights.matrix(f"{block}.mlp.W_out", d_mlp, d_model, inner=d_mlp, gain=small)
            weights.vector(f"{block}.mlp.b_out", d_model)
    norm("ln_final")
    weights.matrix("unembed.W_U", d_model, config["d_vocab_out"], inner=d_model)
    weights.vector("unembed.b_U", config["d_vocab_out"])
    return weights


def as_neox(weights, config):
    """A rotary model in GPT-NeoX's layout, blocks in turn; there heads times dHead is dModel."""
    d_model, d_head, heads = config["d_model"], config["d_head"], config["n_heads"]
    assert heads * d_head == d_model
    converted = {"gpt_neox.embed_in.weight": weights["embed.W_E"], "embed_out.weight": weights["unembed.W_U"].T}
    converted["embed_out.bias"] = weights["unembed.b_U"]

    def norm(name, source):
        converted[f"{name}.weight"], converted[f"{name}.bias"] = weights[f"{source}.w"], weights[f"{source}.b"]

    def matrix(name, source):
        converted[f"{name}.weight"] = weights[source.replace("*", "W")].T
        converted[f"{name}.bias"] = weights[source.replace("*", "b")]

    for i in range(config["n_layers"]):
        layer, block = f"gpt_neox.layers.{i}", f"blocks.{i}"
        norm(f"{layer}.input_layernorm", f"{block}.ln1")
        norm(f"{layer}.post_attention_layernorm", f"{block}.ln2")
        matrix(f"{layer}.mlp.dense_h_to_4h", f"{block}.mlp.*_in")
        matrix(f"{layer}.mlp.dense_4h_to_h", f"{block}.mlp.*_out")
        fused = [weights[f"{block}.attn.W_{letter}"][head].T for head in range(heads) for letter in "QKV"]
        biases = [weights[f"{block}.attn.b_{letter}"][head] for head in range(heads) for letter in "QKV"]
        converted[f"{layer}.attention.query_key_value.weight"] = np.concatenate(fused)
        converted[f"{layer}.attention.query_key_value.bias"] = np.concatenate(biases)
        converted[f"{layer}.attention.dense.weight"] = weights[f"{block}.attn.W_O"].reshape(d_model, d_model).T
        converted[f"{layer}.attention.dense.bias"] = weights[f"{block}.attn.b_O"]
    norm("gpt_neox.final_layer_norm", "ln_final")
    sizes = {"num_attention_heads": heads, "hidden_size": d_model, "num_hidden_layers": config["n_layers"]}
    rotary = {"rotary_pct": config["rotary_dim"] / d_head, "rotary_emb_base": config["rotary_base"]}
    rest = {"layer_norm_eps": config["eps"], "hidden_act": config["act_fn"], "use_parallel_residual": False}
    return converted, {**sizes, **rotary, **rest}


def main():
    runs = {}
    for name, change in VARIANTS.items():
        config = {**CONFIG, **change}
        weights = random_weights(name, config)
        runs[name] = record(name, config, weights, forward, [None] * config["n_layers"], config_file="cfg.json")

        if name == "tl_attn_only":
            # Linear but for the pattern: logits are a sum of paths.
            paths = runs[name]["embed"] + runs[name]["pos_embed"]
            paths = paths + runs[name]["blocks.0.attn_out"] + runs[name]["blocks.1.attn_out"]
            assert np.allclose(runs[name]["logits"], paths @ weights["unembed.W_U"] + weights["unembed.b_U"])
        if name == "tl_shortformer":
            # Positions do not enter the residual stream or values: a token's first value is the same everywhere.
            v, q = runs[name]["blocks.0.attn.v"], runs[name]["blocks.0.attn.q"]
            assert TOKENS[2] == TOKENS[5] and np.array_equal(v[2], v[5]) and not np.allclose(q[2], q[5])
        if name == "tl_lnpre":
            # A LayerNorm without weights is one with ones and zeros.
            norms = [f"blocks.{i}.{ln}" for i in range(2) for ln in ("ln1", "ln2")] + ["ln_final"]
            plain = {f"{ln}.{part}": np.full(20, value) for ln in norms for part, value in [("w", 1.0), ("b", 0.0)]}
            other = forward({**weights, **plain}, {**config, "normalization_type": "LN"}, TOKENS)
            assert all(np.array_equal(values, other[site], equal_nan=True) for site, values in runs[name].items())
        if name == "tl_none":
            # Without positions the order of earlier tokens does not matter to the first block.
            swapped = forward(weights, config, [TOKENS[1], TOKENS[0], *TOKENS[2:]])
            assert np.allclose(runs[name]["blocks.0.attn_out"][2:], swapped["blocks.0.attn_out"][2:])
    # With heads * dHead = dModel, the rotary toy can be written as a GPT-NeoX.
    config = {**CONFIG, **VARIANTS["tl_rotary"], "d_model": 18}
    weights = random_weights("rotary", config)
    other = gpt_neox.forward(*as_neox(weights, config), TOKENS)
    for site, values in forward(weights, config, TOKENS).items():
        assert np.allclose(values, other[site], atol=1e-12, equal_nan=True), site


if __name__ == "__main__":
    main()
