"""Golden run of OLMo 2: nothing is normalised before a sublayer, its output is on the way back to the residual stream;
queries and keys pass a norm over all heads together, before rotary positions. There is no ln1 and no ln2 site:
attention reads resid_pre, the MLP resid_mid. attn_out and mlp_out come after those norms."""
import math

import numpy as np
from common import D_VOCAB, TOKENS, RandomWeights, activation, attention, linear, record, rms_norm, rope_frequencies

CONFIG = {
    "architectures": ["Olmo2ForCausalLM"],
    "model_type": "olmo2",
    "hidden_size": 24,
    "intermediate_size": 28,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": D_VOCAB,
    "max_position_embeddings": 64,
    "hidden_act": "silu",
    "rms_norm_eps": 0.002,
    "rope_theta": 500.0,
    "rope_scaling": None,
    "attention_bias": False,
    "tie_word_embeddings": False,
    "eos_token_id": 2,
    "pad_token_id": 1,
    "torch_dtype": "float32",
}


def forward(weights, config, tokens):
    d_head = config["hidden_size"] // config["num_attention_heads"]
    frequencies = rope_frequencies(config["rope_theta"], d_head)
    sites = {"embed": weights["model.embed_tokens.weight"][tokens]}
    x = sites["embed"]

    def norm(name, y):
        return rms_norm(y, config["rms_norm_eps"], weights[f"{name}.weight"])

    for i in range(config["num_hidden_layers"]):
        block, layer = f"blocks.{i}", f"model.layers.{i}"
        sites[f"{block}.resid_pre"] = x
        # Normalised as whole rows, then cut into heads.
        q, k = (norm(f"{layer}.self_attn.{letter}_norm", linear(weights, f"{layer}.self_attn.{letter}_proj", x)) for letter in "qk")
        v = linear(weights, f"{layer}.self_attn.v_proj", x)
        q, k, v = (y.reshape(len(tokens), -1, d_head) for y in (q, k, v))
        z = attention(sites, block, q, k, v, 1 / math.sqrt(d_head), frequencies)
        attended = linear(weights, f"{layer}.self_attn.o_proj", z)
        sites[f"{block}.attn_out"] = norm(f"{layer}.post_attention_layernorm", attended)
        x = sites[f"{block}.resid_mid"] = x + sites[f"{block}.attn_out"]
        gate = sites[f"{block}.mlp.pre"] = linear(weights, f"{layer}.mlp.gate_proj", x)
        up = sites[f"{block}.mlp.pre_linear"] = linear(weights, f"{layer}.mlp.up_proj", x)
        sites[f"{block}.mlp.post"] = activation(gate, config["hidden_act"]) * up
        down = linear(weights, f"{layer}.mlp.down_proj", sites[f"{block}.mlp.post"])
        sites[f"{block}.mlp_out"] = norm(f"{layer}.post_feedforward_layernorm", down)
        x = sites[f"{block}.resid_post"] = x + sites[f"{block}.mlp_out"]
    sites["ln_final.normalized"] = norm("model.norm", x)
    sites["logits"] = linear(weights, "lm_head", sites["ln_final.normalized"])
    return sites


def random_weights(config):
    d_model, d_mlp = config["hidden_size"], config["intermediate_size"]
    d_kv = d_model // config["num_attention_heads"] * config["num_key_value_heads"]
    weights = RandomWeights("olmo2")
    weights.matrix("model.embed_tokens.weight", config["vocab_size"], d_model, inner=1)
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}"
        for letter, outputs in [("q", d_model), ("k", d_kv), ("v", d_kv)]:
            weights.linear(f"{layer}.self_attn.{letter}_proj", outputs, d_model)
        weights.linear(f"{layer}.self_attn.o_proj", d_model, d_model)
        weights.norm(f"{layer}.self_attn.q_norm", d_model)
        weights.norm(f"{layer}.self_attn.k_norm", d_kv)
        # Below 1, so that rounding errors do not grow from layer to layer.
        weights.norm(f"{layer}.post_attention_layernorm", d_model, mean=0.5)
        weights.linear(f"{layer}.mlp.gate_proj", d_mlp, d_model)
        weights.linear(f"{layer}.mlp.up_proj", d_mlp, d_model)
        weights.linear(f"{layer}.mlp.down_proj", d_model, d_mlp)
        weights.norm(f"{layer}.post_feedforward_layernorm", d_model, mean=0.5)
    weights.norm("model.norm", d_model)
    weights.linear("lm_head", config["vocab_size"], d_model)
    return weights


def main():
    weights = random_weights(CONFIG)
    run = record("olmo2", CONFIG, weights, forward, [None, None])
    # Less the norm's weight, all heads of a query together have a mean square near 1; one head alone does not.
    for letter in "qk":
        bare = run[f"blocks.1.attn.{letter}"].reshape(len(TOKENS), -1)
        bare = bare / weights[f"model.layers.1.self_attn.{letter}_norm.weight"]
        assert np.all(np.abs((bare**2).mean(-1) - 1) < 0.05)
        assert np.abs((bare.reshape(len(TOKENS), -1, 6) ** 2).mean(-1) - 1).max() > 0.3
    # What a sublayer adds no longer depends on how large its last projection is, but for epsilon.
    louder = {name: array * (100 if ".o_proj." in name else 1) for name, array in weights.items()}
    assert np.abs(run["blocks.0.attn_out"] - forward(louder, CONFIG, TOKENS)["blocks.0.attn_out"]).max() < 0.05


if __name__ == "__main__":
    main()
