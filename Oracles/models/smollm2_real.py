"""The real SmolLM2-135M on ten English and ten Korean texts: python smollm2_real.py MODEL."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from real_models import TEXTS, record  # noqa: E402

record(__doc__, 501, TEXTS)
