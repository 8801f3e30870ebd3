"""A tiny RoBERTa: positions counted from the padding token's number on, one segment."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from transformers import RobertaConfig, RobertaForMaskedLM  # noqa: E402

from tiny_encoders import BERT_SHAPE, make  # noqa: E402

config = RobertaConfig(**BERT_SHAPE, type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5)
make("roberta", RobertaForMaskedLM(config), seed=322, with_prefix=True)
