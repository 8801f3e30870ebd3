/// Byte-pair encoding: a word starts as its smallest units, and neighbours merge in the order of training.
///
/// Sennrich et al. 2016; over bytes, Radford et al. 2019 (§2.2).
struct BytePairSegmenter: Sendable {
    let vocabulary: Vocabulary
    let merges: MergeTable
    /// The id of each byte where words are bytes, `nil` where they are characters.
    let byteUnits: [Int32]?
    /// Words are bytes that the vocabulary spells in the byte alphabet.
    let usesByteAlphabet: Bool
    /// A word that is in the vocabulary is one piece, whether or not merges lead there.
    let keepsWholeWords: Bool
    let unknown: Int32?
    /// Neighbouring unknown characters become one unknown token.
    let fusesUnknown: Bool
    /// The ids of `<0x00>` … `<0xFF>`, -1 where absent: how unknown characters are spelled.
    let byteFallback: [Int32]?
    let innerPrefix: [UInt8]
    let endSuffix: [UInt8]

    /// Where a long word may be cut without changing its ids.
    let borders: MarkBorders?

    func append(
        _ text: [UInt8], _ word: Range<Int>, _ scratch: inout MergeScratch, to ids: inout [Int32]
    ) {
        if keepsWholeWords, let id = wholeWord(text, word) {
            ids.append(id)
            return
        }
        scratch.units.removeAll(keepingCapacity: true)
        if let byteUnits {
            for index in word { scratch.units.append(byteUnits[Int(text[index])]) }
        } else if usesByteAlphabet {
            let spelled = ByteAlphabet.spell(text[word])
            appendCharacters(spelled, 0..<spelled.count, to: &scratch.units)
        } else {
            appendCharacters(text, word, to: &scratch.units)
        }
        merges.merge(&scratch)
        ids.append(contentsOf: scratch.units)
    }

    private func wholeWord(_ text: [UInt8], _ word: Range<Int>) -> Int32? {
        usesByteAlphabet
            ? vocabulary.id(of: ByteAlphabet.spell(text[word])) : vocabulary.id(of: text, word)
    }

    /// Appends the units of a word of characters.
    ///
    /// Unknown ones become bytes where the vocabulary has them all, else the unknown token, else nothing: in
    /// the reference's order, which may write an unknown token late.
    private func appendCharacters(_ text: [UInt8], _ word: Range<Int>, to units: inout [Int32]) {
        var index = word.lowerBound
        var pendingUnknown = false
        while index < word.upperBound {
            let range = index..<index + scalarLength(text[index])
            index = range.upperBound
            let spelling = unit(text, range, in: word)
            if let id = spelling.map({ vocabulary.id(of: $0) }) ?? vocabulary.id(of: text, range) {
                if pendingUnknown, let unknown { units.append(unknown) }
                pendingUnknown = false
                units.append(id)
            } else if let fallback = fallbackUnits(spelling ?? Array(text[range])) {
                units.append(contentsOf: fallback)
            } else if let unknown {
                if pendingUnknown, !fusesUnknown { units.append(unknown) }
                pendingUnknown = true
            }
        }
        if pendingUnknown, let unknown { units.append(unknown) }
    }

    /// The spelling of a character where its place in the word changes it.
    private func unit(_ text: [UInt8], _ range: Range<Int>, in word: Range<Int>) -> [UInt8]? {
        let prefixed = !innerPrefix.isEmpty && range.lowerBound > word.lowerBound
        let suffixed = !endSuffix.isEmpty && range.upperBound == word.upperBound
        guard prefixed || suffixed else { return nil }
        return (prefixed ? innerPrefix : []) + text[range] + (suffixed ? endSuffix : [])
    }

    private func fallbackUnits(_ spelling: [UInt8]) -> [Int32]? {
        guard let byteFallback else { return nil }
        let units = spelling.map { byteFallback[Int($0)] }
        return units.contains(-1) ? nil : units
    }
}

extension Vocabulary {
    /// The ids of `<0x00>` … `<0xFF>`, -1 where a byte has none.
    func byteFallback() -> [Int32] {
        (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return id(of: "<0x\(digits.count == 1 ? "0" : "")\(digits)>") ?? -1
        }
    }

    /// The ids of the 256 bytes in the byte alphabet; `nil` if one is missing.
    func byteUnits() -> [Int32]? {
        let units = (0...UInt8.max).compactMap { byte in id(of: ByteAlphabet.spell([byte])) }
        return units.count == 256 ? units : nil
    }
}
