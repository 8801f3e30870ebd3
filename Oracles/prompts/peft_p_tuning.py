"""P_TUNING: rows that an LSTM made; only what it made is stored."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from peft import PromptEncoderConfig  # noqa: E402

from peft_cases import VIRTUAL, make  # noqa: E402

make(
    PromptEncoderConfig(
        task_type="CAUSAL_LM",
        num_virtual_tokens=VIRTUAL,
        encoder_reparameterization_type="LSTM",
        encoder_hidden_size=16,
    ),
    seed=403,
    with_encoder=True,
)
