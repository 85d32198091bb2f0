"""Golden run of Gemma 1: Llama with embeddings times sqrt(dModel), norm weights stored less one, a tanh GELU in the gated
MLP, one key-value head for all heads and a head size that is not dModel / heads. Its config says `hidden_act: "gelu"`
and leaves `hidden_activation` empty, as the first published files do: that means the tanh form."""
import math

import numpy as np
from common import D_VOCAB, TOKENS, RandomWeights, activation, attention, linear, record, rms_norm, rope_frequencies

CONFIG = {
    "architectures": ["GemmaForCausalLM"],
    "model_type": "gemma",
    "hidden_size": 20,
    "intermediate_size": 28,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "num_key_value_heads": 1,
    "head_dim": 8,
    "vocab_size": D_VOCAB,
    "max_position_embeddings": 64,
    "hidden_act": "gelu",
    "hidden_activation": None,
    "rms_norm_eps": 0.002,
    "rope_theta": 200.0,
    "rope_scaling": None,
    "attention_bias": False,
    "bos_token_id": 2,
    "eos_token_id": 1,
    "pad_token_id": 0,
    "torch_dtype": "float32",
}


def forward(weights, config, tokens, kind="gelu_pytorch_tanh"):
    d_head = config["head_dim"]
    frequencies = rope_frequencies(config["rope_theta"], d_head)
    sites = {"embed": weights["model.embed_tokens.weight"][tokens] * config["hidden_size"] ** 0.5}
    x = sites["embed"]

    def norm(name, y):
        return rms_norm(y, config["rms_norm_eps"], 1 + weights[f"{name}.weight"])

    for i in range(config["num_hidden_layers"]):
        block, layer = f"blocks.{i}", f"model.layers.{i}"
        sites[f"{block}.resid_pre"] = x
        h = sites[f"{block}.ln1.normalized"] = norm(f"{layer}.input_layernorm", x)
        names = [f"{layer}.self_attn.{letter}_proj" for letter in "qkv"]
        q, k, v = (linear(weights, name, h).reshape(len(tokens), -1, d_head) for name in names)
        z = attention(sites, block, q, k, v, 1 / math.sqrt(d_head), frequencies)
        sites[f"{block}.attn_out"] = linear(weights, f"{layer}.self_attn.o_proj", z)
        x = sites[f"{block}.resid_mid"] = x + sites[f"{block}.attn_out"]
        h = sites[f"{block}.ln2.normalized"] = norm(f"{layer}.post_attention_layernorm", x)
        gate = sites[f"{block}.mlp.pre"] = linear(weights, f"{layer}.mlp.gate_proj", h)
        up = sites[f"{block}.mlp.pre_linear"] = linear(weights, f"{layer}.mlp.up_proj", h)
        sites[f"{block}.mlp.post"] = activation(gate, kind) * up
        sites[f"{block}.mlp_out"] = linear(weights, f"{layer}.mlp.down_proj", sites[f"{block}.mlp.post"])
        x = sites[f"{block}.resid_post"] = x + sites[f"{block}.mlp_out"]
    sites["ln_final.normalized"] = norm("model.norm", x)
    sites["logits"] = linear(weights, "model.embed_tokens", sites["ln_final.normalized"])
    return sites


def random_weights(config):
    d_model, d_mlp, d_head = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    queries, keys = config["num_attention_heads"] * d_head, config["num_key_value_heads"] * d_head
    weights = RandomWeights("gemma")
    weights.matrix("model.embed_tokens.weight", config["vocab_size"], d_model, inner=1, gain=0.25)
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}"
        weights.norm(f"{layer}.input_layernorm", d_model, mean=0)
        weights.linear(f"{layer}.self_attn.q_proj", queries, d_model, gain=1.2)
        weights.linear(f"{layer}.self_attn.k_proj", keys, d_model, gain=1.2)
        weights.linear(f"{layer}.self_attn.v_proj", keys, d_model)
        weights.linear(f"{layer}.self_attn.o_proj", d_model, queries)
        weights.norm(f"{layer}.post_attention_layernorm", d_model, mean=0)
        weights.linear(f"{layer}.mlp.gate_proj", d_mlp, d_model)
        weights.linear(f"{layer}.mlp.up_proj", d_mlp, d_model)
        weights.linear(f"{layer}.mlp.down_proj", d_model, d_mlp)
    weights.norm("model.norm", d_model, mean=0)
    return weights


def main():
    weights = random_weights(CONFIG)
    run = record("gemma", CONFIG, weights, forward, [None, None])
    # The exact GELU would give other logits, by more than the engine's tests allow.
    exact = forward(weights, CONFIG, TOKENS, "gelu")
    assert np.abs(run["logits"] - exact["logits"]).max() > 1e-4
    # The scale of the embedding is in the residual stream, not only in what the first norm divides by.
    assert np.allclose(run["embed"] / math.sqrt(20), weights["model.embed_tokens.weight"][TOKENS])


if __name__ == "__main__":
    main()
