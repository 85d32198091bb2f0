"""Golden runs of GPT-BigCode (SantaCoder, StarCoder): GPT-2 with matrices as [out, in] and one key-value head for all
queries ([q of all heads, k, v] along the rows of the fused projection), or with one for each head, fused head by head
([head, (q, k, v), dHead])."""
import math

import numpy as np
from common import D_VOCAB, RandomWeights, activation, attention, layer_norm, linear, record

CONFIG = {
    "architectures": ["GPTBigCodeForCausalLM"],
    "model_type": "gpt_bigcode",
    "n_embd": 24,
    "n_inner": 28,
    "n_layer": 2,
    "n_head": 3,
    "multi_query": True,
    "vocab_size": D_VOCAB,
    "n_positions": 30,
    "activation_function": "gelu_pytorch_tanh",
    "layer_norm_epsilon": 0.002,
    "scale_attn_weights": True,
    "attention_softmax_in_fp32": True,
    "scale_attention_softmax_in_fp32": True,
    "tie_word_embeddings": True,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "torch_dtype": "float32",
}


def forward(weights, config, tokens):
    heads, d_model = config["n_head"], config["n_embd"]
    d_head = d_model // heads
    sites = {"embed": weights["transformer.wte.weight"][tokens]}
    sites["pos_embed"] = weights["transformer.wpe.weight"][: len(tokens)]
    x = sites["embed"] + sites["pos_embed"]

    def norm(name, y):
        return layer_norm(y, config["layer_norm_epsilon"], weights[f"{name}.weight"], weights[f"{name}.bias"])

    for i in range(config["n_layer"]):
        block, layer = f"blocks.{i}", f"transformer.h.{i}"
        sites[f"{block}.resid_pre"] = x
        h = sites[f"{block}.ln1.normalized"] = norm(f"{layer}.ln_1", x)
        fused = linear(weights, f"{layer}.attn.c_attn", h)
        if config["multi_query"]:
            q = fused[:, :d_model].reshape(len(tokens), heads, d_head)
            k, v = (fused[:, None, at : at + d_head] for at in (d_model, d_model + d_head))
        else:
            parts = fused.reshape(len(tokens), heads, 3, d_head)
            q, k, v = parts[:, :, 0], parts[:, :, 1], parts[:, :, 2]
        z = attention(sites, block, q, k, v, 1 / math.sqrt(d_head) if config["scale_attn_weights"] else 1)
        sites[f"{block}.attn_out"] = linear(weights, f"{layer}.attn.c_proj", z)
        x = sites[f"{block}.resid_mid"] = x + sites[f"{block}.attn_out"]
        h = sites[f"{block}.ln2.normalized"] = norm(f"{layer}.ln_2", x)
        pre = sites[f"{block}.mlp.pre"] = linear(weights, f"{layer}.mlp.c_fc", h)
        sites[f"{block}.mlp.post"] = activation(pre, config["activation_function"])
        sites[f"{block}.mlp_out"] = linear(weights, f"{layer}.mlp.c_proj", sites[f"{block}.mlp.post"])
        x = sites[f"{block}.resid_post"] = x + sites[f"{block}.mlp_out"]
    sites["ln_final.normalized"] = norm("transformer.ln_f", x)
    sites["logits"] = sites["ln_final.normalized"] @ weights["transformer.wte.weight"].T
    return sites


def random_weights(name, config, gain):
    d_model, d_mlp = config["n_embd"], config["n_inner"]
    kv_rows = 2 * d_model // (config["n_head"] if config["multi_query"] else 1)
    weights = RandomWeights(name)
    weights.matrix("transformer.wte.weight", config["vocab_size"], d_model, inner=1, gain=0.5)
    weights.matrix("transformer.wpe.weight", config["n_positions"], d_model, inner=1, gain=0.5)
    for i in range(config["n_layer"]):
        layer = f"transformer.h.{i}"
        weights.norm(f"{layer}.ln_1", d_model, bias=True)
        weights.norm(f"{layer}.ln_2", d_model, bias=True)
        weights.linear(f"{layer}.attn.c_attn", d_model + kv_rows, d_model, bias=True, gain=gain)
        weights.linear(f"{layer}.attn.c_proj", d_model, d_model, bias=True)
        weights.linear(f"{layer}.mlp.c_fc", d_mlp, d_model, bias=True)
        weights.linear(f"{layer}.mlp.c_proj", d_model, d_mlp, bias=True)
    weights.norm("transformer.ln_f", d_model, bias=True)
    return weights


def main():
    heads = {**CONFIG, "multi_query": False, "scale_attn_weights": False}
    for name, config, gain in [("gpt_bigcode", CONFIG, 1.1), ("gpt_bigcode_heads", heads, 0.6)]:
        weights = random_weights(name, config, gain)
        run = record(name, config, weights, forward, [None, None])
        assert run["blocks.0.attn.k"].shape[1] == (1 if config["multi_query"] else config["n_head"])
        assert np.array_equal(run["blocks.1.resid_pre"], run["blocks.0.resid_post"])


if __name__ == "__main__":
    main()
