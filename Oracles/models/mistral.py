"""A tiny Mistral: every row sees itself and the three before it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from transformers import MistralConfig  # noqa: E402

from tiny_models import LLAMA_SHAPE, make  # noqa: E402

config = MistralConfig(
    **LLAMA_SHAPE,
    head_dim=8,
    tie_word_embeddings=False,
    rms_norm_eps=1e-5,
    sliding_window=4,
    rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
)
make("mistral", config, seed=205)
