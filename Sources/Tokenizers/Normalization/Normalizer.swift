/// Changes a text before it is cut, so that spellings which should mean the same become the same bytes.
enum Normalizer: Sendable {
    case form(UnicodeForm)
    case lowercase
    /// Puts bytes before a text that is not empty.
    case prepend([UInt8])
    case replace(Pattern, with: [UInt8])
    case strip(left: Bool, right: Bool)
    case stripAccents
    case bert(BertNormalization)
    case controls
    case characterMap(CharacterMap)

    func apply(to text: inout [UInt8]) {
        switch self {
        case .form(let form): form.apply(to: &text)
        case .lowercase: text.lowercaseScalars()
        case .prepend(let prefix): if !text.isEmpty { text.insert(contentsOf: prefix, at: 0) }
        case .replace(let pattern, let content): text.replace(pattern, with: content)
        case .strip(let left, let right): text.strip(left: left, right: right)
        case .stripAccents: text.mapScalars { $1.isDisjoint(with: .accent) ? .same : .nothing }
        case .bert(let bert): bert.apply(to: &text)
        case .controls: text.mapScalars { scalar, _ in Self.withoutControl(scalar) }
        case .characterMap(let map): map.apply(to: &text)
        }
    }

    /// SentencePiece's `nmt` rule: control characters go, exotic spaces become spaces.
    private static func withoutControl(_ scalar: UInt32) -> ScalarChange {
        switch scalar {
        case 0x1...0x8, 0xB, 0xE...0x1F, 0x7F, 0x8F, 0x9F: .nothing
        case 0x9, 0xA, 0xC, 0xD, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
            .scalar(0x20)
        default: .same
        }
    }
}

/// What becomes of one scalar.
enum ScalarChange {
    case same, nothing
    case scalar(UInt32)
    /// The scalar between two spaces.
    case spaced
}

extension [UInt8] {
    /// Changes every scalar on its own.
    mutating func mapScalars(_ change: (UInt32, UnicodeClasses) -> ScalarChange) {
        let classifier = UnicodeClassifier.shared
        var result: [UInt8] = []
        result.reserveCapacity(count)
        var index = 0
        while index < count {
            let (scalar, length) = scalar(at: index)
            switch change(scalar, classifier[scalar]) {
            case .same: result += self[index..<index + length]
            case .nothing: break
            case .scalar(let other): result.append(scalar: other)
            case .spaced:
                result.append(0x20)
                result += self[index..<index + length]
                result.append(0x20)
            }
            index += length
        }
        self = result
    }

    /// Lower case of every scalar on its own: no final sigma, no locale, as in the reference.
    mutating func lowercaseScalars() {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        var index = 0
        while index < count {
            let byte = self[index]
            let (scalar, length) = scalar(at: index)
            if byte < 0x80 {
                result.append(byte &- 0x41 < 26 ? byte | 0x20 : byte)
            } else if let mapping = Unicode.Scalar(scalar)?.properties.lowercaseMapping {
                result += Array(mapping.utf8)
            }
            index += length
        }
        self = result
    }

    mutating func replace(_ pattern: Pattern, with content: [UInt8]) {
        let matches = pattern.matches(in: self, 0..<count)
        guard !matches.isEmpty else { return }
        var result: [UInt8] = []
        var index = 0
        for match in matches {
            result += self[index..<match.lowerBound]
            result += content
            index = match.upperBound
        }
        self = result + self[index...]
    }

    mutating func strip(left: Bool, right: Bool) {
        let classifier = UnicodeClassifier.shared
        var start = 0
        var end = count
        while left, start < end {
            let (scalar, length) = scalar(at: start)
            guard !classifier[scalar].isDisjoint(with: .space) else { break }
            start += length
        }
        while right, start < end {
            let last = scalarStart(before: end)
            guard !classifier[scalar(at: last).value].isDisjoint(with: .space) else { break }
            end = last
        }
        self = [UInt8](self[start..<end])
    }
}

/// What BERT does to a text before it is cut.
///
/// Source: the code of Devlin and others 2019.
struct BertNormalization: Sendable {
    var cleansText = true
    var spacesIdeographs = true
    var stripsAccents = true
    var lowercases = true

    func apply(to text: inout [UInt8]) {
        if cleansText {
            text.mapScalars { _, classes in
                if !classes.isDisjoint(with: .bertControl) { return .nothing }
                return classes.isDisjoint(with: .space) ? .same : .scalar(0x20)
            }
        }
        if spacesIdeographs { text.mapScalars { $1.isDisjoint(with: .bertIdeograph) ? .same : .spaced } }
        if stripsAccents {
            UnicodeForm.decomposed.apply(to: &text)
            text.mapScalars { $1.isDisjoint(with: .bertAccent) ? .same : .nothing }
        }
        if lowercases { text.lowercaseScalars() }
    }
}
