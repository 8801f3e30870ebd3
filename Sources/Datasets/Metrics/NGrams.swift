/// Words, and rows of words, as the generation metrics count them.
enum NGrams {
    /// How often each run of `length` items occurs.
    static func counts<Item: Hashable>(_ items: [Item], length: Int) -> [ArraySlice<Item>: Int] {
        guard items.count >= length else { return [:] }
        var counts: [ArraySlice<Item>: Int] = [:]
        for start in 0...(items.count - length) {
            counts[items[start..<start + length], default: 0] += 1
        }
        return counts
    }

    /// For each n-gram the most often that any of the references has it.
    static func most<Item: Hashable>(_ references: [[Item]], length: Int) -> [ArraySlice<Item>: Int] {
        references.reduce(into: [:]) { most, reference in
            most.merge(counts(reference, length: length)) { max($0, $1) }
        }
    }

    /// How many n-grams a text of `count` items has.
    static func number(_ count: Int, length: Int) -> Double { Double(max(0, count - length + 1)) }

    /// The words of BLEU and NIST: the rules of mteval-v13a, in lower case, as the E2E challenge's script applies them.
    ///
    /// ASCII punctuation stands alone, but for apostrophes; a point or comma stays between two digits, and a hyphen is
    /// cut off only after a digit.
    static func mteval(_ text: String) -> [String] {
        let scalars = Array(unescaped(text.lowercased()).unicodeScalars)
        var words = String.UnicodeScalarView()
        for (place, scalar) in scalars.enumerated() {
            let before = place > 0 ? scalars[place - 1] : " "
            let after = place + 1 < scalars.count ? scalars[place + 1] : " "
            if standsAlone(scalar, before: before, after: after) {
                words.append(contentsOf: [" ", scalar, " "])
            } else {
                words.append(scalar)
            }
        }
        return split(String(words))
    }

    private static func standsAlone(
        _ scalar: Unicode.Scalar, before: Unicode.Scalar, after: Unicode.Scalar,
    ) -> Bool {
        switch scalar {
        case ".", ",": !(isDigit(before) && isDigit(after))
        case "-": isDigit(before)
        case "'": false
        default: scalar.isASCII && scalar.properties.isPunctuationOrSymbol
        }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        let entities = [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&apos;", "'"), ("&amp;", "&")]
        return entities.reduce(text) { $0.replacing($1.0, with: $1.1) }
    }

    /// The words of ROUGE-L and CIDEr-D: lower case, no punctuation, hyphenated words whole, `n't` and `'s`
    /// words of their own.
    ///
    /// It is what the captions evaluation gets from Stanford's PTB tokenizer for plain sentences;
    /// abbreviations, prices and brackets may be cut otherwise.
    static func caption(_ text: String) -> [String] {
        split(text.lowercased().replacing("’", with: "'")).flatMap { word in
            let kept = word.unicodeScalars.filter {
                !$0.properties.isPunctuationOrSymbol || $0 == "-" || $0 == "'"
            }
            return contraction(String(String.UnicodeScalarView(trimmed(Array(kept)))))
        }
    }

    private static func trimmed(_ word: [Unicode.Scalar]) -> ArraySlice<Unicode.Scalar> {
        let isMark: (Unicode.Scalar) -> Bool = { $0 == "-" || $0 == "'" }
        var kept = word.drop(while: isMark)
        while let last = kept.last, isMark(last) { kept.removeLast() }
        return kept
    }

    private static func contraction(_ word: String) -> [String] {
        for ending in ["n't", "'s", "'re", "'ve", "'ll", "'d", "'m"]
        where word.hasSuffix(ending) && word.utf8.count > ending.utf8.count {
            return [String(word.dropLast(ending.count)), ending]
        }
        return word.isEmpty ? [] : [word]
    }

    private static func split(_ text: String) -> [String] {
        text.unicodeScalars.split { $0.properties.isWhitespace }.map { String($0) }
    }
}

extension [Double] {
    /// The sum, smallest first: a dictionary's values come in another order in every process.
    var orderedSum: Double { sorted().reduce(0, +) }
}
