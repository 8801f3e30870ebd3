"""Runs the oracle scripts, each in a process of its own: python Oracles/all.py [--check] [ROOM ...].

With --check it then says which goldens changed a byte, and exits with 1 if any did.
"""

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

ORACLES = Path(__file__).resolve().parent
GOLDENS = ORACLES.parent / "Tests" / "Goldens"
ROOMS = ["tensors", "models", "training", "prompts"]  # in this order: the adapters need the tiny Llama
NEED_ARGUMENTS = {
    "models/encoders_real.py", "models/gemma3_real.py", "models/smollm2_real.py", "prompts/peft_reverse.py",
}


def hashes(room: str) -> dict[str, str]:
    files = sorted(path for path in (GOLDENS / room).rglob("*") if path.is_file())
    return {
        path.relative_to(GOLDENS).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def run(room: str) -> None:
    for script in sorted((ORACLES / room).glob("*.py")):
        if script.relative_to(ORACLES).as_posix() not in NEED_ARGUMENTS:
            subprocess.run([sys.executable, script], check=True)


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--check", action="store_true", help="fail if a golden changes")
parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of {', '.join(ROOMS)} (default: all)")
arguments = parser.parse_args()
unknown = set(arguments.rooms) - set(ROOMS)
if unknown:
    parser.error(f"no such room: {', '.join(sorted(unknown))}; there are {', '.join(ROOMS)}")

changed = []
for room in arguments.rooms or ROOMS:
    before = hashes(room)
    run(room)
    after = hashes(room)
    changed += [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]

if arguments.check:
    print("\n".join(f"changed: {name}" for name in changed) or "every golden is the same, byte by byte")
    sys.exit(1 if changed else 0)
