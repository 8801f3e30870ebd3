"""Tiny random encoders with a masked-language-model head, and the journeys that their goldens record.

As in tiny_models.py, sequences run one by one, without padding. The answer is read at one mask of each sequence.
"""

from pathlib import Path

import torch
from torch.nn import functional
from transformers import AutoModelForMaskedLM, DynamicCache

from common import GOLDENS, Random, report, write
from tiny_models import LENGTHS, TARGETS, packed_ids, randomise, save, under

VOCABULARY, WIDTH, LAYERS, HEADS, INNER, POSITIONS = 83, 32, 2, 4, 48, 40
MASK = 4  # the id of the mask; 0 to 3 are the other special tokens
LABELS = [5, 11, 23, 42]
MASKS = [2, 0, 6, 7]  # where the mask of each sequence stands
SOFT_ROWS = 3
STEPS = 10
TUNING_RATE = 1e-3

BERT_SHAPE = {
    "vocab_size": VOCABULARY,
    "hidden_size": WIDTH,
    "intermediate_size": INNER,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "max_position_embeddings": POSITIONS,
    "attn_implementation": "eager",
}


def load(folder: Path):
    model = AutoModelForMaskedLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", local_files_only=True
    )
    return model.eval().requires_grad_(False)


def token_rows(random: Random) -> list[torch.Tensor]:
    """One row of random tokens for each of LENGTHS with a mask in it, special tokens left out."""
    rows = [random.integers(length, below=VOCABULARY - 5) + 5 for length in LENGTHS]
    for row, mask in zip(rows, MASKS):
        row[mask] = MASK
    return rows


