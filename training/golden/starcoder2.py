"""Golden run of StarCoder 2: LayerNorms, biases in every linear layer, grouped-query attention over a window with rotary
positions, an MLP without a gate, the unembedding tied."""
import math

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
    "architectures": ["Starcoder2ForCausalLM"],
    "model_type": "starcoder2",
    "hidden_size": 24,
    "intermediate_size": 28,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": D_VOCAB,
    "max_position_embeddings": 64,
    "hidden_act": "gelu_pytorch_tanh",
    "norm_epsilon": 0.003,
    "norm_type": "layer_norm",
    "mlp_type": "default",
    "rope_theta": 400.0,
    "sliding_window": 4,
    "use_bias": True,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "torch_dtype": "float32",
}


def forward(weights, config, tokens, window=4):
    d_head = config["hidden_size"] // config["num_attention_heads"]
    frequencies = rope_frequencies(config["rope_theta"], d_head)
    sites = {"embed": weights["model.embed_tokens.weight"][tokens]}
    x = sites["embed"]

    def norm(name, y):
        return layer_norm(y, config["norm_epsilon"], weights[f"{name}.weight"], weights[f"{name}.bias"])

    for i in range(config["num_hidden_layers"]):
        block, layer = f"blocks.{i}", f"model.layers.{i}"
        sites[f"{block}.resid_pre"] = x
        h = sites[f"{block}.ln1.normalized"] = norm(f"{layer}.input_layernorm", x)
        names = [f"{layer}.self_attn.{letter}_proj" for letter in "qkv"]
        q, k, v = (linear(weights, name, h).reshape(len(tokens), -1, d_head) for name in names)
        z = attention(sites, block, q, k, v, 1 / math.sqrt(d_head), frequencies, window)
        sites[f"{block}.attn_out"] = linear(weights, f"{layer}.self_attn.o_proj", z)
        x = sites[f"{block}.resid_mid"] = x + sites[f"{block}.attn_out"]
        h = sites[f"{block}.ln2.normalized"] = norm(f"{layer}.post_attention_layernorm", x)
        pre = sites[f"{block}.mlp.pre"] = linear(weights, f"{layer}.mlp.c_fc", h)
        sites[f"{block}.mlp.post"] = activation(pre, config["hidden_act"])
        sites[f"{block}.mlp_out"] = linear(weights, f"{layer}.mlp.c_proj", sites[f"{block}.mlp.post"])
        x = sites[f"{block}.resid_post"] = x + sites[f"{block}.mlp_out"]
    sites["ln_final.normalized"] = norm("model.norm", x)
    sites["logits"] = linear(weights, "model.embed_tokens", sites["ln_final.normalized"])
    return sites


def random_weights(config):
    d_model, d_mlp = config["hidden_size"], config["intermediate_size"]
    d_kv = d_model // config["num_attention_heads"] * config["num_key_value_heads"]
    weights = RandomWeights("starcoder2")
    weights.matrix("model.embed_tokens.weight", config["vocab_size"], d_model, inner=1, gain=0.4)
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}"
        weights.norm(f"{layer}.input_layernorm", d_model, bias=True)
        for letter, outputs in [("q", d_model), ("k", d_kv), ("v", d_kv)]:
            weights.linear(f"{layer}.self_attn.{letter}_proj", outputs, d_model, bias=True, gain=1.1)
        weights.linear(f"{layer}.self_attn.o_proj", d_model, d_model, bias=True)
        weights.norm(f"{layer}.post_attention_layernorm", d_model, bias=True)
        weights.linear(f"{layer}.mlp.c_fc", d_mlp, d_model, bias=True)
        weights.linear(f"{layer}.mlp.c_proj", d_model, d_mlp, bias=True)
    weights.norm("model.norm", d_model, bias=True)
    return weights


def main():
    weights = random_weights(CONFIG)
    run = record("starcoder2", CONFIG, weights, forward, [4, 4])
    # The window and every bias count.
    assert np.abs(run["logits"] - forward(weights, CONFIG, TOKENS, None)["logits"])[4:].max() > 0.01
    for part in ("q_proj", "v_proj", "o_proj", "c_fc", "c_proj", "input_layernorm", "model.norm"):
        without = {name: array * (0 if f"{part}.bias" in name else 1) for name, array in weights.items()}
        assert np.abs(run["logits"] - forward(without, CONFIG, TOKENS)["logits"]).max() > 0.01, part


if __name__ == "__main__":
    main()
