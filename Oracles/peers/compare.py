"""Times Cloze and a peer by turns on the same work and prints medians, ratios and the share of the floor.

By turns, because machines are shared and noisy: only ratios of times taken side by side count. The floor of a piece of
work is its matrix products (two operations a weight and row, and as many again for the backward pass) over the rate
that one large product reaches in the same run.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
MEBIBYTE = 1 << 20

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


def measured(command: list) -> dict:
    """What a program prints as JSON."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}")
    return json.loads(done.stdout)


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


def median(results: list[dict], key: str) -> float:
    return statistics.median(result[key] for result in results)


def lines(work: str, results: dict[str, list[dict]]) -> list[str]:
    """A table line for each contender of a piece of work."""
    ours = results["Cloze"]
    rate = statistics.median(result["matrixRate"] for result in ours) / 1e9
    floor = median(ours, "floorSeconds")
    table = []
    for name, runs in results.items():
        seconds = median(runs, "seconds")
        speed = f"{seconds:.2f} s" if "step" in work else f"{median(runs, 'examples') / seconds:.1f} rows/s"
        ratio = "" if name == "Cloze" else f"{seconds / median(ours, 'seconds'):.2f}x"
        share = f"{100 * floor / seconds:.0f} % of {rate:.0f} GFLOP/s" if name == "Cloze" else ""
        table.append(
            f"| {work} | {name} | {speed} | {median(runs, 'peakBytes') / MEBIBYTE:.0f} MiB | {ratio} | {share} |"
        )
    return table


everything: dict[str, dict[str, list[dict]]] = {}
for work, contenders in WORKS.items():
    everything[work] = {name: [] for name in contenders}
    for turn in range(arguments.turns):
        for name, command in contenders.items():
            result = measured(command)
            everything[work][name].append(result)
            print(f"turn {turn + 1}: {work}, {name}: {result['seconds']:.3f} s", file=sys.stderr, flush=True)

if arguments.json:
    print(json.dumps(everything, indent=2))
    sys.exit()
print(f"\n{arguments.threads} threads, medians of {arguments.turns} turns, {Path(arguments.task).name}, "
      f"batch {arguments.batch}\n")
print("| work | who | time or rate | peak memory | Cloze is faster by | of the floor |")
print("| --- | --- | --- | --- | --- | --- |")
for work, results in everything.items():
    print("\n".join(lines(work, results)))
print("\nTokens that were not padding: " + "; ".join(
    f"{work} {name} {median(runs, 'realTokens'):.0f}"
    for work, results in everything.items() for name, runs in results.items()))
