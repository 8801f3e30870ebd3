"""Stored weights expanded: random blocks of every block type, and halves of both kinds, by the gguf package."""

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import gguf  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

from common import golden, write  # noqa: E402

SEED, ROWS = 112, 2
random = np.random.default_rng(SEED)

# Where the half-precision scales (and minima) of a block lie.
scales = {
    "q4_0": [0], "q4_1": [0, 2], "q5_0": [0], "q5_1": [0, 2], "q8_0": [0],
    "q4_K": [0, 2], "q5_K": [0, 2], "q6_K": [208],
}  # fmt: skip
subnormal = np.frombuffer(np.float16(3.1e-6).tobytes(), np.uint8)

tensors = {}
for name, offsets in scales.items():
    kind = gguf.GGMLQuantizationType[name.upper()]
    length, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = 6 if length == 32 else 3
    stored = random.integers(0, 256, (ROWS, blocks, size), dtype=np.uint8)
    for offset in offsets:
        halves = random.normal(scale=0.05, size=(ROWS, blocks)).astype(np.float16)
        stored[:, :, offset : offset + 2] = halves.view(np.uint8).reshape(ROWS, blocks, 2)
        stored[1, 1, offset : offset + 2] = subnormal
    stored = stored.reshape(ROWS, blocks * size)
    tensors[f"{name}.bytes"] = torch.tensor(stored.astype(np.float32))
    tensors[f"{name}.output"] = torch.tensor(gguf.quants.dequantize(stored, kind).reshape(ROWS, blocks * length))

halves = np.concatenate([random.normal(size=50), [0.0, -0.0, 6e-8, -6e-8, 3.1e-6, 6.1e-5, 65504, -65504]])
stored = halves.astype(np.float16)
tensors["float16.bytes"] = torch.tensor(stored.view(np.uint8).astype(np.float32))
tensors["float16.output"] = torch.tensor(stored.astype(np.float32))
stored = torch.tensor(random.normal(size=58), dtype=torch.bfloat16)
tensors["bfloat16.bytes"] = stored.view(torch.uint8).to(torch.float32)
tensors["bfloat16.output"] = stored.to(torch.float32)

write(golden("tensors"), tensors, SEED, """bytes: what the file holds, one number a byte; [rows, bytes a row] of the
      block types. One block of each has a subnormal scale. Those of float16 end with zeros, subnormals and extremes.""",
      {"version.gguf": metadata.version("gguf")})
