"""LM-BFF on the tiny BERT: scores behind demonstrations, and templates by a beam search over masks."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from transformers import AutoModelForMaskedLM  # noqa: E402

from common import GOLDENS, Random, golden, write  # noqa: E402

SEED = 1117
WORDS, LABELS, LENGTHS = [20, 30], [0, 1, 1, 0], [4, 2, 3, 3]
START, END, MASK = 1, 2, 4
SHOWN = [[45, 46], [50, 51, 52]]  # one example a label
BEAMS, BEFORE, AFTER = 4, 2, 1
SPECIAL = {0, 1, 2, 3, 4, 20, 30, 82}  # never in a template; the labels' names are the token 82


def logits(model, rows: list[int]) -> torch.Tensor:
    segments = torch.zeros(1, len(rows), dtype=torch.long)
    segments[0, rows.index(END) + 1 :] = 1  # the second segment starts behind the first separator
    return model(torch.tensor([rows]), token_type_ids=segments).logits[0]


def beams(model, texts) -> list[tuple[float, list[int]]]:
    """Tokens of `text [0] [1] word [2]`, filled from the left; the score is summed over the rows."""
    found = [(0.0, [])]
    for place in range(BEFORE + AFTER):
        grown = []
        for total, tokens in found:
            filled = tokens + [MASK] * (BEFORE + AFTER - len(tokens))
            scores = torch.zeros(83)
            for text, label in zip(texts, LABELS):
                rows = [START, *text, *filled[:BEFORE], WORDS[label], *filled[BEFORE:], END]
                position = 1 + len(text) + place + (1 if place >= BEFORE else 0)
                scores += logits(model, rows)[position].log_softmax(-1)
            grown += [(total + float(scores[t]), tokens + [t]) for t in range(83) if t not in SPECIAL]
        found = sorted(grown, key=lambda beam: -beam[0])[:BEAMS]
    return found


random = Random(SEED)
options = {"dtype": torch.float32, "attn_implementation": "eager", "local_files_only": True}
model = AutoModelForMaskedLM.from_pretrained(GOLDENS / "models" / "bert", **options).eval()
texts = [(random.integers(length, below=35) + 40).tolist() for length in LENGTHS]
with torch.no_grad():
    shown = []
    for text in texts:
        rows = [START, *text, MASK, END]
        for example, word in zip(SHOWN, WORDS):
            rows += [*example, word, END]
        shown.append(logits(model, rows)[1 + len(text), WORDS].log_softmax(-1))
    found = beams(model, texts)
gaps = [one[0] - other[0] for one, other in zip(found, found[1:])]
if min(gaps) < 1e-4:
    raise SystemExit("two beams are nearly equal: take another seed")
write(
    golden("prompts"),
    {
        "texts": torch.tensor(sum(texts, [])),
        "lengths": torch.tensor(LENGTHS),
        "labels": torch.tensor(LABELS),
        "shown": torch.stack(shown),
        "beams": torch.tensor([tokens for _, tokens in found]),
        "likelihoods": torch.tensor([total for total, _ in found]),
    },
    SEED,
    """texts packed by lengths. shown: log-probabilities of 20 and 30 at the mask of 1 text 4 2 45 46 20 2 50 51 52 30 2,
    the second segment behind the first 2. beams: three tokens of text x x word x, the best four, and their summed
    log-probabilities.""",
)
