"""Every scoring rule over whole answers, computed with transformers one text at a time on the command line's tiny model.

The context and the answer are encoded as one text, as they stand in it; log-probabilities come from one plain pass.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

from common import GOLDENS, report, versions  # noqa: E402
from tiny_models import load  # noqa: E402

FOLDER = GOLDENS / "command_line" / "model"
BEGINNING = 1
model = load(FOLDER)
tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))


@torch.no_grad()
def steps(context, answer):
    """log p of each token of an answer behind ids."""
    ids = context + answer
    table = model(torch.tensor([ids]), use_cache=False).logits[0].log_softmax(-1)
    return [float(table[len(context) + place - 1, token]) for place, token in enumerate(answer)]


def split(context, answer):
    """The ids of a context, and those that the answer adds behind it."""
    ids = tokenizer.encode(context).ids
    whole = tokenizer.encode(context + answer).ids
    assert whole[: len(ids)] == ids, (context, answer)
    return ids, whole[len(ids) :]


def scores(context, answer, domain):
    """`answer` starts with its space; the space counts as no character."""
    ids, tokens = split(context, answer)
    behind = steps(ids, tokens)
    bare = answer.lstrip(" ")
    whole = sum(behind)
    return {
        "sum": whole,
        "per-token": whole / len(tokens),
        "per-byte": whole / len(bare.encode()),
        "per-character": whole / len(bare),
        "first-token": behind[0],
        "pmi": whole - sum(steps([BEGINNING], tokens)),
        "domain-pmi": whole - sum(steps(tokenizer.encode(domain).ids, tokens)),
    }


CONTEXTS = ["a gem of a film", "the worst hour of the year", "맛있고 친절해요", "x"]
WORDS = {"negative": ["terrible", "bad food"], "positive": ["great", "재미있는"]}
FIXED = {
    "template": "Review: {text}\nSentiment: {answer}", "words": WORDS, "neutral": "Sentiment:",
    "rows": [
        {"text": text, "scores": {word: scores(f"Review: {text}\nSentiment:", f" {word}", "Sentiment:")
                                  for label in WORDS for word in WORDS[label]}}
        for text in CONTEXTS
    ],
}
CHOICES = [
    ("good food", "effect", ["kind people came again", "the film was dull"]),
    ("the film was dull", "cause", ["it was the worst hour", "warm and funny people", "bad food"]),
    ("재미있는 영화", "effect", ["great", "맛없고 불친절해요"]),
]
CHOSEN = {
    "template": "{text} The {question} was: {answer}", "neutral": "The {question} was:",
    "rows": [
        {"text": text, "question": question, "choices": choices,
         "scores": [scores(f"{text} The {question} was:", f" {choice}", f"The {question} was:") for choice in choices]}
        for text, question, choices in CHOICES
    ],
}
golden = {
    "metadata": {"script": "Oracles/prompts/scoring_rules.py", "seed": 905, **versions()},
    "fixed": FIXED, "choices": CHOSEN,
}
path = GOLDENS / "prompts" / "scoring_rules.json"
path.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
report(path)
