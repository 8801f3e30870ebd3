"""Writes Tests/Goldens/tokenizers/forms.json: texts in the four normalization forms, as the reference makes them."""
import random
import unicodedata

from tokenizers import __version__, normalizers

import goldens
import strings

FORMS = {"NFC": normalizers.NFC(), "NFD": normalizers.NFD(), "NFKC": normalizers.NFKC(), "NFKD": normalizers.NFKD()}
rng = random.Random(strings.SEED)
# Characters that change, marks, and Hangul letters, old and new.
active = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000 and (
    unicodedata.combining(chr(c)) or unicodedata.decomposition(chr(c)) or 0x1100 <= c < 0x1200 or 0xAC00 <= c < 0xAC40)]
texts = ["\uac00\u11a8", "\u1ff6\u0f81\u0301", "e\u0301" * 200, "\uac01" * 200, "\u0915\u093c" * 100]
texts += ["".join(chr(rng.choice(active)) for _ in range(rng.randint(1, 6))) for _ in range(900)]
cases = [[t] + [f.normalize_str(t) for f in FORMS.values()] for t in texts]
goldens.write("forms.json", {"script": "Oracles/tokenizers/forms.py", "seed": strings.SEED, "tokenizers": __version__,
                             "forms": list(FORMS), "cases": cases})
