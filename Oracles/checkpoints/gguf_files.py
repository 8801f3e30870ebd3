"""Makes a small GGUF file with every value type and every element type that is read, and its expanded values.

Run: python Oracles/checkpoints/gguf_files.py
"""

import json
import os
from importlib.metadata import version

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as T, GGUFReader, GGUFValueType as V, GGUFWriter, quants
from safetensors.numpy import save_file

SEED = 20261123
OUT = os.path.join(os.path.dirname(__file__), "../../Tests/Goldens/checkpoints")
MADE = {
    "script": "Oracles/checkpoints/gguf_files.py",
    "seed": str(SEED),
    "versions": f"gguf {version('gguf')}, numpy {version('numpy')}",
}
ROWS, WIDTH = 2, 512


def random_blocks(random, kind, scales_at):
    """Blocks of random bits with scales that are sane numbers; the package cannot quantise the K types."""
    length, size = GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (ROWS * WIDTH // length, size), dtype=np.uint8)
    for place in scales_at:
        scales = random.uniform(0.001, 0.1, len(blocks)).astype(np.float16)
        blocks[:, place:place + 2] = scales.view(np.uint8).reshape(-1, 2)
    return blocks.reshape(ROWS, -1)


def main():
    random = np.random.default_rng(SEED)
    writer = GGUFWriter(f"{OUT}/small.gguf", "llama")
    for key, value in MADE.items():
        writer.add_string(f"cloze.{key}", value)
    writer.add_uint8("v.uint8", 200)
    writer.add_int8("v.int8", -100)
    writer.add_uint16("v.uint16", 60000)
    writer.add_int16("v.int16", -30000)
    writer.add_uint32("llama.block_count", 2)
    writer.add_int32("v.int32", -2000000000)
    writer.add_uint64("v.uint64", 1 << 63)
    writer.add_int64("v.int64", -(1 << 62))
    writer.add_float32("v.float32", 0.5)
    writer.add_float64("v.float64", 1e-300)
    writer.add_bool("v.bool", True)
    writer.add_string("v.string", "héllo 😀\n")
    writer.add_array("tokenizer.ggml.tokens", ["<s>", "▁a", "é", ""])
    writer.add_array("tokenizer.ggml.scores", [0.5, -1.25])
    writer.add_array("tokenizer.ggml.token_type", [1, 3, -6])
    writer.add_array("v.bools", [True, False])
    writer.add_array("v.nested", [[1, 2], [3]])

    tensors = {"f32": random.standard_normal((3, 4, 5)).astype(np.float32),
               "f16": random.standard_normal((3, 7)).astype(np.float16),
               "vector": random.standard_normal(9).astype(np.float32)}
    for name, data in tensors.items():
        writer.add_tensor(name, data)
    for kind in (T.BF16, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0):
        data = random.standard_normal((ROWS, WIDTH)).astype(np.float32)
        writer.add_tensor(kind.name.lower(), quants.quantize(data, kind), raw_dtype=kind)
    for kind, scales in ((T.Q4_K, (0, 2)), (T.Q5_K, (0, 2)), (T.Q6_K, (208,)), (T.IQ2_XXS, (0,))):
        writer.add_tensor(kind.name.lower(), random_blocks(random, kind, scales), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

    reader = GGUFReader(f"{OUT}/small.gguf")
    listing, values = {}, {}
    for tensor in reader.tensors:
        shape = [int(n) for n in reversed(tensor.shape)]
        listing[tensor.name] = {"shape": shape, "type": tensor.tensor_type.name}
        if tensor.tensor_type is not T.IQ2_XXS:
            values[tensor.name] = quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32).reshape(shape)
    save_file(values, f"{OUT}/small-gguf-values.safetensors", metadata=MADE)
    with open(f"{OUT}/small-gguf.json", "w") as file:
        json.dump({"made": MADE, "tensors": listing}, file, indent=0)


main()