def segment_rows() -> list[torch.Tensor]:
    """Segment 1 from the second half of each sequence on."""
    return [(torch.arange(length) >= (length + 1) // 2).long() for length in LENGTHS]


def soft_logits(model, row, soft) -> torch.Tensor:
    """`soft` rows, then the embedded tokens, positions from the first: logits of all of them."""
    rows = torch.cat([soft, model.get_input_embeddings()(row)])
    return model(inputs_embeds=rows[None]).logits[0]


def loss_at_masks(model, rows, logits_of) -> torch.Tensor:
    losses = []
    for row, mask, target in zip(rows, MASKS, TARGETS):
        logits = logits_of(row)
        scores = logits[len(logits) - len(row) + mask, LABELS]
        losses.append(functional.cross_entropy(scores[None], torch.tensor([target])))
    return torch.stack(losses).mean()


def soft_curve(model, rows, start, dtype=torch.float32) -> dict[str, torch.Tensor]:
    """Ten steps of AdamW on the soft rows alone, the rate falling linearly to 0 from 1e-2."""
    learned = start.to(dtype).clone().requires_grad_()
    optimizer = torch.optim.AdamW([learned], lr=1e-2, weight_decay=0.0, foreach=False)
    losses = []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_at_masks(model, rows, lambda row: soft_logits(model, row, learned))
        loss.backward()
        losses.append(loss.detach())
        optimizer.param_groups[0]["lr"] = 1e-2 * (1 - step / STEPS)
        optimizer.step()
    return {"losses": torch.stack(losses), "learned": learned.detach()}


def tuning_curve(folder, rows, dtype=torch.float32) -> dict[str, torch.Tensor]:
    """Ten steps of AdamW (weight decay 0.01, constant rate) on every weight, as model tuning has it."""
    model = load(folder).to(dtype).requires_grad_(True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=TUNING_RATE, weight_decay=0.01, foreach=False)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_at_masks(model, rows, lambda row: model(row[None]).logits[0])
        loss.backward()
        losses.append(loss.detach())
        optimizer.step()
    return {"losses": torch.stack(losses), "rate": torch.tensor(TUNING_RATE), "decay": torch.tensor(0.01)}


def prefix_logits(model, row, prefix) -> torch.Tensor:
    """The tokens behind `prefix` of keys and values (PEFT's matrix), which every row sees; positions go on."""
    config = model.config
    heads, width = config.num_attention_heads, config.hidden_size // config.num_attention_heads
    blocks = prefix.view(len(prefix), config.num_hidden_layers, 2, heads, width).permute(1, 2, 3, 0, 4)
    cache = DynamicCache([(keys[None], values[None]) for keys, values in blocks])
    encoder = model.base_model
    states = encoder(
        input_ids=row[None],
        attention_mask=torch.ones(1, len(prefix) + len(row)),
        past_key_values=cache,
        use_cache=True,
    ).last_hidden_state
    head = model.cls if hasattr(model, "cls") else model.lm_head
    return head(states)[0]


def check_prefix(model, row, prefix) -> None:
    """Refuses a library that ignores the prefix, lets no row see all of it, or keeps the positions."""
    logits = prefix_logits(model, row, prefix)
    other = prefix.clone()
    other[-1] += 1
    if torch.allclose(logits[0], prefix_logits(model, row, other)[0]):
        raise SystemExit("the first row does not see the last prefix slot")
    changed = row.clone()
    changed[-1] = 50
    if torch.allclose(logits[0], prefix_logits(model, changed, prefix)[0]):
        raise SystemExit("the first row does not see the last token")


def check_double(single: dict, double: dict, limits: dict) -> None:
    for key, limit in limits.items():
        worst = float((single[key].double() - double[key]).abs().max())
        if worst > limit:
            raise SystemExit(f"{key} are {worst:.1e} from those in float64: take another seed")


def make(name: str, model, seed: int, with_prefix: bool = False, with_segments: bool = False) -> None:
    """The folder of one tiny encoder and its golden."""
    random = Random(seed)
    torch.manual_seed(seed)
    folder = GOLDENS / "models" / name
    randomise(model, random)
    save(model, folder)

    model = load(folder)
    rows = token_rows(random)
    table = model.get_input_embeddings().weight
    soft = table[random.integers(SOFT_ROWS, below=VOCABULARY)] + random.normal(SOFT_ROWS, table.shape[1], scale=0.05)

    golden = packed_ids(rows)
    golden |= {
        "labels": torch.tensor(LABELS),
        "targets": torch.tensor(TARGETS),
        "masks": torch.tensor(MASKS),
    }
    outputs = [model(row[None], output_hidden_states=True) for row in rows]
    golden["logits"] = torch.cat([output.logits[0] for output in outputs])
    golden["hidden"] = torch.cat([output.hidden_states[-1][0] for output in outputs])
    if with_segments:
        golden["segments"] = torch.cat(segment_rows())
        golden["segmented.logits"] = torch.cat(
            [
                model(row[None], token_type_ids=segments[None]).logits[0]
                for row, segments in zip(rows, segment_rows())
            ]
        )

    leaf = soft.clone().requires_grad_()
    loss = loss_at_masks(model, rows, lambda row: soft_logits(model, row, leaf))
    loss.backward()
    golden |= {"soft.start": soft, "soft.loss": loss, "soft.gradient": leaf.grad}
    golden["soft.logits"] = torch.cat([soft_logits(model, row, soft) for row in rows])
    steps = soft_curve(model, rows, soft)
    check_double(steps, soft_curve(load(folder).double(), rows, soft, torch.float64), {"losses": 2e-5})
    golden |= under("soft", steps)

    if with_prefix:
        prefix = random.normal(SOFT_ROWS, 2 * LAYERS * WIDTH)
        check_prefix(model, rows[2], prefix)
        leaf = prefix.clone().requires_grad_()
        loss = loss_at_masks(model, rows, lambda row: prefix_logits(model, row, leaf))
        loss.backward()
        golden |= {"prefix.start": prefix, "prefix.loss": loss, "prefix.gradient": leaf.grad}
        golden["prefix.logits"] = torch.cat([prefix_logits(model, row, prefix) for row in rows])

    steps = tuning_curve(folder, rows)
    check_double(steps, tuning_curve(folder, rows, torch.float64), {"losses": 2e-5})
    golden |= under("tuning", steps)
    write(
        folder / "golden.safetensors",
        golden,
        seed,
        """tokens [N] packed by lengths, one mask in each; logits [N, vocabulary]; hidden the last layer's output.
        soft.*: soft.start [3, width] before each sequence, positions from the first; loss: cross-entropy over
        labels only at each mask, mean over sequences; ten AdamW steps, rate 1e-2 falling to 0. prefix.*: PEFT's
        matrix, positions after it. tuning.*: ten AdamW steps on all weights at a constant rate.""",
    )

    tuned = load(folder).requires_grad_(True)
    loss = loss_at_masks(tuned, rows, lambda row: tuned(row[None]).logits[0])
    loss.backward()
    gradients = {
        key: value.grad for key, value in tuned.named_parameters() if value.grad is not None
    }
    write(folder / "gradients.safetensors", gradients | {"loss": loss}, seed, "d loss / d every weight")
