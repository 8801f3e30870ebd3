"""Trains small tokenizers with `tokenizers` and writes what they make of strings.texts().

Writes Tests/Goldens/tokenizers/: strings.json, and for each tokenizer NAME.json (the tokenizer) and NAME.ids.json.
Run with names as arguments to renew only these.
"""
import json
import pathlib
import struct
import sys
import unicodedata

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import strings

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDENS = ROOT / "Tests/Goldens/tokenizers"
TEXTS = strings.texts()
SPLITS = {
    "llama3": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
}


def byte_level(pre, added, vocab=1200, normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.train_from_iterator(strings.training_text(), trainers.BpeTrainer(
        vocab_size=vocab, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=added, show_progress=False))
    return tokenizer


def gpt2():
    return byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False), ["<|endoftext|>"])


def llama3():
    split = pre_tokenizers.Split(Regex(SPLITS["llama3"]), "isolated")
    t = byte_level(pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]), [])
    data = json.loads(t.to_str())
    data["model"]["ignore_merges"] = True
    # Words that merges do not reach, so that keeping whole words makes a difference.
    for word in ["Ġamong", "Ġwithout", "sentence", "ê°ĢëĤĺëĭ¤", "Ġ1234"]:
        data["model"]["vocab"].setdefault(word, len(data["model"]["vocab"]))
    t = Tokenizer.from_str(json.dumps(data))
    t.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>"])
    bos = t.token_to_id("<|begin_of_text|>")
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
        single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|>:1 $B:1",
        special_tokens=[("<|begin_of_text|>", bos)])])
    return t


def smollm2():
    t = byte_level(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]),
                   ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    return t


def qwen2():
    split = pre_tokenizers.Split(Regex(SPLITS["qwen2"]), "isolated")
    return byte_level(pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]),
                      ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], normalizer=normalizers.NFC())


def o200k():
    split = pre_tokenizers.Split(Regex(SPLITS["o200k"]), "removed", invert=True)
    return byte_level(pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]),
                      ["<|endoftext|>"], vocab=900)


def cl100k():
    split = pre_tokenizers.Split(Regex(SPLITS["cl100k"]), "isolated")
    return byte_level(pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]),
                      ["<|endoftext|>"], vocab=700)


def roberta():
    t = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True), ["<s>", "<pad>", "</s>", "<unk>"], vocab=900)
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    t.post_processor = processors.RobertaProcessing(("</s>", t.token_to_id("</s>")), ("<s>", t.token_to_id("<s>")),
                                                    add_prefix_space=True)
    return t


def added():
    """Added tokens with every option, over a normalizer that changes what they are looked for in."""
    t = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False), ["<|endoftext|>"], vocab=600,
                   normalizer=normalizers.Sequence([normalizers.Lowercase(), normalizers.NFD(), normalizers.StripAccents()]))
    t.add_tokens([AddedToken("the", single_word=True, normalized=False), AddedToken("É", normalized=True),
                  AddedToken("quick", lstrip=True), AddedToken("lazy", rstrip=True, normalized=False), "가", "가나",
                  AddedToken("DOG", normalized=True), AddedToken("  ", normalized=False), AddedToken("12", single_word=True)])
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, rstrip=True, normalized=False), AddedToken("<s>", single_word=True)])
    return t


