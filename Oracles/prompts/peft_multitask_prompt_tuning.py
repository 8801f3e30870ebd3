"""MULTITASK_PROMPT_TUNING: shared rows times a low-rank matrix of each of three tasks."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from peft import MultitaskPromptTuningConfig  # noqa: E402

from peft_cases import VIRTUAL, make  # noqa: E402

make(
    MultitaskPromptTuningConfig(
        task_type="CAUSAL_LM",
        num_virtual_tokens=VIRTUAL,
        num_tasks=3,
        num_ranks=2,
        prompt_tuning_init="RANDOM",
    ),
    seed=404,
    with_tasks=True,
)
