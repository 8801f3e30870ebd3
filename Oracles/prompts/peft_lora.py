"""LORA: low-rank changes of the query and value projections."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from peft import LoraConfig  # noqa: E402

from peft_cases import make  # noqa: E402

make(
    LoraConfig(
        task_type="CAUSAL_LM", r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], init_lora_weights=False
    ),
    seed=405,
)