def bert(lowercase):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.WordPiece()
    t.train_from_iterator(strings.training_text(), trainers.WordPieceTrainer(
        vocab_size=1500, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    cls, sep = t.token_to_id("[CLS]"), t.token_to_id("[SEP]")
    if lowercase:
        t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
                                                         special_tokens=[("[CLS]", cls), ("[SEP]", sep)])
    else:
        t.post_processor = processors.BertProcessing(("[SEP]", sep), ("[CLS]", cls))
    return t


def bert_uncased():
    return bert(True)


def bert_cased():
    return bert(False)


def gemma_model(extra, merge_spaces):
    """A BPE over characters with byte fallback, its vocabulary laid out as SentencePiece does."""
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always" if merge_spaces else "never")
    t.train_from_iterator(strings.training_text(), trainers.BpeTrainer(vocab_size=1100, limit_alphabet=260, show_progress=False))
    data = json.loads(t.to_str())["model"]
    pieces = extra + [f"<0x{b:02X}>" for b in range(256)]
    pieces += [p for p, _ in sorted(data["vocab"].items(), key=lambda e: e[1])]
    return models.BPE(vocab={p: k for k, p in enumerate(pieces)}, merges=[tuple(m) for m in data["merges"]],
                      unk_token="<unk>", fuse_unk=True, byte_fallback=True)


def gemma():
    extra = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    t = Tokenizer(gemma_model(extra, False))
    t.normalizer = normalizers.Replace(" ", "▁")
    t.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    t.post_processor = processors.TemplateProcessing(single="<bos> $A", pair="<bos> $A <bos>:1 $B:1", special_tokens=[("<bos>", 2)])
    t.add_special_tokens(extra)
    t.add_tokens([AddedToken("\n" * k, normalized=False) for k in range(2, 6)]
                 + [AddedToken("▁" * k, normalized=False) for k in range(2, 6)])
    return t


def llama2():
    t = Tokenizer(gemma_model(["<unk>", "<s>", "</s>"], True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    t.add_special_tokens(["<unk>", "<s>", "</s>"])
    return t


def charsmap(rules):
    """A table for the Precompiled normalizer: a double-array trie, its size before it and the texts after it."""
    texts, trie, offsets = b"", {}, {}
    for source, target in rules.items():
        offsets[source] = len(texts)
        texts += target.encode() + b"\0"
        node = trie
        for byte in source.encode():
            node = node.setdefault(byte, {})
        node["value"] = offsets[source]
    units, used = {0: 0}, {0}

    def place(node, position, label):
        children = [c for c in node if c != "value"]
        wanted = children + ([0] if "value" in node else [])
        base = 1
        while any(base ^ c in used for c in wanted) or (position ^ base) >= 1 << 21:
            base += 1
        used.update(base ^ c for c in wanted)
        units[position] = (position ^ base) << 10 | (256 if "value" in node else 0) | label
        if "value" in node:
            units[base] = node["value"] | 1 << 31
        for c in children:
            place(node[c], base ^ c, c)

    place(trie, 0, 0)
    array = [units.get(k, 0) for k in range(max(units) + 256)]
    return struct.pack("<I", 4 * len(array)) + struct.pack(f"<{len(array)}I", *array) + texts


def compatibility_rules():
    rules = {"\t": " ", "\n": " ", "\r": " ", "\u200b": " ", "e\u0301": "é", "\u1100\u1161": "가", "👍🏽": "👍", "\x01": ""}
    for c in list(range(0xA0, 0x250)) + list(range(0x2000, 0x2200)) + list(range(0x3000, 0x3400)) + list(range(0xFF00, 0xFFF0)):
        form = unicodedata.normalize("NFKC", chr(c))
        if form != chr(c):
            rules[chr(c)] = form
    return rules


def unigram():
    """As XLM-RoBERTa and T5: a character map, spaces become marks, the best path."""
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.Sequence([normalizers.Precompiled(charsmap(compatibility_rules())), normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    t.decoder = decoders.Metaspace()
    t.train_from_iterator(strings.training_text(), trainers.UnigramTrainer(
        vocab_size=1000, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False))
    t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>",
                                                     special_tokens=[("<s>", 0), ("</s>", 2)])
    t.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    return t


def unigram_bytes():
    """Byte fallback, a prefix only at the start, and no cutting at marks."""
    data = json.loads(unigram().to_str())
    vocab = data["model"]["vocab"][:4] + [[f"<0x{b:02X}>", 0.0] for b in range(256)] + data["model"]["vocab"][4:]
    t = Tokenizer(models.Unigram([tuple(v) for v in vocab], unk_id=3, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    t.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="first", split=False)])
    t.add_special_tokens(["<s>", "</s>", "<unk>"])
    return t


def clip():
    """Ends of words are marked, and text is lowercased."""
    pattern = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    t = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token="<|endoftext|>"))
    t.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "removed", invert=True),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False)])
    t.decoder = decoders.BPEDecoder()
    t.train_from_iterator(strings.training_text(), trainers.BpeTrainer(
        vocab_size=800, end_of_word_suffix="</w>", initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|startoftext|>", "<|endoftext|>"], show_progress=False))
    return t


def splits():
    """The splitters that no model above has, one after the other."""
    t = Tokenizer(models.BPE(unk_token="?", fuse_unk=False))
    t.normalizer = normalizers.Strip()
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.Digits(individual_digits=False),
        pre_tokenizers.CharDelimiterSplit("x"), pre_tokenizers.Split("b", "merged_with_next"),
        pre_tokenizers.Split(Regex("[aeiou]{2,}?"), "merged_with_previous")])
    t.train_from_iterator(strings.training_text(), trainers.BpeTrainer(
        vocab_size=700, limit_alphabet=200, special_tokens=["?"], show_progress=False))
    return t


