"""What the PEFT scripts share: they save an adapter of a tiny model, mostly the Llama, and record what PEFT makes of it."""

import json
import shutil
import sys
from pathlib import Path

import torch
from peft import PeftModel, get_peft_model

from common import GOLDENS, Random, report, write
from tiny_models import load, packed_ids

BASE = GOLDENS / "models" / "llama"
LENGTHS = [6, 1, 9]
TASKS = [0, 1, 2]
VIRTUAL = 5


def last_rows(model, row: torch.Tensor, **options) -> torch.Tensor:
    """Logits of the tokens alone: PEFT returns those of its virtual tokens too when they are embeddings."""
    with torch.no_grad():
        return model(input_ids=row[None], attention_mask=torch.ones(1, len(row)), **options).logits[0][
            -len(row) :
        ]


def settle(folder: Path, base_name: str) -> None:
    """Takes out of a saved adapter what depends on the machine or on the run."""
    for file in folder.iterdir():
        if file.name not in ("adapter_config.json", "adapter_model.safetensors"):
            file.unlink()
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = base_name  # PEFT wrote where this checkout lies
    for key, value in config.items():
        if isinstance(value, list):
            config[key] = sorted(value)  # saved from a set, whose order changes
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def encoder_weights(adapted) -> dict[str, torch.Tensor]:
    """The prompt encoder of P-tuning, which PEFT trains and does not save."""
    encoder = adapted.prompt_encoder["default"]
    return {f"encoder.{name}": value for name, value in encoder.state_dict().items()}


def spread_tasks(adapted, random: Random) -> None:
    """PEFT starts the task matrices near 0, where every task gives nearly the same rows."""
    encoder = adapted.prompt_encoder["default"]
    for matrix in (encoder.prefix_task_cols, encoder.prefix_task_rows):
        matrix.data.copy_(random.normal(*matrix.shape))


def make(
    config, seed: int, with_tasks: bool = False, with_encoder: bool = False, base=BASE, load=load, name: str = ""
) -> None:
    """Saves an adapter with random weights under a name, that of the running script by default, and its golden."""
    random = Random(seed)
    torch.manual_seed(seed)  # PEFT draws its own start
    folder = GOLDENS / "prompts" / (name or Path(sys.argv[0]).stem)
    start = base
    words = load(start).config.vocab_size - 3
    rows = [random.integers(length, below=words) + 3 for length in LENGTHS]

    fresh = get_peft_model(load(start), config).eval()
    if with_tasks:
        spread_tasks(fresh, random)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.save_pretrained(folder)
    settle(folder, f"tiny-{start.name}")
    report(folder / "adapter_model.safetensors")

    adapted = PeftModel.from_pretrained(load(start), folder).eval()
    base = load(start)
    golden = packed_ids(rows) | {"logits": [], "base_logits": []}
    for row, task in zip(rows, TASKS):
        options = {"task_ids": torch.tensor([task])} if with_tasks else {}
        logits = last_rows(adapted, row, **options)
        torch.testing.assert_close(last_rows(fresh, row, **options), logits, rtol=1e-4, atol=1e-4)
        golden["logits"].append(logits)
        golden["base_logits"].append(last_rows(base, row))
    for key in ("logits", "base_logits"):
        golden[key] = torch.cat(golden[key])
    if (golden["logits"] - golden["base_logits"]).abs().max() < 0.1:
        raise SystemExit("the adapter changes nothing: the golden would prove nothing")
    if with_tasks:
        golden["tasks"] = torch.tensor(TASKS)
    if with_encoder:
        golden |= encoder_weights(fresh)
    write(
        folder / "golden.safetensors",
        golden,
        seed,
        f"""tokens [N] packed by lengths, run one by one through Tests/Goldens/models/{start.name} with this adapter:
        logits [N, vocabulary] of the tokens, virtual ones left out; base_logits without it. tasks: the
        task id of each sequence. encoder.*: what made the saved rows.""",
    )
