"""A tiny GPT-2: learned positions, layer norms, fused projections stored untransposed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from transformers import GPT2Config  # noqa: E402

from tiny_models import VOCABULARY, WIDTH, make  # noqa: E402

config = GPT2Config(
    vocab_size=VOCABULARY,
    n_embd=WIDTH,
    n_layer=2,
    n_head=4,
    n_inner=96,  # 4 * n_embd, the default, would not fit into 200 KB
    n_positions=64,
    bos_token_id=1,
    eos_token_id=2,
    attn_implementation="eager",
)
make("gpt2", config, seed=211)
