internal import Datasets
internal import Foundation

/// What may stand behind a key.
public indirect enum SettingKind: Sendable, Hashable {
    /// Any text.
    case text
    /// A file or folder; a relative one begins at the experiment file's folder.
    case path
    /// A whole number in a range.
    case integer(ClosedRange<Int>)
    /// A number in a range.
    case number(ClosedRange<Double>)
    /// One of these words.
    case choice([String])
    /// How long something may take, such as `90s`, `20m` or `1h30m`.
    case duration
    /// `automatic`, `range-test`, a number above 0, or a multiple of the automatic rate, `automatic*3`.
    case rate
    /// Labels with a word or a list of words each.
    case words
    /// A list of values of one kind, or one value alone.
    case list(SettingKind)
    /// Whole numbers, `[0, 1, 2]` or `0..2`.
    case seeds
    /// Something of the method's own, which its own reader checks.
    case other(String)

    /// How it is named in messages and explanations.
    public var description: String {
        switch self {
        case .text: "a text"
        case .path: "a file or folder"
        case .integer(let range):
            range.upperBound == .max
                ? "a whole number of at least \(range.lowerBound)"
                : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range):
            range.upperBound == .greatestFiniteMagnitude
                ? "a number of at least \(Self.short(range.lowerBound))"
                : "a number from \(Self.short(range.lowerBound)) to \(Self.short(range.upperBound))"
        case .choice(let words): "one of " + words.joined(separator: ", ")
        case .duration: "a time such as 90s, 20m or 1h30m"
        case .rate: "automatic, automatic*3, range-test or a number above 0"
        case .words: "labels with their words, such as {negative: terrible, positive: [great, good]}"
        case .list(let kind): "\(kind.description), or a list of them"
        case .seeds: "whole numbers, such as [0, 1, 2] or 0..2"
        case .other(let text): text
        }
    }

    private static func short(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : "\(value)"
    }

    /// The value that stands in a document.
    ///
    /// - Returns: nil for what is not of this kind.
    func read(_ tree: SettingTree) -> SettingValue? {
        switch (self, tree.content) {
        case (.list(let kind), .list(let items)):
            let values = items.compactMap { kind.read($0)?.texts.first }
            return values.count == items.count ? .list(values) : nil
        case (.list(let kind), .text): return kind.read(tree).map { .list($0.texts) }
        case (.seeds, .list(let items)):
            let texts = items.compactMap { item -> String? in
                guard case .text(let text) = item.content else { return nil }
                return text
            }
            return texts.count == items.count ? Self.seeds(texts) : nil
        case (.seeds, .text(let text)): return Self.seeds(text.split(separator: ",").map(String.init))
        case (.words, .mapping(let entries)): return Self.words(entries)
        case (_, .text(let text)): return admits(text) ? .text(text) : nil
        default: return nil
        }
    }

    private func admits(_ text: String) -> Bool {
        switch self {
        case .text, .path, .other: !text.isEmpty
        case .integer(let range): Int(text).map { range.contains($0) } ?? false
        case .number(let range): Double(text).map { range.contains($0) } ?? false
        case .choice(let words): words.contains(text)
        case .duration: TimeText(text) != nil
        case .rate: RateText(text) != nil
        case .words, .list, .seeds: false
        }
    }

    private static func words(_ entries: [SettingTree.Entry]) -> SettingValue? {
        var words: [SettingValue.Words] = []
        for entry in entries {
            guard let value = SettingKind.list(.text).read(entry.value), !value.texts.isEmpty else {
                return nil
            }
            words.append(.init(label: entry.key, words: value.texts))
        }
        return .words(words)
    }

    private static func seeds(_ parts: [String]) -> SettingValue? {
        var seeds: [String] = []
        for part in parts {
            let ends = part.components(separatedBy: "..").compactMap {
                UInt64($0.trimmingCharacters(in: .whitespaces))
            }
            switch ends.count {
            case 1 where !part.contains(".."): seeds.append("\(ends[0])")
            case 2 where ends[0] <= ends[1] && ends[1] - ends[0] < 1000:
                seeds += (ends[0]...ends[1]).map { "\($0)" }
            default: return nil
            }
        }
        return Set(seeds).count == seeds.count && !seeds.isEmpty ? .list(seeds) : nil
    }
}

/// A value of a key, checked against its kind.
public enum SettingValue: Sendable, Hashable {
    case text(String)
    case list([String])
    case words([Words])

    /// The words of a label.
    public struct Words: Sendable, Hashable {
        var label: String
        var words: [String]
    }

    /// The texts of a value, one or several.
    var texts: [String] {
        switch self {
        case .text(let text): [text]
        case .list(let texts): texts
        case .words: []
        }
    }

    /// As YAML takes it on one line, and JSON too.
    var printed: String {
        switch self {
        case .text(let text): Self.scalar(text)
        case .list(let texts): "[" + texts.map(Self.scalar).joined(separator: ", ") + "]"
        case .words(let words):
            "{"
                + words.map { "\($0.label.quotedAsJSON): \(SettingValue.list($0.words).printed)" }
                .joined(separator: ", ") + "}"
        }
    }

    /// Numbers and words stand bare, everything else in quotes.
    private static func scalar(_ text: String) -> String {
        let plain = text.unicodeScalars.allSatisfy {
            $0.isASCII
                && ($0.properties.isAlphabetic || ("0"..."9").contains($0)
                    || "-_.*/".unicodeScalars.contains($0))
        }
        let isWord =
            text.unicodeScalars.first.map { $0.properties.isAlphabetic || ("0"..."9").contains($0) } ?? false
        return plain && isWord && !["null", "true", "false", "yes", "no"].contains(text)
            ? text : text.quotedAsJSON
    }
}

extension String {
    /// As a JSON string, which YAML reads too.
    var quotedAsJSON: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
