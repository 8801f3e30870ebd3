"""Does PEFT read an adapter that Cloze wrote as Cloze does? A tool for people; it writes nothing.

    python Oracles/prompts/peft_reverse.py --model FOLDER --adapter FOLDER --probe probe.json

The probe is what Cloze computed with the adapter: rows of tokens without the virtual ones, and for each the
logits at the last position,

    {"tokens": [[5, 17, 8], [9]], "logits": [[0.12, ...], [...]]}

of the whole vocabulary, or of the ids in "columns" where that is given (large vocabularies make large files).
For a multitask prompt, "tasks" holds the task id of each row. Exits with 1 where a number differs by more
than the tolerance.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import common  # noqa: E402, F401  (one thread, no network)

import torch  # noqa: E402
from peft import PeftModel  # noqa: E402

import tiny_encoders  # noqa: E402
import tiny_models  # noqa: E402


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="the Hugging Face folder of the base model")
    parser.add_argument("--adapter", type=Path, required=True, help="the PEFT folder that Cloze wrote")
    parser.add_argument("--probe", type=Path, required=True, help="the rows and what Cloze made of them")
    parser.add_argument("--absolute", type=float, default=1e-4, help="tolerance (default %(default)s)")
    parser.add_argument("--relative", type=float, default=1e-4, help="tolerance (default %(default)s)")
    return parser.parse_args()


def load(folder: Path):
    """A masked or a causal model, as its configuration says."""
    kinds = json.loads((folder / "config.json").read_text()).get("architectures") or [""]
    return (tiny_encoders if kinds[0].endswith("ForMaskedLM") else tiny_models).load(folder)


def read_probe(path: Path) -> dict:
    probe = json.loads(path.read_text())
    rows = len(probe["tokens"])
    if rows == 0 or any(len(probe[key]) != rows for key in ("logits", "tasks") if key in probe):
        raise SystemExit(f"{path}: needs at least one row, and as many logits (and tasks) as token rows")
    return probe


def last_logits(model, tokens: list[int], options: dict) -> torch.Tensor:
    row = torch.tensor([tokens])
    with torch.no_grad():
        return model(input_ids=row, attention_mask=torch.ones_like(row), **options).logits[0, -1]


settings = arguments()
probe = read_probe(settings.probe)
base = load(settings.model)
plain = [last_logits(base, tokens, {}) for tokens in probe["tokens"]]
adapted = PeftModel.from_pretrained(base, settings.adapter).eval()

failures = 0
for index, (tokens, expected) in enumerate(zip(probe["tokens"], probe["logits"])):
    options = {"task_ids": torch.tensor([probe["tasks"][index]])} if "tasks" in probe else {}
    whole = last_logits(adapted, tokens, options)
    columns = torch.tensor(probe.get("columns", list(range(len(whole)))))
    found, expected, without = whole[columns], torch.tensor(expected), plain[index][columns]
    if found.shape != expected.shape:
        raise SystemExit(f"row {index}: the probe has {len(expected)} logits, the model {len(found)}")
    difference = (found - expected).abs()
    # Written so that a value that is not a number fails too.
    wrong = int((~(difference <= settings.absolute + settings.relative * expected.abs())).sum())
    failures += wrong > 0
    worst = int(difference.argmax())
    print(
        f"row {index}: {len(tokens)} tokens, best id PEFT {int(columns[found.argmax()])} "
        f"Cloze {int(columns[expected.argmax()])}, worst difference {difference[worst]:.2e} at id "
        f"{int(columns[worst])} (PEFT {found[worst]:.5f}, Cloze {expected[worst]:.5f}); "
        f"the adapter moves logits by up to {(found - without).abs().max():.2e}; "
        f"{'ok' if wrong == 0 else f'{wrong} of {len(found)} beyond the tolerance'}"
    )

print(f"{len(probe['tokens']) - failures} of {len(probe['tokens'])} rows agree")
sys.exit(1 if failures else 0)
