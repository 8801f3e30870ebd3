"""PROMPT_TUNING: rows of embeddings before everything."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from peft import PromptTuningConfig  # noqa: E402

from peft_cases import VIRTUAL, make  # noqa: E402

make(PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=VIRTUAL), seed=401)
