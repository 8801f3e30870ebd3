"""A tiny Llama whose output matrix is the embedding table."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from transformers import LlamaConfig  # noqa: E402

from tiny_models import LLAMA_SHAPE, make  # noqa: E402

config = LlamaConfig(
    **LLAMA_SHAPE,
    tie_word_embeddings=True,
    rms_norm_eps=1e-5,
    rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
)
make("llama", config, seed=231, with_prefix=True)