CASES = {f.__name__: f for f in (
    gpt2, llama3, smollm2, qwen2, o200k, cl100k, roberta, added, bert_uncased, bert_cased, gemma, llama2, unigram,
    unigram_bytes, clip, splits)}


def compact(lists):
    """One text a list: ids in base 36, separated by spaces, runs as ID*COUNT."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"

    def number(n):
        text = ""
        while True:
            text = digits[n % 36] + text
            n //= 36
            if n == 0:
                return text
    out = []
    for ids in lists:
        parts, k = [], 0
        while k < len(ids):
            run = k
            while run < len(ids) and ids[run] == ids[k]:
                run += 1
            parts.append(number(ids[k]) + (f"*{number(run - k)}" if run - k > 1 else ""))
            k = run
        out.append(" ".join(parts))
    return "\n".join(out)


def record(tokenizer):
    tokenizer.no_padding()
    tokenizer.no_truncation()
    plain = [tokenizer.encode(t, add_special_tokens=False).ids for t in TEXTS]
    framed = [tokenizer.encode(t).ids for t in TEXTS[:40]]
    pairs = [tokenizer.encode(a, b) for a, b in zip(TEXTS[:20], TEXTS[20:40])]
    # Most texts decode to themselves, or all to themselves after a space: only the others are written down.
    texts = [tokenizer.decode(ids) for ids in plain]
    prefix = " " if sum(d == " " + t for d, t in zip(texts, TEXTS)) > len(TEXTS) // 2 else ""
    decoded = {str(k): d for k, (t, d) in enumerate(zip(TEXTS, texts)) if d != prefix + t}
    tokenizer.encode_special_tokens = True
    safe = {str(k): ids for k, t in enumerate(TEXTS)
            if (ids := tokenizer.encode(t, add_special_tokens=False).ids) != plain[k]}
    tokenizer.encode_special_tokens = False
    return {
        "script": "Oracles/tokenizers/goldens.py", "seed": strings.SEED, "tokenizers": tokenizers.__version__,
        "size": max(tokenizer.get_vocab().values()) + 1, "ids": compact(plain), "framed": compact(framed),
        "pairs": compact([e.ids for e in pairs]), "segments": compact([e.type_ids for e in pairs]),
        "prefix": prefix, "decoded": decoded, "safe": safe,
    }


def write(name, data):
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    (GOLDENS / name).write_text(text)
    print(name, len(text.encode()))


if __name__ == "__main__":
    GOLDENS.mkdir(parents=True, exist_ok=True)
    write("strings.json", {"script": "Oracles/tokenizers/strings.py", "seed": strings.SEED, "texts": TEXTS})
    for name in sys.argv[1:] or CASES:
        t = CASES[name]()
        write(f"{name}.json", json.loads(t.to_str()))
        write(f"{name}.ids.json", record(t))
