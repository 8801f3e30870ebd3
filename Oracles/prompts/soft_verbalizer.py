"""WARP's label vectors on the tiny BERT and the tiny Llama: start, scores, gradients and ten steps, alone and with soft rows."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM  # noqa: E402

from common import GOLDENS, Random, golden, write  # noqa: E402
from tiny_models import under  # noqa: E402

SEED = 812
WORDS = [[20, 21], [30]]  # the first word of each label; the first has two tokens
LABELS = [0, 1, 1, 0, 1, 0]
LENGTHS = [4, 2, 6, 3, 5, 1]
SOFT, STEPS, RATE = 2, 10, 1e-2


def states(model, text, soft, mask: int | None) -> torch.Tensor:
    """What the output matrix is multiplied by at the answer of `soft text [P]`."""
    table = model.get_input_embeddings().weight
    if mask is None:
        rows = torch.cat([soft, table[text]])
        return model.model(inputs_embeds=rows[None]).last_hidden_state[0, -1]
    rows = torch.cat([soft, table[[1]], table[text], table[[mask, 2]]])
    return model.cls.predictions.transform(model.bert(inputs_embeds=rows[None]).last_hidden_state)[0, -2]


def curve(model, texts, soft, vectors, mask, trains_soft: bool) -> dict[str, torch.Tensor]:
    soft, vectors = soft.clone().requires_grad_(trains_soft), vectors.clone().requires_grad_()
    leaves = [vectors] + ([soft] if trains_soft else [])
    optimizer = torch.optim.AdamW(leaves, lr=RATE, weight_decay=0.0, foreach=False)
    losses, first = [], {}
    for step in range(STEPS + 1):
        optimizer.zero_grad()
        scores = torch.stack([states(model, text, soft, mask) @ vectors.T for text in texts])
        loss = functional.cross_entropy(scores, torch.tensor(LABELS))
        losses.append(loss.detach())
        if step == STEPS:
            break
        loss.backward()
        if step == 0:
            first = {"scores": scores.detach(), "gradient": vectors.grad.clone()}
            if trains_soft:
                first["gradient.soft"] = soft.grad.clone()
        optimizer.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
        optimizer.step()
    return first | {"losses": torch.stack(losses), "learned": vectors.detach()}


def journey(model, random: Random, vocabulary: int, mask: int | None) -> dict:
    texts = [random.integers(length, below=vocabulary - 45) + 40 for length in LENGTHS]
    output = model.get_output_embeddings()
    vectors = torch.stack([output.weight[words].mean(0) for words in WORDS])
    nothing = torch.zeros(0, vectors.shape[1])
    soft = random.normal(SOFT, vectors.shape[1], scale=0.1)
    manual = torch.stack([output(states(model, text, nothing, mask))[[20, 30]] for text in texts])
    # The manual scores without the bias of the output layer.
    bias = output.bias[[20, 30]] if output.bias is not None else torch.zeros(2)
    return (
        {"texts": torch.cat(texts), "lengths": torch.tensor(LENGTHS), "labels": torch.tensor(LABELS)}
        | {"start": vectors, "soft": soft, "manual": manual - bias, "bias": bias}
        | under("alone", curve(model, texts, nothing, vectors, mask, False))
        | under("together", curve(model, texts, soft, vectors, mask, True))
    )


random = Random(SEED)
options = {"dtype": torch.float32, "attn_implementation": "eager", "local_files_only": True}
encoder = AutoModelForMaskedLM.from_pretrained(GOLDENS / "models" / "bert", **options).eval().requires_grad_(False)
decoder = AutoModelForCausalLM.from_pretrained(GOLDENS / "models" / "llama", **options).eval().requires_grad_(False)
write(
    golden("prompts"),
    under("bert", journey(encoder, random, 83, mask=4))
    | under("llama", journey(decoder, random, decoder.config.vocab_size, mask=None)),
    SEED,
    """texts packed by lengths; BERT reads soft 1 text 4 2. start: the mean of the output rows of 20 and 21, and that of
    30. manual: the scores of 20 and 30 without the output layer's bias. alone: ten steps of AdamW on the vectors, rate
    1e-2 falling to 0; together: on the soft rows too.""",
)
