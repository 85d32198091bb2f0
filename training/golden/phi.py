"""Golden run of Phi (1, 1.5 and 2): attention and MLP side by side behind one LayerNorm, rotary positions on a part of
each head, biases everywhere, the unembedding's included."""
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
    linear,
    record,
    rope_frequencies,
)

CONFIG = {
    "architectures": ["PhiForCausalLM"],
    "model_type": "phi",
    "hidden_size": 32,
    "intermediate_size": 28,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": D_VOCAB,
    "max_position_embeddings": 64,
    "hidden_act": "gelu_new",
    "layer_norm_eps": 0.003,
    "partial_rotary_factor": 0.5,
    "rope_theta": 50.0,
    "rope_scaling": None,
    "qk_layernorm": False,
    "tie_word_embeddings": False,
    "bos_token_id": None,
    "eos_token_id": None,
    "torch_dtype": "float32",
}


def forward(weights, config, tokens):
    d_head = config["hidden_size"] // config["num_attention_heads"]
    frequencies = rope_frequencies(config["rope_theta"], int(d_head * config["partial_rotary_factor"]))
    sites = {"embed": weights["model.embed_tokens.weight"][tokens]}
    x = sites["embed"]

    def norm(name, y):
        return layer_norm(y, config["layer_norm_eps"], weights[f"{name}.weight"], weights[f"{name}.bias"])

    for i in range(config["num_hidden_layers"]):
        block, layer = f"blocks.{i}", f"model.layers.{i}"
        sites[f"{block}.resid_pre"] = x
        h = sites[f"{block}.ln1.normalized"] = norm(f"{layer}.input_layernorm", x)
        names = [f"{layer}.self_attn.{letter}_proj" for letter in "qkv"]
        q, k, v = (linear(weights, name, h).reshape(len(tokens), -1, d_head) for name in names)
        z = attention(sites, block, q, k, v, 1 / math.sqrt(d_head), frequencies)
        sites[f"{block}.attn_out"] = linear(weights, f"{layer}.self_attn.dense", z)
        pre = sites[f"{block}.mlp.pre"] = linear(weights, f"{layer}.mlp.fc1", h)
        sites[f"{block}.mlp.post"] = activation(pre, config["hidden_act"])
        sites[f"{block}.mlp_out"] = linear(weights, f"{layer}.mlp.fc2", sites[f"{block}.mlp.post"])
        x = sites[f"{block}.resid_post"] = x + sites[f"{block}.attn_out"] + sites[f"{block}.mlp_out"]
    sites["ln_final.normalized"] = norm("model.final_layernorm", x)
    sites["logits"] = linear(weights, "lm_head", sites["ln_final.normalized"])
    return sites


def random_weights(config):
    d_model, d_mlp = config["hidden_size"], config["intermediate_size"]
    d_kv = d_model // config["num_attention_heads"] * config["num_key_value_heads"]
    weights = RandomWeights("phi")
    weights.matrix("model.embed_tokens.weight", config["vocab_size"], d_model, inner=1)
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}"
        weights.norm(f"{layer}.input_layernorm", d_model, bias=True)
        for letter, outputs in [("q", d_model), ("k", d_kv), ("v", d_kv)]:
            weights.linear(f"{layer}.self_attn.{letter}_proj", outputs, d_model, bias=True, gain=1.1)
        weights.linear(f"{layer}.self_attn.dense", d_model, d_model, bias=True)
        weights.linear(f"{layer}.mlp.fc1", d_mlp, d_model, bias=True)
        weights.linear(f"{layer}.mlp.fc2", d_model, d_mlp, bias=True)
    weights.norm("model.final_layernorm", d_model, bias=True)
    weights.linear("lm_head", config["vocab_size"], d_model, bias=True)
    return weights


NEOX_NAMES = {
    "model.": "gpt_neox.",
    "embed_tokens": "embed_in",
    "self_attn.dense": "attention.dense",
    "mlp.fc1": "mlp.dense_h_to_4h",
    "mlp.fc2": "mlp.dense_4h_to_h",
    "final_layernorm": "final_layer_norm",
    "lm_head": "embed_out",
}


def as_neox(weights, config):
    """The same model in GPT-NeoX's layout: keys and values copied for each query head, the LayerNorm twice."""
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    converted = {}
    for name, array in weights.items():
        for old, new in NEOX_NAMES.items():
            name = name.replace(old, new)
        converted[name] = array
        if "input_layernorm" in name:
            converted[name.replace("input_layernorm", "post_attention_layernorm")] = array
    for i in range(config["num_hidden_layers"]):
        for part in ("weight", "bias"):
            rows = []
            for head in range(heads):
                for letter, own in [("q", head), ("k", head * kv_heads // heads), ("v", head * kv_heads // heads)]:
                    array = weights[f"model.layers.{i}.self_attn.{letter}_proj.{part}"]
                    rows.append(np.split(array, heads if letter == "q" else kv_heads)[own])
            converted[f"gpt_neox.layers.{i}.attention.query_key_value.{part}"] = np.concatenate(rows)
    rotary = {"rotary_pct": config["partial_rotary_factor"], "rotary_emb_base": config["rope_theta"]}
    return converted, {**config, **rotary, "use_parallel_residual": True}


def main():
    weights = random_weights(CONFIG)
    run = record("phi", CONFIG, weights, forward, [None, None])
    other = gpt_neox.forward(*as_neox(weights, CONFIG), TOKENS)
    for site, values in run.items():
        if site.endswith((".attn.k", ".attn.v", ".attn.rot_k")):
            continue  # In that layout each query head has its own.
        assert np.allclose(values, other[site], atol=1e-12, equal_nan=True), site


if __name__ == "__main__":
    main()
