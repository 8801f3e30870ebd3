import Foundation

/// Finds texts that are nearly the same without comparing each with each: MinHash (Broder 1997) with banding.
///
/// A text is the set of its five-letter pieces; Hangul counts by its letters (jamo), so that another particle changes
/// a few pieces only. The sets' least values under 64 hashes agree as often as the sets are alike. Texts that agree in
/// all four values of one of 16 bands are compared exactly: at a likeness of 0.8 one pair in 4,600 is missed.
/// - Complexity: O(total length · 64), for any likeness of the texts: a bucket keeps a few texts to compare with.
package enum NearDuplicates {
    private static let pieceLength = 5
    private static let bands = 16
    private static let rowsPerBand = 4
    /// How many texts of a bucket a new one is compared with.
    ///
    /// A text that has joined a cluster enters no more buckets, so that thousands of copies cost one
    /// comparison each.
    private static let comparedPerBucket = 8

    /// The texts that belong together, by their places, in order; texts without a near duplicate are left out.
    package static func clusters(_ texts: [String], likeness: Double) -> [[Int]] {
        let pieces = texts.map { self.pieces($0) }
        var buckets: [BucketKey: [Int]] = [:]
        var cluster = Array(texts.indices)
        for place in texts.indices where !pieces[place].isEmpty {
            let signature = signature(pieces[place])
            for band in 0..<bands {
                let key = BucketKey(
                    band: band, hash: StableHash.of(signature[band * rowsPerBand..<(band + 1) * rowsPerBand]))
                let members = buckets[key] ?? []
                let match =
                    cluster[place] != place
                    ? nil
                    : members.first {
                        self.likeness(pieces[$0], pieces[place]) >= likeness
                    }
                if let match { cluster[place] = cluster[match] }
                if cluster[place] == place, members.count < comparedPerBucket {
                    buckets[key, default: []].append(place)
                }
            }
        }
        return Dictionary(grouping: texts.indices) { cluster[$0] }
            .filter { $0.value.count > 1 }
            .sorted { $0.key < $1.key }
            .map(\.value)
    }

    /// The places of those texts that are nearly one of `few`, each compared with each.
    package static func near(_ texts: [String], to few: [String], likeness: Double) -> [Int] {
        let wanted = few.map { pieces($0) }.filter { !$0.isEmpty }
        return texts.indices.filter { place in
            let own = pieces(texts[place])
            return wanted.contains { self.likeness($0, own) >= likeness }
        }
    }

    private struct BucketKey: Hashable {
        let band: Int
        let hash: UInt64
    }

    /// The different pieces of a text, as hashes in order.
    ///
    /// Punctuation does not count; a text shorter than a piece is one piece.
    private static func pieces(_ text: String) -> [UInt32] {
        let letters = letters(text)
        guard !letters.isEmpty else { return [] }
        let last = max(0, letters.count - pieceLength)
        let hashes = (0...last).map { start -> UInt32 in
            let hash = StableHash.of(letters[start..<min(start + pieceLength, letters.count)])
            return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
        }
        return unique(hashes.sorted())
    }

    private static func letters(_ text: String) -> [UInt32] {
        let lower = text.lowercased()
        let decomposed = TextKey.isASCII(lower) ? lower : lower.decomposedStringWithCanonicalMapping
        var letters: [UInt32] = []
        var spaced = true
        for scalar in decomposed.unicodeScalars {
            let isSpace = scalar.properties.isWhitespace
            if isSpace ? spaced : scalar.properties.isPunctuationOrSymbol { continue }
            spaced = isSpace
            letters.append(isSpace ? 0x20 : scalar.value)
        }
        if letters.last == 0x20 { letters.removeLast() }
        return letters
    }

    private static func unique(_ ordered: [UInt32]) -> [UInt32] {
        var unique: [UInt32] = []
        unique.reserveCapacity(ordered.count)
        for value in ordered where value != unique.last { unique.append(value) }
        return unique
    }

    /// The hashes, as odd multipliers and shifts of 64-bit products, of which the upper half is taken.
    private static let hashes: [(multiplier: UInt64, offset: UInt64)] = {
        var random = SeededRandom(seed: 0x5EED)
        return (0..<bands * rowsPerBand).map { _ in (random.next() | 1, random.next()) }
    }()

    private static func signature(_ pieces: [UInt32]) -> [UInt32] {
        hashes.map { hash in
            var least = UInt32.max
            for piece in pieces {
                least = min(
                    least, UInt32(truncatingIfNeeded: (hash.multiplier &* UInt64(piece) &+ hash.offset) >> 32)
                )
            }
            return least
        }
    }

    /// Common pieces of all pieces (Jaccard), both in order.
    private static func likeness(_ first: [UInt32], _ second: [UInt32]) -> Double {
        var (left, right, common) = (0, 0, 0)
        while left < first.count, right < second.count {
            if first[left] == second[right] {
                common += 1
                left += 1
                right += 1
            } else if first[left] < second[right] {
                left += 1
            } else {
                right += 1
            }
        }
        return Double(common) / Double(max(1, first.count + second.count - common))
    }
}
