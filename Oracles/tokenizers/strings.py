"""The texts that every tokenizer golden encodes, and the text on which the small tokenizers are trained.

All of it is written for this project or generated; SEED makes it the same every time.
"""
import random
import unicodedata

SEED = 20261123

SENTENCES = """
The quick brown fox jumps over the lazy dog, doesn't it? I'll say we've won, he'd said they're late; I'm sure.
A prompt ends as input, never as a change to the model. THEY'RE SHOUTING: WE'LL, I'D, IT'S, WE'VE, I'M, DON'T!
In 2024, 1,234,567 people paid $3.50 (about 4.20 euro) for 10% more at 12:30 on 01/02/1999.
def area(radius): return 3.14159 * radius ** 2  # circle
for (int i = 0; i < n; ++i) { sum += a[i] * b[i]; }
if x != None and y >= 10: print(f"{x!r}: {y:.3f}")
<html><body class="main">&amp; <a href="https://example.org/?q=1&r=2">link</a></body></html>
{"name": "cloze", "list": [1, 2.5, -3e10, null, true], "nested": {"k": "v"}}
SELECT name, COUNT(*) FROM users WHERE age > 30 GROUP BY name;
user@example.com, /usr/local/bin/swift, C:\\Windows\\System32, #hashtag, @mention, v1.2.3-beta+build.5
나는 오늘 아침에 커피를 마시고 학교에 갔습니다. 정말 재미있는 영화였어요! 강력 추천합니다.
이 영화는 너무 지루해서 중간에 나왔다. 배우들의 연기는 좋았지만 각본이 아쉬웠다.
대한민국의 수도는 서울특별시이며, 인구는 약 950만 명이다. 값이 싸고 맛도 괜찮네요ㅋㅋㅋㅋ ㅠㅠ
닭을 읽고 앉아 있는 값진 삶, 뷁뷁 꿹 쀍 한글날은 10월 9일입니다.
今日は天気がいいから、散歩しましょう。東京タワーは高さ333メートルです。
我昨天在北京大学图书馆看了一本很有意思的书。人工智能正在改变世界。
繁體中文與簡體中文有所不同，請注意。
Привет, как дела? Сегодня хорошая погода, пойдём гулять в парк.
Ελληνικά: Η γρήγορη καφέ αλεπού πηδάει. ΟΔΥΣΣΕΥΣ ὀξεῖα ᾳ ῷ ΐ
مرحبا بالعالم، كيف حالك اليوم؟ السَّلامُ عَلَيْكُم ١٢٣٤٥
שלום עולם, מה שלומך היום? שָׁלוֹם
नमस्ते दुनिया, आप कैसे हैं? क्षत्रिय ज्ञान १२३४
สวัสดีชาวโลก วันนี้อากาศดีมาก ๑๒๓
வணக்கம் உலகம், నమస్కారం, നമസ്കാരം, ಕನ್ನಡ, ગુજરાતી, ਪੰਜਾਬੀ, বাংলা ভাষা
ሰላም ልዑል, ქართული ენა, Հայերեն լեզու, ភាសាខ្មែរ, မြန်မာဘာသာ, བོད་སྐད་, ລາວ
Đây là tiếng Việt: Trường đại học, người Việt Nam, được, những, ngữ.
Fußgänger überqueren die Straße; Äpfel, Öl, Übung. L'été, à Noël, où ça? Cœur, naïve, façade, élève.
¿Cómo estás, señor? ¡Mañana será otro día! São Paulo, coração. Þórður, Ægir. Łódź, żółć. İstanbul, ısı, ğ.
𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝓽𝓮𝔁𝓽 𝟏𝟐𝟑 ﬁﬂ ﬃ ½ ⅓ ² ³ ₂ Ⅳ ⅷ ㎏ ㎡ ℃ № ™ ① ⑳ ㉠ ㈜ ｆｕｌｌ ｗｉｄｔｈ １２３ ﾊﾝｶｸ ｶﾞ
😀 😃😄 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇰🇷🇺🇸 ❤️ ☃︎ ✈️ 1️⃣ #️⃣ 🧑🏻‍💻 🫠
x² + y² = z², ∑_{i=0}^{∞} 1/2^i = 2, α≤β, ∀x∈ℝ ∃y: x≠y, ∂f/∂x → 0, √2 ≈ 1.41421
“Curly quotes” ‘single’ — em dash – en dash … ellipsis • bullet « guillemets » ‚low‘ don’t it’s
""".strip().split("\n")

