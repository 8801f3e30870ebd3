"""A tiny DistilBERT: BERT without segments, under names of its own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from transformers import DistilBertConfig, DistilBertForMaskedLM  # noqa: E402

from tiny_encoders import HEADS, INNER, LAYERS, POSITIONS, VOCABULARY, WIDTH, make  # noqa: E402

config = DistilBertConfig(
    vocab_size=VOCABULARY,
    dim=WIDTH,
    hidden_dim=INNER,
    n_layers=LAYERS,
    n_heads=HEADS,
    max_position_embeddings=POSITIONS,
    attn_implementation="eager",
)
make("distilbert", DistilBertForMaskedLM(config), seed=344)
