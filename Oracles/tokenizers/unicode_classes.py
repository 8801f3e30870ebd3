"""Writes Sources/Tokenizers/Unicode/UnicodeClassTable.swift: what the reference thinks of every Unicode scalar.

The classes are measured, not copied: each scalar is shown to the regex engine and the splitters of
`tokenizers`, so that our table has the Unicode version of the reference and not of the machine it runs on.
"""
import pathlib

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
ROOT = pathlib.Path(__file__).resolve().parents[2]


def removed_by(splitter):
    """Scalars that `splitter` deletes from a text."""
    found = set()
    for start in range(0, len(SCALARS), 4096):
        chunk = SCALARS[start:start + 4096]
        kept = {ord(c) for word, _ in splitter.pre_tokenize_str("".join(map(chr, chunk))) for c in word}
        found.update(c for c in chunk if c not in kept)
    return found


def alone_in(splitter):
    """Scalars that `splitter` makes a word of their own between two letters."""
    found = set()
    for start in range(0, len(SCALARS), 2048):
        text = "".join("a" + chr(c) + "b" for c in SCALARS[start:start + 2048])
        found.update(ord(w) for w, _ in splitter.pre_tokenize_str(text) if len(w) == 1 and w not in "ab")
    return found


def deleted_by(normalizer):
    return {c for c in SCALARS if normalizer.normalize_str("a" + chr(c) + "b") == "ab"}


def regex(pattern):
    return removed_by(pre_tokenizers.Split(Regex(pattern), "removed"))


CHINESE = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=True, strip_accents=False,
                                     lowercase=False)
space = regex(r"\s")
classes = [  # bit 0 first; the names are those of UnicodeClasses.swift
    regex(r"\p{L}"), regex(r"\p{N}"), regex(r"\p{M}"), space, regex(r"\p{P}"), regex(r"\p{S}"),
    regex(r"[\p{Lu}\p{Lt}]"), regex(r"\p{Ll}"),
    alone_in(pre_tokenizers.Digits(individual_digits=True)),
    alone_in(pre_tokenizers.BertPreTokenizer()),
    deleted_by(normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False,
                                          lowercase=False)),
    deleted_by(normalizers.StripAccents()),
    set(SCALARS) - alone_in(pre_tokenizers.Whitespace()) - space,
    regex(r"\p{Lt}"), regex(r"\p{Lm}"), regex(r"\p{Nd}"), regex(r"\w"), regex(r"\p{Mn}"), regex(r"\p{Han}"),
    {c for c in SCALARS if CHINESE.normalize_str(chr(c)) != chr(c)},
    # Bert's own accent stripping takes fewer marks than StripAccents.
    deleted_by(normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True,
                                          lowercase=False)),
]
masks, ranges, previous = [], [], None
for c in range(0x110000):
    mask = 0 if 0xD800 <= c < 0xE000 else sum(1 << bit for bit, members in enumerate(classes) if c in members)
    if mask != previous:
        if mask not in masks:
            masks.append(mask)
        ranges.append(c << 8 | masks.index(mask))
        previous = mask


def rows(values, width, each):
    return "\n".join("        " + " ".join(f"0x{v:0{width}x}," for v in values[k:k + each])
                     for k in range(0, len(values), each))


target = ROOT / "Sources/Tokenizers/Unicode/UnicodeClassTable.swift"
target.write_text(f"""// Made by Oracles/tokenizers/unicode_classes.py with tokenizers {tokenizers.__version__}. Do not edit.

/// What the reference implementation thinks of every Unicode scalar, as ranges of equal opinion.
///
/// The table is ours and not the operating system's, so that a text has the same ids on every machine.
enum UnicodeClassTable {{
    /// The distinct sets of classes; bits as in ``UnicodeClasses``.
    static let masks: [UInt32] = [
{rows(masks, 6, 9)}
    ]

    /// One number a range: first scalar in the upper 24 bits, index into ``masks`` in the lower 8.
    static let ranges: [UInt32] = [
{rows(ranges, 8, 8)}
    ]
}}
""")
print(len(masks), "sets,", len(ranges), "ranges")
