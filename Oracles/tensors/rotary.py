"""Rotary positions in the half-split layout of Hugging Face: plain, scaled linearly, scaled as in Llama 3."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch  # noqa: E402
from transformers import LlamaConfig  # noqa: E402
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb  # noqa: E402

from common import Random, golden, with_gradients, write  # noqa: E402

SEED = 104
HEADS, WIDTH = 3, 8
random = Random(SEED)
# Two sequences packed: one from position 0, one that starts behind a past of nine rows; and far positions.
positions = torch.tensor([0, 1, 2, 3, 4, 9, 10, 11, 100, 1000, 2047])

llama3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
cases = {
    "plain": {"rope_type": "default", "rope_theta": 10000.0},
    "wide_base": {"rope_type": "default", "rope_theta": 500000.0},
    "linear": {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0},
    "llama3": llama3,
}

tensors = {"positions": positions, "heads": HEADS, "width": WIDTH}
for case, parameters in cases.items():
    config = LlamaConfig(
        hidden_size=HEADS * WIDTH,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        head_dim=WIDTH,
        max_position_embeddings=2048,
        rope_parameters=dict(parameters),
    )
    embedding = LlamaRotaryEmbedding(config)

    def rotate(input):
        heads = input.view(1, len(positions), HEADS, WIDTH).transpose(1, 2)
        cosine, sine = embedding(input, positions[None])
        rotated, _ = apply_rotary_pos_emb(heads, heads, cosine, sine)
        return rotated.transpose(1, 2).reshape(len(positions), HEADS * WIDTH)

    tensors |= with_gradients(
        f"{case}.", rotate, {"input": random.normal(len(positions), HEADS * WIDTH)}, random
    )
    tensors[f"{case}.frequencies"] = embedding.inv_freq
    names = {
        "rope_theta": "theta",
        "factor": "factor",
        "low_freq_factor": "low_frequency_factor",
        "high_freq_factor": "high_frequency_factor",
        "original_max_position_embeddings": "original_positions",
    }
    tensors |= {f"{case}.{names[key]}": value for key, value in parameters.items() if key in names}

write(
    golden("tensors"),
    tensors,
    SEED,
    """input and output are [N, heads * width]; within a head, element i of the first half pairs with element
    i of the second. frequencies[width / 2] are radians a position, after scaling; the angle is their
    product with the position, rounded to float32, as Hugging Face has it.""",
)
