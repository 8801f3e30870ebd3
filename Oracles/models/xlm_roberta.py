"""A tiny XLM-R: RoBERTa under another name; here its output matrix is a table of its own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM  # noqa: E402

from tiny_encoders import BERT_SHAPE, make  # noqa: E402

config = XLMRobertaConfig(
    **BERT_SHAPE, type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5, tie_word_embeddings=False
)
make("xlm_roberta", XLMRobertaForMaskedLM(config), seed=333)
