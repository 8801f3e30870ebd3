"""What the peers share: a task's rows as batches of padded ids, and what a process has held at most."""

import json
import os
import resource
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

import torch  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402


class Task:
    """A task folder, read as Cloze reads it."""

    def __init__(self, folder: str, tokenizer):
        self.folder = Path(folder)
        self.tokenizer = tokenizer
        settings = json.loads((self.folder / "task.json").read_text(encoding="utf-8"))
        self.template = settings["template"].removesuffix("{answer}")
        self.words = [settings["words"][label][0] for label in settings["labels"]]
        self.labels = settings["labels"]
        self.files = {"pool": settings["pool"], "test": settings["test"]}

    def rows(self, part: str, count: int) -> list[dict]:
        with open(self.folder / self.files[part], encoding="utf-8") as lines:
            return [json.loads(line) for line, _ in zip(lines, range(count))]

    def ids(self, row: dict) -> list[int]:
        return self.tokenizer(self.template.format(**row)).input_ids

    def first_tokens(self) -> list[int]:
        """The first token of each label's word."""
        return [self.tokenizer(word, add_special_tokens=False).input_ids[0] for word in self.words]


def padded(sequences: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and attention mask, padded on the right to the longest."""
    ids = torch.zeros(len(sequences), max(map(len, sequences)), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for place, sequence in enumerate(sequences):
        ids[place, : len(sequence)] = torch.tensor(sequence)
        mask[place, : len(sequence)] = 1
    return ids, mask


def load(folder: str):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), AutoTokenizer.from_pretrained(folder)


def peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
