"""LORA on GPT-2, whose one map of queries, keys and values is stored the other way round (`fan_in_fan_out`)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from peft import LoraConfig  # noqa: E402

from common import GOLDENS  # noqa: E402
from peft_cases import make  # noqa: E402

make(
    LoraConfig(
        task_type="CAUSAL_LM",
        r=4,
        lora_alpha=8,
        target_modules=["c_attn"],
        fan_in_fan_out=True,
        init_lora_weights=False,
    ),
    seed=406,
    base=GOLDENS / "models" / "gpt2",
)
