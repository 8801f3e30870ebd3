"""A tiny Llama whose rotary frequencies are scaled as in Llama 3.1: one kept, one blended, two divided."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from transformers import LlamaConfig  # noqa: E402

from tiny_models import LLAMA_SHAPE, make  # noqa: E402

config = LlamaConfig(
    **LLAMA_SHAPE,
    tie_word_embeddings=True,
    rms_norm_eps=1e-5,
    rope_parameters={
        "rope_type": "llama3",
        "rope_theta": 10000.0,
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 128,
    },
)
make("llama_scaled", config, seed=203)
