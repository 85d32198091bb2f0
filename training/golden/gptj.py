"""Golden run of GPT-J: attention and MLP side by side behind one norm, rotary positions on neighbouring pairs of the
first dimensions of each head, biases in the MLP and the unembedding only."""
import math

import numpy as np
from common import D_VOCAB, RandomWeights, activation, attention, layer_norm, linear, record, rope_frequencies, rotate_pairs

CONFIG = {
    "architectures": ["GPTJForCausalLM"],
    "model_type": "gptj",
    "n_embd": 36,
    "n_inner": 28,
    "n_layer": 2,
    "n_head": 3,
    "vocab_size": D_VOCAB,
    "n_positions": 64,
    "rotary_dim": 6,
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 0.002,
    "tie_word_embeddings": False,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "torch_dtype": "float32",
}


def forward(weights, config, tokens):
    heads = config["n_head"]
    d_head = config["n_embd"] // heads
    frequencies = rope_frequencies(10000, config["rotary_dim"])
    sites = {"embed": weights["transformer.wte.weight"][tokens]}
    x = sites["embed"]

    def norm(name, y):
        return layer_norm(y, config["layer_norm_epsilon"], weights[f"{name}.weight"], weights[f"{name}.bias"])

    for i in range(config["n_layer"]):
        block, layer = f"blocks.{i}", f"transformer.h.{i}"
        sites[f"{block}.resid_pre"] = x
        h = sites[f"{block}.ln1.normalized"] = norm(f"{layer}.ln_1", x)
        q, k, v = (linear(weights, f"{layer}.attn.{p}_proj", h).reshape(len(tokens), heads, d_head) for p in "qkv")
        z = attention(sites, block, q, k, v, 1 / math.sqrt(d_head), frequencies, rotate=rotate_pairs)
        sites[f"{block}.attn_out"] = linear(weights, f"{layer}.attn.out_proj", z)
        pre = sites[f"{block}.mlp.pre"] = linear(weights, f"{layer}.mlp.fc_in", h)
        sites[f"{block}.mlp.post"] = activation(pre, config["activation_function"])
        sites[f"{block}.mlp_out"] = linear(weights, f"{layer}.mlp.fc_out", sites[f"{block}.mlp.post"])
        x = sites[f"{block}.resid_post"] = x + sites[f"{block}.attn_out"] + sites[f"{block}.mlp_out"]
    sites["ln_final.normalized"] = norm("transformer.ln_f", x)
    sites["logits"] = linear(weights, "lm_head", sites["ln_final.normalized"])
    return sites


def random_weights(name, config):
    d_model, d_mlp = config["n_embd"], config["n_inner"]
    weights = RandomWeights(name)
    weights.matrix("transformer.wte.weight", config["vocab_size"], d_model, inner=1)
    for i in range(config["n_layer"]):
        layer = f"transformer.h.{i}"
        weights.norm(f"{layer}.ln_1", d_model, bias=True)
        weights.linear(f"{layer}.attn.q_proj", d_model, d_model, gain=1.3)
        weights.linear(f"{layer}.attn.k_proj", d_model, d_model, gain=1.3)
        weights.linear(f"{layer}.attn.v_proj", d_model, d_model)
        weights.linear(f"{layer}.attn.out_proj", d_model, d_model)
        weights.linear(f"{layer}.mlp.fc_in", d_mlp, d_model, bias=True)
        weights.linear(f"{layer}.mlp.fc_out", d_model, d_mlp, bias=True)
    weights.norm("transformer.ln_f", d_model, bias=True)
    weights.linear("lm_head", config["vocab_size"], d_model, bias=True)
    return weights


def main():
    run = record("gptj", CONFIG, random_weights("gptj", CONFIG), forward, [None, None])
    # The dimensions that do not rotate pass; neighbours keep their length together.
    q, rotated = run["blocks.0.attn.q"], run["blocks.0.attn.rot_q"]
    dims = CONFIG["rotary_dim"]
    assert np.array_equal(q[..., dims:], rotated[..., dims:]) and np.allclose(q[0], rotated[0])
    lengths = [(x[..., 0:dims:2] ** 2 + x[..., 1:dims:2] ** 2) for x in (q, rotated)]
    assert np.allclose(*lengths) and not np.isclose(q[1:, :, :2], rotated[1:, :, :2]).all(-1).any()


if __name__ == "__main__":
    main()
