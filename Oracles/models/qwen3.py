"""A tiny Qwen3: heads wider than their share of the width, queries and keys normed head by head."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from transformers import Qwen3Config  # noqa: E402

from tiny_models import LLAMA_SHAPE, make  # noqa: E402

config = Qwen3Config(
    **LLAMA_SHAPE,
    head_dim=12,
    tie_word_embeddings=True,
    rms_norm_eps=1e-6,
    rope_parameters={"rope_type": "default", "rope_theta": 1000000.0},
)
make("qwen3", config, seed=251)
