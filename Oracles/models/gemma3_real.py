"""The real Gemma 3 270M on twenty texts, and on all of them in one, longer than its window: gemma3_real.py MODEL."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from real_models import TEXTS, record  # noqa: E402

record(__doc__, 511, [*TEXTS, "\n\n".join(TEXTS)])
