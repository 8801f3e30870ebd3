"""Tiny random models as Hugging Face folders, and the journeys that their goldens record.

A journey is a function from a model to named tensors. Sequences run one by one, without padding, so that
a packed batch has something exact to be compared with; in the golden they lie end to end, `lengths` apart.
"""

import json
import shutil
from pathlib import Path

import torch
from torch.nn import functional
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache
from transformers.utils import logging

from common import GOLDENS, Random, report, write

logging.set_verbosity_error()
logging.disable_progress_bar()

VOCABULARY, WIDTH, LAYERS, HEADS, KEY_HEADS, HEAD_WIDTH, INNER = 97, 48, 2, 6, 2, 8, 64
LENGTHS = [5, 1, 11, 8]
LABELS = [5, 11, 23, 42]  # the vocabulary ids that the loss chooses among
TARGETS = [2, 0, 3, 1]  # the right one of LABELS for each sequence
SOFT_ROWS = 5
STEPS = 10
RATE = 1e-2
CONTINUATION = 12

LLAMA_SHAPE = {
    "vocab_size": VOCABULARY,
    "hidden_size": WIDTH,
    "intermediate_size": INNER,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KEY_HEADS,
    "max_position_embeddings": 256,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "attn_implementation": "eager",
}


def randomise(model, random: Random) -> None:
    """Weights large enough that tokens matter, norms that are not 1 and biases that are not 0."""
    # Gemma's norms multiply by one more than their weight.
    norms = 0 if model.config.model_type.startswith("gemma") else 1
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            norm = "norm" in name or ".ln_" in name
            if name.endswith("bias"):
                parameter.copy_(random.normal(*parameter.shape, scale=0.2))
            elif norm:
                parameter.copy_(random.normal(*parameter.shape, scale=0.2, centre=norms))
            else:
                parameter.copy_(random.normal(*parameter.shape, scale=0.3))


def under(name: str, journey: dict) -> dict:
    return {f"{name}.{key}": value for key, value in journey.items()}


def load(folder: Path, **options):
    """The model of a folder, in evaluation mode, frozen, with attention written out."""
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", local_files_only=True, **options
    )
    return model.eval().requires_grad_(False)


def save(model, folder: Path) -> None:
    """A Hugging Face folder with the two files that make a model."""
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    for file in folder.iterdir():
        if file.name not in ("config.json", "model.safetensors"):
            file.unlink()
    report(folder / "model.safetensors")


