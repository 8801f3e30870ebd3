"""Runs programs by turns and prints medians, ratios and the share of the floor as a table.

By turns, because machines are shared and noisy: only ratios of times taken side by side count. The floor of a piece of
work is its matrix products over the rate that one large product reaches in the same run.
"""

import json
import statistics
import subprocess
import sys

MEBIBYTE = 1 << 20


def measured(command: list) -> dict:
    """What a program prints as JSON."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}")
    return json.loads(done.stdout)


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
        speed = f"{seconds:.2f} s" if "step" in work or "iteration" in work else f"{median(runs, 'examples') / seconds:.1f} rows/s"
        ratio = "" if name == "Cloze" else f"{seconds / median(ours, 'seconds'):.2f}x"
        share = f"{100 * floor / seconds:.0f} % of {rate:.0f} GFLOP/s" if name == "Cloze" else ""
        table.append(
            f"| {work} | {name} | {speed} | {median(runs, 'peakBytes') / MEBIBYTE:.0f} MiB | {ratio} | {share} |"
        )
    return table


def compare(works: dict[str, dict[str, list]], turns: int, as_json: bool, title: str) -> None:
    """For each piece of work the contenders' commands, the one called Cloze among them."""
    everything: dict[str, dict[str, list[dict]]] = {}
    for work, contenders in works.items():
        everything[work] = {name: [] for name in contenders}
        for turn in range(turns):
            for name, command in contenders.items():
                result = measured(command)
                everything[work][name].append(result)
                print(f"turn {turn + 1}: {work}, {name}: {result['seconds']:.3f} s", file=sys.stderr, flush=True)
    if as_json:
        print(json.dumps(everything, indent=2))
        return
    print(f"\n{title}\n")
    print("| work | who | time or rate | peak memory | Cloze is faster by | of the floor |")
    print("| --- | --- | --- | --- | --- | --- |")
    for work, results in everything.items():
        print("\n".join(lines(work, results)))
    print("\nTokens that were not padding: " + "; ".join(
        f"{work} {name} {median(runs, 'realTokens'):.0f}"
        for work, results in everything.items() for name, runs in results.items()))
