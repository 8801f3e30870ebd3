"""What every oracle script shares: a fixed seed, one thread, and one way to write a golden file."""

import json
import os
import struct
import sys
import warnings
from importlib import metadata
from pathlib import Path

# Before transformers is imported: no script may reach for the network.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

warnings.filterwarnings("ignore", category=FutureWarning)

import torch  # noqa: E402

ORACLES = Path(__file__).resolve().parent
REPOSITORY = ORACLES.parent
GOLDENS = REPOSITORY / "Tests" / "Goldens"
SIZE_LIMIT = 200_000

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
torch.set_default_dtype(torch.float32)


class Random:
    """Tensors that depend on the seed and on the order of the calls, and on nothing else."""

    def __init__(self, seed: int):
        self.seed = seed
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int, scale: float = 1.0, centre: float = 0.0) -> torch.Tensor:
        return torch.randn(shape, generator=self.generator) * scale + centre

    def integers(self, *shape: int, below: int) -> torch.Tensor:
        return torch.randint(0, below, shape, generator=self.generator)


def versions() -> dict[str, str]:
    """The versions of the libraries that can move a number."""
    return {name: metadata.version(name) for name in ("torch", "transformers", "peft", "numpy")}


def write(path: Path, tensors: dict, seed: int, notes: str = "", extra: dict[str, str] | None = None) -> Path:
    """Writes a safetensors file whose bytes depend on its content only.

    Everything is stored as float32, whole numbers too (exact below 2^24), so that a test needs one reader.
    A single number is stored with shape [1]. The safetensors library keeps its metadata in a hash map whose
    order changes from run to run, so the (short) header is written here, with sorted keys.
    """
    header: dict[str, object] = {
        "__metadata__": {
            "script": Path(sys.argv[0]).resolve().relative_to(REPOSITORY).as_posix(),
            "seed": str(seed),
            **{f"version.{name}": version for name, version in versions().items()},
            **({"notes": " ".join(notes.split())} if notes else {}),
            **(extra or {}),
        }
    }
    blocks, offset = [], 0
    for name in sorted(tensors):
        value = torch.as_tensor(tensors[name]).detach().to(torch.float32).contiguous()
        value = value.reshape(1) if value.dim() == 0 else value
        if not torch.isfinite(value).all():
            raise SystemExit(f"{path.name}: '{name}' holds a value that is not finite")
        block = value.numpy().astype("<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(value.shape),
            "data_offsets": [offset, offset + len(block)],
        }
        blocks.append(block)
        offset += len(block)
    text = json.dumps(header, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blocks))
    report(path)
    return path


def report(path: Path) -> None:
    """Says what was written, and refuses a file that is too large to live in the repository."""
    size = path.stat().st_size
    if size > SIZE_LIMIT:
        raise SystemExit(f"{path} has {size} bytes; a golden may have {SIZE_LIMIT}")
    path.chmod(0o644)  # some libraries save for the owner alone
    shown = path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path
    print(f"{shown}  {size} bytes")


def golden(room: str, name: str | None = None) -> Path:
    """Where the golden of the running script goes: its own name, unless another is given."""
    return GOLDENS / room / f"{name or Path(sys.argv[0]).stem}.safetensors"


def with_gradients(
    prefix: str,
    function,
    inputs: dict[str, torch.Tensor],
    random: Random,
) -> dict[str, torch.Tensor]:
    """One case of an operation: its inputs, its output, and the gradients of sum(output * cotangent).

    Every name gets `prefix` in front of it, so that several cases of one operation share a file.
    """
    leaves = {name: value.clone().requires_grad_() for name, value in inputs.items()}
    output = function(**leaves)
    cotangent = random.normal(*output.shape)
    (output * cotangent).sum().backward()
    case = {**inputs, "output": output, "cotangent": cotangent}
    case.update({f"gradient.{name}": leaf.grad for name, leaf in leaves.items()})
    return {f"{prefix}{name}": value for name, value in case.items()}
