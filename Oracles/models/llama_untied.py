"""A tiny Llama with an output matrix of its own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from transformers import LlamaConfig  # noqa: E402

from tiny_models import LLAMA_SHAPE, make  # noqa: E402

config = LlamaConfig(
    **LLAMA_SHAPE,
    tie_word_embeddings=False,
    rms_norm_eps=1e-5,
    rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
)
make("llama_untied", config, seed=212)
