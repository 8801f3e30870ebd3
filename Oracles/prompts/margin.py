"""PET's margin loss for answers of several masks on the tiny BERT, every candidate scored in PyTorch by itself.

Each text is followed by as many masks as the longest word has tokens; log q(word) is the sum of the log-probability of
its tokens at the first masks; the loss is the sum over the other words of max(0, 1 - log q(right) + log q(other)), the
mean over texts (Schick & Schuetze 2021, "It's Not Just Size That Matters", section 3.1).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from transformers import AutoModelForMaskedLM  # noqa: E402

from common import GOLDENS, Random, golden, write  # noqa: E402
from tiny_models import under  # noqa: E402

SEED = 917
WORDS = [[20, 21, 22], [30], [41, 40]]  # the tokens of each label's word
LENGTHS = [4, 2, 6, 3, 5]
LABELS = [0, 1, 2, 2, 0]
MASK, TAIL = 4, 50
STEPS, RATE, DECAY = 10, 1e-3, 0.01


def load(dtype=torch.float32):
    model = AutoModelForMaskedLM.from_pretrained(
        GOLDENS / "models" / "bert", dtype=torch.float32, attn_implementation="eager", local_files_only=True
    )
    return model.to(dtype).eval().requires_grad_(True)


def log_likelihoods(model, text) -> torch.Tensor:
    masks = max(map(len, WORDS))
    row = torch.cat([torch.tensor([1]), text, torch.tensor([MASK] * masks + [TAIL, 2])])
    table = model(row[None]).logits[0].log_softmax(-1)
    first = 1 + len(text)
    return torch.stack([sum(table[first + place, token] for place, token in enumerate(word)) for word in WORDS])


def loss_of(model, texts):
    losses = []
    for text, label in zip(texts, LABELS):
        scores = log_likelihoods(model, text)
        others = [index for index in range(len(WORDS)) if index != label]
        losses.append(sum((1 - scores[label] + scores[other]).clamp(min=0) for other in others))
    return torch.stack(losses).mean()


def curve(model, texts):
    """Ten steps of AdamW on every weight at a constant rate."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY, foreach=False)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model, texts)
        loss.backward()
        losses.append(loss.detach())
        optimizer.step()
    return torch.stack(losses)


random = Random(SEED)
texts = [random.integers(length, below=43) + 40 for length in LENGTHS]
model = load()
scores = torch.stack([log_likelihoods(model, text) for text in texts]).detach()
kinks = [
    float(abs(1 - row[label] + row[other]))
    for row, label in zip(scores, LABELS) for other in range(len(WORDS)) if other != label
]
if min(kinks) < 1e-2:
    raise SystemExit("a margin is nearly kept: take another seed")
loss = loss_of(model, texts)
loss.backward()
gradients = {name: value.grad for name, value in model.named_parameters() if value.grad is not None}
losses = curve(load(), texts)
worst = float((losses - curve(load(torch.float64), texts)).abs().max())
if worst > 3e-5 or losses[-1] > losses[0]:
    raise SystemExit(f"losses {losses} are {worst:.1e} from those in float64: take another seed")
write(
    golden("prompts"),
    {
        "texts": torch.cat(texts),
        "lengths": torch.tensor(LENGTHS),
        "labels": torch.tensor(LABELS),
        "scores": scores,
        "loss": loss.detach(),
        "losses": losses,
        "rate": torch.tensor(RATE),
        "decay": torch.tensor(DECAY),
    }
    | under("gradient", gradients),
    SEED,
    """texts packed by lengths, each between 1 and three masks (4), then 50 and 2. Words by label: 20 21 22, 30, 41 40.
    scores [texts, labels]: log q of each word. losses: ten AdamW steps on all weights.""",
)
