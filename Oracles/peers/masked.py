"""What the peers share on masked models: rows in a cloze template, and the parts of transformers' masked models."""

import json
from pathlib import Path

import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer

from rows import padded


class Cloze:
    """A template with `{answer}`, its label words, and the rows of a file in their order."""

    def __init__(self, data: str, template: str, words: str, tokenizer):
        self.tokenizer = tokenizer
        self.template = template
        pairs = [pair.split("=") for pair in words.split(",")]
        self.labels = [label for label, _ in pairs]
        self.tokens = torch.tensor([tokenizer(word, add_special_tokens=False).input_ids[0] for _, word in pairs])
        with open(Path(data), encoding="utf-8") as lines:
            self.rows = [json.loads(line) for line in lines if line.strip()]

    def ids(self, row: dict, triggers: int = 0) -> list[int]:
        """The row's ids, with so many masks for triggers in front of the answer's."""
        mask = self.tokenizer.mask_token
        text = self.template.replace("{answer}", " ".join([mask] * (triggers + 1)))
        return self.tokenizer(text.format(**row)).input_ids

    def label(self, row: dict) -> int:
        return self.labels.index(row["label"])


def load(folder: str):
    return AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32), AutoTokenizer.from_pretrained(folder)


def scores_at(model, places, words=None, **inputs) -> torch.Tensor:
    """Scores at some places only: the head meets no other row, and only the words' rows of the output matrix where
    these are given."""
    hidden = model.base_model(**inputs).last_hidden_state[places]
    states = model.cls.predictions.transform(hidden)
    decoder = model.cls.predictions.decoder
    if words is None:
        return decoder(states)
    return torch.nn.functional.linear(states, decoder.weight[words], decoder.bias[words])


__all__ = ["Cloze", "load", "padded", "scores_at"]
