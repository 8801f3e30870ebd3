"""A tiny Gemma 3: a layer with a window of four rows and fast rotary positions, one that sees all with slow ones."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from transformers import Gemma3TextConfig  # noqa: E402

from tiny_models import LLAMA_SHAPE, make  # noqa: E402

config = Gemma3TextConfig(
    **LLAMA_SHAPE,
    head_dim=8,
    tie_word_embeddings=True,
    rms_norm_eps=1e-6,
    query_pre_attn_scalar=10,  # not the width of a head
    sliding_window=4,
    layer_types=["sliding_attention", "full_attention"],
    rope_parameters={
        "sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
        "full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0},
    },
)
make("gemma3", config, seed=241, with_prefix=True, limit=0.1)
