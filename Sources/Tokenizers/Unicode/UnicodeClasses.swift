/// The sets a scalar belongs to, as the reference implementation's engines see them.
///
/// Regular expressions there (Oniguruma) and character methods (Rust) have different Unicode versions;
/// where a class exists twice, both opinions are kept.
struct UnicodeClasses: OptionSet, Hashable, Sendable {
    let rawValue: UInt32

    /// `\p{L}`.
    static let letter = UnicodeClasses(rawValue: 1 << 0)
    /// `\p{N}`.
    static let number = UnicodeClasses(rawValue: 1 << 1)
    /// `\p{M}`.
    static let mark = UnicodeClasses(rawValue: 1 << 2)
    /// `\s`, the same in both engines.
    static let space = UnicodeClasses(rawValue: 1 << 3)
    /// `\p{P}`.
    static let punctuation = UnicodeClasses(rawValue: 1 << 4)
    /// `\p{S}`.
    static let symbol = UnicodeClasses(rawValue: 1 << 5)
    /// `\p{Lu}` or `\p{Lt}`.
    static let upper = UnicodeClasses(rawValue: 1 << 6)
    /// `\p{Ll}`.
    static let lower = UnicodeClasses(rawValue: 1 << 7)
    /// What the `Digits` splitter isolates.
    static let digit = UnicodeClasses(rawValue: 1 << 8)
    /// What the BERT splitter isolates.
    static let bertPunctuation = UnicodeClasses(rawValue: 1 << 9)
    /// What BERT's text cleaning deletes.
    static let bertControl = UnicodeClasses(rawValue: 1 << 10)
    /// What `StripAccents` deletes.
    static let accent = UnicodeClasses(rawValue: 1 << 11)
    /// `\w` of the `Whitespace` splitter and of added tokens' word borders.
    static let word = UnicodeClasses(rawValue: 1 << 12)
    /// `\p{Lt}`.
    static let title = UnicodeClasses(rawValue: 1 << 13)
    /// `\p{Lm}`.
    static let modifier = UnicodeClasses(rawValue: 1 << 14)
    /// `\p{Nd}`.
    static let decimal = UnicodeClasses(rawValue: 1 << 15)
    /// `\w` of file-given patterns.
    static let patternWord = UnicodeClasses(rawValue: 1 << 16)
    /// `\p{Mn}`.
    static let nonspacing = UnicodeClasses(rawValue: 1 << 17)
    /// `\p{Han}`.
    static let han = UnicodeClasses(rawValue: 1 << 18)
    /// What BERT surrounds with spaces.
    static let bertIdeograph = UnicodeClasses(rawValue: 1 << 19)
    /// What BERT's own accent stripping deletes after decomposition.
    static let bertAccent = UnicodeClasses(rawValue: 1 << 20)
}

/// Answers for a scalar which classes it has.
struct UnicodeClassifier: Sendable {
    static let shared = UnicodeClassifier()

    /// Index into the masks of each scalar below `denseCount`; the planes above hold few, rare characters.
    private let dense: [UInt8]
    private let masks: [UInt32]
    private static let denseCount = 0x20000

    private init() {
        let ranges = UnicodeClassTable.ranges
        var dense = [UInt8](repeating: 0, count: Self.denseCount)
        for (position, packed) in ranges.enumerated() {
            let start = Int(packed >> 8)
            let next = position + 1 < ranges.count ? Int(ranges[position + 1] >> 8) : 0x11_0000
            for scalar in start..<Swift.max(start, Swift.min(next, Self.denseCount)) {
                dense[scalar] = UInt8(truncatingIfNeeded: packed)
            }
        }
        self.dense = dense
        masks = UnicodeClassTable.masks
    }

    subscript(scalar: UInt32) -> UnicodeClasses {
        let index = scalar < UInt32(Self.denseCount) ? dense[Int(scalar)] : Self.search(scalar)
        return UnicodeClasses(rawValue: masks[Int(index)])
    }

    private static func search(_ scalar: UInt32) -> UInt8 {
        let ranges = UnicodeClassTable.ranges
        var low = 0
        var high = ranges.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if ranges[middle] >> 8 <= scalar { low = middle } else { high = middle }
        }
        return UInt8(truncatingIfNeeded: ranges[low])
    }
}
