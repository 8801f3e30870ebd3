"""A tiny Qwen2: a Llama with biases on queries, keys and values."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from transformers import Qwen2Config  # noqa: E402

from tiny_models import LLAMA_SHAPE, make  # noqa: E402

config = Qwen2Config(
    **LLAMA_SHAPE,
    tie_word_embeddings=True,
    rms_norm_eps=1e-6,
    rope_parameters={"rope_type": "default", "rope_theta": 1000000.0},
)
make("qwen2", config, seed=214)
