"""Searches of label words on the tiny BERT and the tiny Llama: PETAL's scores (as OpenPrompt's AutomaticVerbalizer has
them, written anew), PET's worth of words among given ones, and LM-BFF's ranking and combinations.
"""

import itertools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM  # noqa: E402

from common import GOLDENS, Random, golden, write  # noqa: E402
from tiny_models import under  # noqa: E402

SEED = 733
CLASSES, ROWS, TINY = 3, 12, 1e-15
LABELS = [0, 1, 2, 0, 1, 2, 0, 1, 0, 2, 0, 1]  # unequal shares


def logits(model, texts, mask: int | None) -> torch.Tensor:
    """At the answer of `text [P]`, or for a causal model behind the text."""
    rows = []
    for text in texts:
        if mask is None:
            rows.append(model(text[None]).logits[0, -1])
        else:
            tokens = torch.cat([torch.tensor([1]), text, torch.tensor([mask, 2])])
            rows.append(model(tokens[None]).logits[0, -2])
    return torch.stack(rows)


def petal(q: torch.Tensor, labels: torch.Tensor, score: str, balance: bool) -> torch.Tensor:
    """`[classes, V]`."""
    result = []
    for label in range(CLASSES):
        own = (labels == label).float()[:, None]
        share = own.sum() / (1 - own).sum() if balance else 1
        yes, no = torch.log(q + TINY), torch.log(1 - q + TINY)
        if score == "ce":
            result.append((yes * own).sum(0) + share * (no * (1 - own)).sum(0))
        else:
            result.append(((yes - no) * own).sum(0) + share * ((no - yes) * (1 - own)).sum(0))
    return torch.stack(result)


def worth(scores: torch.Tensor, labels: torch.Tensor, verbalizers: torch.Tensor) -> torch.Tensor:
    """PET's s_l(t), averaged over verbalizers: `[classes, V]`."""
    result = torch.zeros(CLASSES, scores.shape[1])
    for verbalizer in verbalizers:
        for label in range(CLASSES):
            for token in range(scores.shape[1]):
                words = verbalizer.clone()
                words[label] = token
                share = scores[:, words].softmax(-1)[:, label]
                own = labels == label
                result[label, token] += share[own].mean() - share[~own].mean()
    return result / len(verbalizers)


def journey(model, random: Random, vocabulary: int, mask: int | None) -> dict[str, torch.Tensor]:
    texts = [random.integers(3 + row % 4, below=vocabulary - 10) + 6 for row in range(ROWS)]
    labels = torch.tensor(LABELS)
    with torch.no_grad():
        scores = logits(model, texts, mask)
    q = scores.softmax(-1)
    likelihoods = torch.stack([q[labels == label].log().sum(0) for label in range(CLASSES)])
    verbalizers = random.integers(4, CLASSES, below=vocabulary - 10) + 6
    # LM-BFF: the four likeliest words of each label, specials left out, all combinations of different ones.
    lists = [[t for t in row.argsort(descending=True).tolist() if t > 5][:4] for row in likelihoods]
    found = []
    for places in itertools.product(range(4), repeat=CLASSES):
        words = [own[place] for own, place in zip(lists, places)]
        if len(set(words)) == CLASSES:
            right = int((scores[:, words].argmax(-1) == labels).sum())
            found.append((-right, sum(places), places))
    found.sort()
    return {
        "texts": torch.cat(texts),
        "lengths": torch.tensor([len(text) for text in texts]),
        "labels": labels,
        "likelihoods": likelihoods,
        "ratio": petal(q, labels, "llr", True),
        "ratio.unbalanced": petal(q, labels, "llr", False),
        "entropy": petal(q, labels, "ce", True),
        "entropy.unbalanced": petal(q, labels, "ce", False),
        "verbalizers": verbalizers,
        "worth": worth(scores, labels, verbalizers),
        "lists": torch.tensor(lists),
        "combinations": torch.tensor([places for _, _, places in found[:10]]),
        "right": torch.tensor([-right for right, _, _ in found[:10]]),
    }


random = Random(SEED)
options = {"dtype": torch.float32, "attn_implementation": "eager", "local_files_only": True}
encoder = AutoModelForMaskedLM.from_pretrained(GOLDENS / "models" / "bert", **options).eval()
decoder = AutoModelForCausalLM.from_pretrained(GOLDENS / "models" / "llama", **options).eval()
# A q that rounds to 1 in float32: the clamp decides.
sure = torch.tensor([[1.0, 0.0, 1e-20], [1.0, 1e-8, 0.5], [0.25, 1.0, 0.0]])
write(
    golden("prompts"),
    under("bert", journey(encoder, random, 83, mask=4))
    | under("llama", journey(decoder, random, decoder.config.vocab_size, mask=None))
    | {"clamped.q": sure, "clamped.yes": torch.log(sure + TINY), "clamped.no": torch.log(1 - sure + TINY)},
    SEED,
    """texts packed by lengths; BERT reads 1 text 4 2 and answers at the 4. likelihoods: the sum over a label's rows of
    log q. ratio, entropy: PETAL's two scores, balanced or not. worth: PET's s_l(t) among the verbalizers' words.
    lists: a label's likeliest tokens above 5; combinations: the ten best by accuracy, then by summed places.""",
)
