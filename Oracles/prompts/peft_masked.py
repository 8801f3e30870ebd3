"""Adapters of a masked model. PEFT has no task type for them: CAUSAL_LM does not load, none leaves virtual tokens away,
FEATURE_EXTRACTION applies them and gives what the model with its head gives."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from peft import LoraConfig, PrefixTuningConfig, PromptTuningConfig  # noqa: E402

from common import GOLDENS  # noqa: E402
from peft_cases import VIRTUAL, make  # noqa: E402
from tiny_encoders import load  # noqa: E402

BERT = GOLDENS / "models" / "bert"
DISTILBERT = GOLDENS / "models" / "distilbert"
TASK = "FEATURE_EXTRACTION"
configurations = {
    "prompt_tuning": PromptTuningConfig(task_type=TASK, num_virtual_tokens=VIRTUAL),
    "prefix_tuning": PrefixTuningConfig(task_type=TASK, num_virtual_tokens=VIRTUAL),
    "lora": LoraConfig(
        task_type=TASK, r=4, lora_alpha=8, target_modules=["query", "value"], init_lora_weights=False
    ),
}
for number, (kind, configuration) in enumerate(configurations.items()):
    make(configuration, seed=431 + number, base=BERT, load=load, name=f"peft_masked_{kind}")
make(  # its maps have names of their own
    LoraConfig(task_type=TASK, r=4, lora_alpha=8, target_modules=["q_lin", "v_lin"], init_lora_weights=False),
    seed=434,
    base=DISTILBERT,
    load=load,
    name="peft_masked_lora_distilbert",
)
