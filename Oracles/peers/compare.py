"""Times Cloze and a peer by turns on the same work and prints medians, ratios and the share of the floor."""

import argparse
import os
import sys
from pathlib import Path

from turns import compare

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--cloze", required=True, help="the program")
parser.add_argument("--model", required=True, help="the model that Cloze reads")
parser.add_argument("--peer-model", required=True, help="the same weights as a float32 folder")
parser.add_argument("--task", default=str(REPOSITORY / "Examples" / "Data" / "sib200_en"))
parser.add_argument("--methods", default="prompt-tuning", help="the methods whose steps are timed, commas between")
parser.add_argument("--turns", type=int, default=3)
parser.add_argument("--steps", type=int, default=8)
parser.add_argument("--batch", type=int, default=16)
parser.add_argument("--rows", type=int, default=200)
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--as-shipped", action="store_true", help="time PEFT also with denormal numbers kept")
parser.add_argument("--json", action="store_true", help="print every measurement as JSON")
arguments = parser.parse_args()


def cloze(work: str, *options) -> list:
    return [
        arguments.cloze, "bench", work, "--model", arguments.model, "--task", arguments.task,
        "--threads", arguments.threads, "--json", *options,
    ]


def peer(script: str, *options) -> list:
    return [
        sys.executable, HERE / script, "--model", arguments.peer_model, "--task", arguments.task,
        "--batch", arguments.batch, "--threads", arguments.threads, *options,
    ]


STEPS = ("--steps", arguments.steps)
# The same rows in the same number of positions: PEFT's P-tuning has two layers of LSTM, Cloze's is told to have them.
OURS = {"p-tuning": ("--encoder", "peft-lstm"), "model-tuning": ()}


def contenders(method: str) -> dict:
    rows = () if method == "model-tuning" else ("--soft-rows", 20)
    own = cloze("step", "--method", method, *rows, *OURS.get(method, ()), "--batch", arguments.batch, *STEPS)
    name = "transformers" if method == "model-tuning" else "PEFT"
    return {"Cloze": own, name: peer("prompt_step.py", "--method", method, *STEPS)}


WORKS = {f"{method} step": contenders(method) for method in arguments.methods.split(",") if method} | {
    "zero-shot scoring": {
        "Cloze": cloze("score", "--count", arguments.rows),
        "transformers": peer("zero_shot.py", "--rows", arguments.rows),
    },
}
if arguments.as_shipped:
    WORKS["prompt-tuning step"]["PEFT as shipped"] = peer("prompt_step.py", "--as-shipped", *STEPS)


compare(
    WORKS, arguments.turns, arguments.json,
    f"{arguments.threads} threads, medians of {arguments.turns} turns, {Path(arguments.task).name}, "
    f"batch {arguments.batch}",
)
