"""Golden run of Qwen 3: Llama whose queries and keys are normalised head by head before rotary positions, unembedding
tied. With use_sliding_window the layers from max_window_layers on see a window: here the second of two."""
import numpy as np
from common import TOKENS, record, rms_norm
from llama import CONFIG, forward, random_weights


def main():
    config = {**CONFIG, "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "head_dim": 8}
    del config["mlp_bias"]
    config.update({"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1})
    config["tie_word_embeddings"] = True
    windows = [None, 4]

    def qwen3(weights, config, tokens):
        return forward(weights, config, tokens, windows)

    weights = random_weights("qwen3", config, head_norm=True)
    run = record("qwen3", config, weights, qwen3, windows)
    # Less the norm's weight, each head's query has length sqrt(dHead), or less by epsilon.
    for letter in "qk":
        bare = run[f"blocks.1.attn.{letter}"] / weights[f"model.layers.1.self_attn.{letter}_norm.weight"]
        assert np.all(np.abs((bare**2).mean(-1) - 1) < 0.05)
        assert not np.allclose(rms_norm(bare, 0, 1), bare, atol=1e-5)
    # The scale of the projections no longer matters, but for epsilon.
    louder = {name: array * (100 if "q_proj" in name else 1) for name, array in weights.items()}
    assert np.abs(run["blocks.0.attn.q"] - qwen3(louder, config, TOKENS)["blocks.0.attn.q"]).max() < 0.05


if __name__ == "__main__":
    main()
