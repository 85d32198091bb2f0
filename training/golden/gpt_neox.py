"""Golden runs of GPT-NeoX: queries, keys and values fused head by head ([head, (q, k, v), dHead] along the rows),
rotary positions on a part of each head; attention and MLP side by side (Pythia), or in turn."""
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
    "architectures": ["GPTNeoXForCausalLM"],
    "model_type": "gpt_neox",
    "hidden_size": 32,
    "intermediate_size": 28,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "vocab_size": D_VOCAB,
    "max_position_embeddings": 64,
    "hidden_act": "gelu",
    "layer_norm_eps": 0.003,
    "rotary_pct": 0.25,
    "rotary_emb_base": 50,
    "use_parallel_residual": True,
    "tie_word_embeddings": False,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "torch_dtype": "float32",
}


def forward(weights, config, tokens):
    heads, parallel = config["num_attention_heads"], config["use_parallel_residual"]
    d_head = config["hidden_size"] // heads
    frequencies = rope_frequencies(config["rotary_emb_base"], int(d_head * config["rotary_pct"]))
    sites = {"embed": weights["gpt_neox.embed_in.weight"][tokens]}
    x = sites["embed"]

    def norm(name, y):
        return layer_norm(y, config["layer_norm_eps"], weights[f"{name}.weight"], weights[f"{name}.bias"])

    for i in range(config["num_hidden_layers"]):
        block, layer = f"blocks.{i}", f"gpt_neox.layers.{i}"
        sites[f"{block}.resid_pre"] = x
        h = sites[f"{block}.ln1.normalized"] = norm(f"{layer}.input_layernorm", x)
        fused = linear(weights, f"{layer}.attention.query_key_value", h).reshape(len(tokens), heads, 3, d_head)
        q, k, v = fused[:, :, 0], fused[:, :, 1], fused[:, :, 2]
        z = attention(sites, block, q, k, v, 1 / math.sqrt(d_head), frequencies)
        sites[f"{block}.attn_out"] = linear(weights, f"{layer}.attention.dense", z)
        attended = x + sites[f"{block}.attn_out"]
        if not parallel:
            sites[f"{block}.resid_mid"] = attended
        read = x if parallel else attended
        h = sites[f"{block}.ln2.normalized"] = norm(f"{layer}.post_attention_layernorm", read)
        pre = sites[f"{block}.mlp.pre"] = linear(weights, f"{layer}.mlp.dense_h_to_4h", h)
        sites[f"{block}.mlp.post"] = activation(pre, config["hidden_act"])
        sites[f"{block}.mlp_out"] = linear(weights, f"{layer}.mlp.dense_4h_to_h", sites[f"{block}.mlp.post"])
        x = sites[f"{block}.resid_post"] = attended + sites[f"{block}.mlp_out"]
    sites["ln_final.normalized"] = norm("gpt_neox.final_layer_norm", x)
    sites["logits"] = linear(weights, "embed_out", sites["ln_final.normalized"])
    return sites


def random_weights(name, config):
    d_model, d_mlp = config["hidden_size"], config["intermediate_size"]
    weights = RandomWeights(name)
    weights.matrix("gpt_neox.embed_in.weight", config["vocab_size"], d_model, inner=1)
    for i in range(config["num_hidden_layers"]):
        layer = f"gpt_neox.layers.{i}"
        weights.norm(f"{layer}.input_layernorm", d_model, bias=True)
        weights.norm(f"{layer}.post_attention_layernorm", d_model, bias=True)
        weights.linear(f"{layer}.attention.query_key_value", 3 * d_model, d_model, bias=True, gain=1.1)
        weights.linear(f"{layer}.attention.dense", d_model, d_model, bias=True)
        weights.linear(f"{layer}.mlp.dense_h_to_4h", d_mlp, d_model, bias=True)
        weights.linear(f"{layer}.mlp.dense_4h_to_h", d_model, d_mlp, bias=True)
    weights.norm("gpt_neox.final_layer_norm", d_model, bias=True)
    weights.linear("embed_out", config["vocab_size"], d_model)
    return weights


def main():
    # In turn, as GPT-NeoX's smaller relatives: heads that rotate whole, and the name that the 20B model's file gives
    # to the tanh form of GELU.
    sequential = {**CONFIG, "use_parallel_residual": False, "hidden_act": "gelu_fast", "rotary_pct": 1.0}
    sequential.update({"hidden_size": 18, "num_attention_heads": 3})
    for name, config in [("gpt_neox", CONFIG), ("gpt_neox_sequential", sequential)]:
        weights = random_weights(name, config)
        run = record(name, config, weights, forward, [None, None])
        # The dimensions that do not rotate pass, those that do keep their length, and position 0 does not rotate.
        q, rotated = run["blocks.0.attn.q"], run["blocks.0.attn.rot_q"]
        dims = int(q.shape[-1] * config["rotary_pct"])
        assert np.array_equal(q[..., dims:], rotated[..., dims:])
        assert not np.isclose(q[1:, :, :dims], rotated[1:, :, :dims]).all(-1).any()
        assert np.allclose((q**2).sum(-1), (rotated**2).sum(-1)) and np.array_equal(q[0], rotated[0])
        # Side by side and in turn, attention of the first block is the same, its MLP is not.
        other = forward(weights, {**config, "use_parallel_residual": not config["use_parallel_residual"]}, TOKENS)
        assert np.array_equal(run["blocks.0.attn_out"], other["blocks.0.attn_out"])
        assert np.abs(run["blocks.0.mlp_out"] - other["blocks.0.mlp_out"]).max() > 0.1


if __name__ == "__main__":
    main()