def save_older_config(folder: Path) -> None:
    """The same configuration in the words of transformers 4, which most published folders speak."""
    config = json.loads((folder / "config.json").read_text())
    parameters = config.pop("rope_parameters")
    if "full_attention" in parameters:
        near, parameters = parameters["sliding_attention"], parameters["full_attention"]
        config["rope_local_base_freq"] = near["rope_theta"]
        config["sliding_window_pattern"] = 1 + config["layer_types"].index("full_attention")
    config["rope_theta"] = parameters.pop("rope_theta")
    config["rope_scaling"] = None if parameters["rope_type"] == "default" else parameters
    config["torch_dtype"] = config.pop("dtype")
    config["transformers_version"] = "4.46.0"
    config.pop("layer_types", None)
    (folder / "config.transformers4.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def check_older_config(folder: Path, model, row: torch.Tensor) -> None:
    """Both configurations must describe one model."""
    config = AutoConfig.from_pretrained(folder / "config.transformers4.json")
    older = load(folder, config=config)
    if not torch.equal(older(row[None]).logits, model(row[None]).logits):
        raise SystemExit(f"{folder.name}: config.transformers4.json gives other logits")


def token_rows(random: Random) -> list[torch.Tensor]:
    """One row of random tokens for each of LENGTHS, the special ids 0, 1 and 2 left out."""
    return [random.integers(length, below=VOCABULARY - 3) + 3 for length in LENGTHS]


def packed_ids(rows: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    return {"tokens": torch.cat(rows), "lengths": torch.tensor([len(row) for row in rows])}


def read_tokens(model, rows) -> dict[str, torch.Tensor]:
    """Logits of every position, and hidden states: the embeddings, each block's output, the last normed."""
    outputs = [model(row[None], output_hidden_states=True, use_cache=False) for row in rows]
    journey = {"logits": torch.cat([output.logits[0] for output in outputs])}
    for level in range(len(outputs[0].hidden_states)):
        journey[f"hidden.{level}"] = torch.cat([output.hidden_states[level][0] for output in outputs])
    return journey


def soft_logits(model, row, soft) -> torch.Tensor:
    """`soft` rows, then the embedded tokens, positions from 0: logits of all of them."""
    rows = torch.cat([soft, model.get_input_embeddings()(row)])
    return model(inputs_embeds=rows[None], use_cache=False).logits[0]


def prefix_cache(model, prefix) -> DynamicCache:
    """Keys and values from PEFT's matrix: column (2 * layer + kv) * token_dim + head * head_width + d."""
    config = model.config
    heads = getattr(config, "num_key_value_heads", config.num_attention_heads)
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    blocks = prefix.view(len(prefix), config.num_hidden_layers, 2, heads, width).permute(1, 2, 3, 0, 4)
    return DynamicCache([(keys[None], values[None]) for keys, values in blocks])


def prefix_logits(model, row, prefix) -> torch.Tensor:
    """The tokens behind a prefix of keys and values; their positions start at the prefix's length."""
    return model(row[None], past_key_values=prefix_cache(model, prefix)).logits[0]


def loss_of(model, rows, learned, logits_of) -> torch.Tensor:
    """Cross-entropy over the label ids alone at the last position, the mean over the sequences."""
    losses = []
    for row, target in zip(rows, TARGETS):
        scores = logits_of(model, row, learned)[-1, LABELS]
        losses.append(functional.cross_entropy(scores[None], torch.tensor([target])))
    return torch.stack(losses).mean()


def curve(model, rows, start, logits_of, decay: float, clip: float | None) -> dict[str, torch.Tensor]:
    """Ten steps of AdamW whose rate falls linearly to 0: RATE * (1 - step / 10), step from 0."""
    learned = start.clone().requires_grad_()  # in the precision of `start`
    optimizer = torch.optim.AdamW(
        [learned], lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=decay, foreach=False
    )
    losses, norms, rates = [], [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model, rows, learned, logits_of)
        loss.backward()
        losses.append(loss.detach())
        norms.append(learned.grad.norm())
        if clip is not None:
            torch.nn.utils.clip_grad_norm_([learned], clip, foreach=False)
        rates.append(RATE * (1 - step / STEPS))
        optimizer.param_groups[0]["lr"] = rates[-1]
        optimizer.step()
    losses.append(loss_of(model, rows, learned, logits_of).detach())
    return {
        "losses": torch.stack(losses),
        "norms": torch.stack(norms),
        "rates": torch.tensor(rates),
        "learned": learned.detach(),
        "decay": torch.tensor(decay),
        "clip": torch.tensor(-1.0 if clip is None else clip),
    }


def check_against_double(model, rows, start, logits_of, decay, clip, steps) -> None:
    """Adam divides by a gradient's size, so a tiny one turns rounding into a step: refuses such a seed."""
    twin = curve(model.double(), rows, start.double(), logits_of, decay, clip)
    model.float()
    for key, limit in [("losses", 2e-5), ("learned", 5e-5)]:
        worst = float((twin[key] - steps[key]).abs().max())
        if worst > limit:
            raise SystemExit(f"{key} are {worst:.1e} from those in float64: take another seed")


def learn(model, rows, start, logits_of, limit: float) -> dict[str, torch.Tensor]:
    """Logits, loss and gradient at the start, and two curves: plain, and clipped at `limit` with weight decay."""
    leaf = start.clone().requires_grad_()
    loss = loss_of(model, rows, leaf, logits_of)
    loss.backward()
    journey = {
        "start": start,
        "logits": torch.cat([logits_of(model, row, start) for row in rows]),
        "loss": loss,
        "gradient": leaf.grad,
    }
    for name, decay, clip in [("plain", 0.0, None), ("clipped", 0.01, limit)]:
        steps = curve(model, rows, start, logits_of, decay, clip)
        check_against_double(model, rows, start, logits_of, decay, clip, steps)
        journey |= under(name, steps)
    if not (journey["clipped.norms"] > limit).any():
        norms = journey["clipped.norms"].tolist()
        raise SystemExit(f"no step was clipped (norms {norms}): the clipped curve would prove nothing")
    return journey


def continuation(logits_of_tokens, row) -> dict[str, torch.Tensor]:
    """Greedy tokens, each from a pass over all before it; no token ends it. Refuses what is nearly a tie."""
    tokens, margins = row.tolist(), []
    for _ in range(CONTINUATION):
        best = logits_of_tokens(torch.tensor(tokens))[-1].topk(2)
        tokens.append(int(best.indices[0]))
        margins.append(float(best.values[0] - best.values[1]))
    if min(margins) < 1e-2:
        raise SystemExit(f"a greedy choice is nearly a tie (margin {min(margins)}): take another seed")
    return {"tokens": torch.tensor(tokens[len(row) :]), "margins": torch.tensor(margins)}


def make(name: str, config, seed: int, with_prefix: bool = False, limit: float = 1.0) -> None:
    """The folder of one tiny model and its golden."""
    random = Random(seed)
    torch.manual_seed(seed)
    folder = GOLDENS / "models" / name
    fresh = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    randomise(fresh, random)
    save(fresh, folder)
    if getattr(config, "rope_parameters", None):
        save_older_config(folder)

    model = load(folder)  # what is recorded comes from the files, as a reader of them will see it
    rows = token_rows(random)
    if (folder / "config.transformers4.json").exists():
        check_older_config(folder, model, rows[2])
    # Soft rows as most people start them: copies of the embeddings of some tokens, as the first layer reads them.
    copies = model.get_input_embeddings()(random.integers(SOFT_ROWS, below=VOCABULARY))
    soft = copies + random.normal(SOFT_ROWS, WIDTH, scale=0.05)

    golden = packed_ids(rows)
    golden |= {"labels": torch.tensor(LABELS), "targets": torch.tensor(TARGETS)}
    with torch.no_grad():
        golden |= read_tokens(model, rows)
        golden |= under(
            "greedy", continuation(lambda row: model(row[None], use_cache=False).logits[0], rows[0])
        )
        golden |= under("soft.greedy", continuation(lambda row: soft_logits(model, row, soft), rows[0]))
    golden |= under("soft", learn(model, rows, soft, soft_logits, limit))
    if with_prefix:
        heads = getattr(model.config, "num_key_value_heads", HEADS)
        prefix = random.normal(SOFT_ROWS, 2 * LAYERS * heads * HEAD_WIDTH)
        golden |= under("prefix", learn(model, rows, prefix, prefix_logits, limit))

    write(
        folder / "golden.safetensors",
        golden,
        seed,
        """tokens [N] packed by lengths; logits [N, vocabulary]; hidden.0 the embeddings, hidden.i the output
        of block i, the last one after the final norm. soft.*: soft.start [5, width] before each sequence,
        positions from 0; soft.logits [N + 5 * sequences, vocabulary], soft rows included. loss: cross-entropy
        over labels only at each last position, mean over sequences; targets index labels. plain
        and clipped: ten AdamW steps (betas 0.9 0.999, epsilon 1e-8); losses has one more, after the last
        step; norms before clipping; learned after the last step; clip -1 is none. prefix.*: the matrix of
        PEFT's PREFIX_TUNING, positions from 5. greedy continues the first sequence.""",
    )
