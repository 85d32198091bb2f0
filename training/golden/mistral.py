"""Golden run of Mistral: Llama whose every layer sees a window, itself and the sliding_window - 1 positions before."""
import numpy as np
from common import D_VOCAB, TOKENS, record
from llama import CONFIG, forward, random_weights


def main():
    config = {**CONFIG, "architectures": ["MistralForCausalLM"], "model_type": "mistral", "sliding_window": 4}
    for field in ("rope_scaling", "attention_bias", "mlp_bias"):
        del config[field]
    windows = [config["sliding_window"]] * config["num_hidden_layers"]

    def mistral(weights, config, tokens):
        return forward(weights, config, tokens, windows)

    weights = random_weights("mistral", config)
    run = record("mistral", config, weights, mistral, windows)
    # A window longer than the prompt is no window; a shorter one changes what comes after it, and only that.
    wide = forward(weights, config, TOKENS, [len(TOKENS)] * 2)
    llama = forward(weights, config, TOKENS)
    assert all(np.array_equal(wide[site], llama[site], equal_nan=True) for site in llama)
    assert np.allclose(run["logits"][:4], llama["logits"][:4]) and not np.allclose(run["logits"][4], llama["logits"][4])
    # Two layers of windows reach six positions back, not seven.
    for changed, reached in [(5, True), (4, False)]:
        other = mistral(weights, config, [(t + 1) % D_VOCAB if i == changed else t for i, t in enumerate(TOKENS)])
        assert np.array_equal(run["logits"][11], other["logits"][11]) != reached


if __name__ == "__main__":
    main()
