"""HotFlip candidates of AutoPrompt on the tiny BERT and the tiny Llama: the reference's formulas in PyTorch.

The gradient is that of the mean loss at the embedded triggers; a token is worth -E[w] . g; the filter takes 1e32
away from what may not be a trigger (Shin et al. 2020; autoprompt/create_trigger.py, written anew).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM  # noqa: E402

from common import GOLDENS, Random, golden, write  # noqa: E402
from tiny_models import under  # noqa: E402

SEED = 642
TRIGGERS, CANDIDATES, PLACE = 3, 10, 1
WORDS = [[20, 21], [30]]  # the label words' tokens
LENGTHS = [4, 2, 6, 3, 5, 1]
LABELS = [0, 1, 1, 0, 1, 0]


def journey(model, table, random: Random, mask: int | None) -> dict:
    """Texts `x [T] [T] [T] [P]`: the triggers' embeddings are a leaf that all sequences share."""
    vocabulary = table.shape[0]
    texts = [random.integers(length, below=vocabulary - 40) + 40 for length in LENGTHS]
    start = torch.tensor([45, 50, 60])
    leaf = table[start].clone().requires_grad_()
    losses = []
    for text, label in zip(texts, LABELS):
        if mask is None:
            rows = torch.cat([table[text], leaf])  # the last trigger predicts the answer
            place = len(rows) - 1
        else:
            rows = torch.cat([table[[1]], table[text], leaf, table[[mask, 2]]])
            place = len(rows) - 2
        scores = model(inputs_embeds=rows[None]).logits[0, place].log_softmax(-1)
        losses.append(-scores[WORDS[label]].logsumexp(0))
    loss = torch.stack(losses).mean()
    loss.backward()
    gradient = leaf.grad
    worth = -(table @ gradient[PLACE])
    for token in list(range(5 if mask else 3)) + sum(WORDS, []):
        worth[token] -= 1e32
    best = worth.topk(CANDIDATES)
    if float((best.values[:-1] - best.values[1:]).min()) < 1e-5:
        raise SystemExit("two candidates are nearly equal: take another seed")
    return {
        "texts": torch.cat(texts),
        "lengths": torch.tensor(LENGTHS),
        "labels": torch.tensor(LABELS),
        "triggers": start,
        "loss": loss,
        "gradient": gradient,
        "candidates": best.indices,
        "worth": best.values,
    }


random = Random(SEED)
options = {"dtype": torch.float32, "attn_implementation": "eager", "local_files_only": True}
encoder = AutoModelForMaskedLM.from_pretrained(GOLDENS / "models" / "bert", **options).eval().requires_grad_(False)
decoder = AutoModelForCausalLM.from_pretrained(GOLDENS / "models" / "llama", **options).eval().requires_grad_(False)
write(
    golden("prompts"),
    under("bert", journey(encoder, encoder.get_input_embeddings().weight, random, mask=4))
    | under("llama", journey(decoder, decoder.get_input_embeddings().weight, random, mask=None)),
    SEED,
    """texts packed by lengths; three triggers behind each text, then the answer (BERT: 1 text triggers 4 2, the mask
    is 4). loss: minus the log of the summed probability of the label's words (20 21, or 30), mean over texts.
    candidates: the ten best for the second trigger, special tokens and label words left out.""",
)