WORDS = "the of and to in a is that was he for it with as his on be at by had not are but from or have an they which one you were her all she there would their we him been has when who will more no if out so said what up its about into than them can only other new some could time these two may then do first any my now such like our over man me even most made after also did many before must through back years where much your way well down should because each just those people mister how too little state good very make world still own see men work long get here between both life being under never day same another know while last might us great old year off come since against go came right used take three".split()


def training_text():
    """About 300 KB: the sentences, English words, and the names of characters."""
    rng = random.Random(SEED)
    lines = []
    for _ in range(40):
        lines += SENTENCES
    for _ in range(1500):
        lines.append(" ".join(rng.choices(WORDS, k=12)).capitalize() + rng.choice(".?!,;"))
    for code in list(range(0x21, 0x250)) + list(range(0x370, 0x500)):
        lines.append(unicodedata.name(chr(code), "unnamed").lower())
    return lines


def texts():
    """At least 1,000 texts of every kind that has ever broken a tokenizer."""
    rng = random.Random(SEED + 1)
    out = list(SENTENCES)
    # whitespace
    spaces = [" ", "\t", "\n", "\r", "\r\n", "\v", "\f", "\x85", "\xa0", "\u1680", "\u2003", "\u2028", "\u2029",
              "\u202f", "\u205f", "\u3000", "\u200b", "\ufeff", "\u180e", "\u2060"]
    out += ["", " ", "  ", "   ", "\n", "\n\n", "\n\n\n", " \n", "\n ", " \n ", "\t\t", " \t\n", "\r\n\r\n"]
    for s in spaces:
        out += [s, s + "a", "a" + s, "a" + s + "b", "a" + s * 3 + "b", s * 2 + "\n" + s + "x", "." + s + s + "1"]
    # contractions and apostrophes
    for c in ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'RE", "'Ve", "'LL", "'lL", "'ſ", "'x", "''s", "'",
              "''", "' s", "'r", "'v", "'l", "'1", "'re's", "’s", "'ss", "'K", "'\u212a"]:
        out += [c, "it" + c, "it" + c + " x", " " + c, "9" + c, "!" + c]
    # numbers
    out += ["1", "12", "123", "1234", "12345", "1234567890", " 1", "  12", "a1", "1a", "1.5", "-1", "1,000,000.00",
            "٣٤٥٦٧", "१२३४", "１２３４５", "Ⅷ", "²³¹", "½¼", "①②③④", "𝟘𝟙𝟚𝟛", "〇一二三", "0x1F", "1e-10", "1 2 3", "00000"]
    # single characters of every block
    out += [chr(c) for c in range(0x80)]
    out += ["x" + chr(c) + "y" for c in range(0x80)]
    blocks = [(0x80, 0x250), (0x250, 0x370), (0x370, 0x600), (0x600, 0x900), (0x900, 0x1000), (0x1000, 0x1800),
              (0x1800, 0x2000), (0x2000, 0x2C00), (0x2C00, 0x3400), (0x3400, 0x4E00), (0x4E00, 0xA000), (0xA000, 0xAC00),
              (0xAC00, 0xD7A4), (0xD7B0, 0xD800), (0xF900, 0xFE00), (0xFE00, 0x10000), (0x10000, 0x11000),
              (0x11000, 0x12000), (0x12000, 0x18000), (0x1B000, 0x1D000), (0x1D000, 0x1F000), (0x1F000, 0x20000),
              (0x20000, 0x32000), (0xE0000, 0xE0200), (0xF0000, 0xF1000), (0x10F000, 0x110000)]
    assigned = {b: [c for c in range(*b) if unicodedata.category(chr(c)) not in ("Cn", "Cs")] or [b[0]]
                for b in blocks}
    for block in blocks:
        for _ in range(10):
            out.append("".join(chr(rng.choice(assigned[block])) for _ in range(rng.randint(1, 6))))
        out.append(" ".join(chr(rng.choice(assigned[block])) for _ in range(4)))
        out.append("a" + chr(rng.choice(assigned[block])) + "b 1" + chr(rng.choice(assigned[block])) + "2")
    # Hangul: composed, decomposed, compatibility jamo, halfwidth, old, half a syllable
    hangul = [s for s in SENTENCES if any("\uac00" <= c <= "\ud7a3" for c in s)]
    for s in hangul:
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            out.append(unicodedata.normalize(form, s[:40]))
    for _ in range(60):
        w = "".join(chr(rng.randint(0xAC00, 0xD7A3)) for _ in range(rng.randint(1, 5)))
        out += [w, unicodedata.normalize("NFD", w), unicodedata.normalize("NFD", w)[1:], w + "ㄱㅏㄴ"]
    out += ["각", "각", "각", "각", "ㄱㅏㄱ", "ﾡￂﾡ", "ᄀ", "ᅡ", "ᆨ", "ᄀ가", "각ᆨ", "ꥠힰ", "ㆁㆆ", "ᄒᆞᆫ글", "ㅋㅋㅋㅋㅋ", "ㅠㅠ"]
    # marks, normalization, case
    out += ["é", "é", "é" * 3, "ạ̈", "ạ̈", "a" + "\u0301" * 20, "\u0301", " \u0301a", "Å", "Å", "Å", "ﬁ", "ſ", "ß",
            "ẞ", "İ", "i̇", "Σ", "ΣΑΣ", "ς", "ǅ", "ŉ", "ΐ", "ᾳ", "ﷺ", "ﬃ", "①", "㍿", "㎢", "ｱﾞ", "が", "か\u3099", "🅰",
            "\u1e9b\u0323", "q\u0307\u0323", "q\u0323\u0307", "\u0958", "\u0344", "\u2126", "\ufb1d", "\U0001d15e"]
    # emoji
    out += ["👍", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🇰🇷", "🇰🇷🇺🇸🇯🇵", "🇰", "❤️", "❤", "1️⃣", "🧑🏻‍💻", "👨🏿‍🦱", "🫱🏻‍🫲🏿", "😀😀😀",
            "a👍b", "👍1", " 👍 ", "\u200d", "👩\u200d", "\ufe0f", "🏽"]
    # controls, noncharacters, replacement characters, private use, texts that look like broken UTF-8
    out += ["\x00", "a\x00b", "\x01\x02\x1b[31m", "\x7f", "\x80\x9f", "\ufffd", "\ufffd\ufffd a", "\ufffe", "\uffff",
            "\ufdd0\ufdef", "\U0001fffe\U0010ffff", "\ue000\uf8ff", "\U000f0000", "Ã©", "â€™", "ï¿½", "Ä Ġ Ċ ĉ", "Ġhello",
            "ĠĊ", "\ud7ff\ue000", "ÿþ", "\u061c\u200e\u200f\u202e", "\u202eabc\u202c", "\u0600١", "\u00ad", "▁", "▁a ▁▁b",
            " ▁ ", "<0x41>", "<0xFF>", "<s>", "</s>", "<unk>", "[UNK]", "[MASK]", "[CLS] a [SEP]", "##ing", "a##b",
            "<|endoftext|>", "a<|endoftext|>b", "<|endoftext|><|endoftext|>", " <|endoftext|> ", "<|endoftext", "<mask>",
            "a <mask> b", "a  <mask>  b", "<mask><mask>", "<bos>x<eos>", "<|im_start|>user\nhi<|im_end|>\n", "</w>", "a</w>"]
    # long runs
    for c in ["a", " ", "\n", "1", "!", "가", "é", "👍", "\u0301", "ab", "a ", " \n", "...", "=-", "ㅋ"]:
        out += [c * 17, c * 300]
    out += ["a" * 5000, " " * 5000, "ab" * 2500, "\n" * 3000, "가나" * 1000, "9" * 3001, "the" * 1200]
    # mixtures
    pool = [w for s in SENTENCES for w in s.split()] + spaces + ["'s", "'LL", "\n\n", "   ", "123", "!!", "?!", "가", "é"]
    for _ in range(260):
        out.append("".join(rng.choice(pool) + rng.choice(["", " ", " ", "  ", "\n"]) for _ in range(rng.randint(1, 9))))
    everything = [c for block in blocks for c in assigned[block]]
    for _ in range(160):
        out.append("".join(chr(rng.choice(everything)) if rng.random() < 0.6 else rng.choice(" a1.\n'") for _ in
                           range(rng.randint(1, 12))))
    # dict.fromkeys keeps the order; Python compares code points, so decomposed texts stay
    return list(dict.fromkeys(out))


if __name__ == "__main__":
    print(len(texts()), sum(len(t.encode()) for t in texts()), len("\n".join(training_text()).encode()))
