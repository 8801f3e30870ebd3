"""A tiny Mistral without a window, its heads narrower than their share of the width, as in Mistral Nemo."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from transformers import MistralConfig  # noqa: E402

from tiny_models import LLAMA_SHAPE, make  # noqa: E402

config = MistralConfig(
    **LLAMA_SHAPE,
    head_dim=4,
    tie_word_embeddings=False,
    rms_norm_eps=1e-5,
    sliding_window=None,
    rope_parameters={"rope_type": "default", "rope_theta": 1000000.0},
)
make("mistral_open", config, seed=262)
