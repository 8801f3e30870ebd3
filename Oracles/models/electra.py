"""A tiny ELECTRA generator: embeddings narrower than the layers, brought to their width by a map."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from transformers import ElectraConfig, ElectraForMaskedLM  # noqa: E402

from tiny_encoders import BERT_SHAPE, make  # noqa: E402

config = ElectraConfig(**BERT_SHAPE, embedding_size=24, pad_token_id=0)
make("electra", ElectraForMaskedLM(config), seed=353, with_segments=True)
