internal import Datasets
internal import Yams

/// A document of settings as it is written, in YAML or in JSON, which YAML contains: texts, lists and mappings, each
/// with its place.
///
/// Nothing is guessed of a text: `no` is the text "no" until a key asks for yes or no. Tags are not looked at, and an
/// alias stands for a copy.
struct SettingTree: Sendable {
    indirect enum Content: Sendable {
        case empty
        case text(String)
        case list([SettingTree])
        case mapping([Entry])
    }

    /// A key with its value.
    struct Entry: Sendable {
        var key: String
        var place: SettingPlace
        var value: SettingTree
    }

    var content: Content
    var place: SettingPlace

    /// How many values one document may have.
    static let valueLimit = 10_000
    /// How deep values may be nested.
    static let depthLimit = 100

    init(_ content: Content, _ place: SettingPlace) { (self.content, self.place) = (content, place) }

    /// Reads a document.
    ///
    /// - Throws: ``ExperimentError/badFile(place:reason:)`` for what is no YAML, a key that stands twice, more than
    ///   ``valueLimit`` values, and what is nested deeper than ``depthLimit``.
    init(_ text: String, at place: @escaping @Sendable (Int) -> SettingPlace) throws(ExperimentError) {
        let text = text.withoutByteOrderMark
        try Self.checkDepth(text, place)
        let node: Node?
        do { node = try Yams.Parser(yaml: text, resolver: .basic).singleRoot() } catch let error as YamlError
        {
            throw .badFile(place: place(error.line ?? 1), reason: error.reason)
        } catch { throw .badFile(place: place(1), reason: "\(error)") }
        var count = 0
        self =
            try node.map { node throws(ExperimentError) in try Self.tree(node, &count, place) }
            ?? SettingTree(.empty, place(1))
    }

    /// Refuses what would take the parser, which calls itself for each level, too much stack: a count of brackets and of
    /// dashes in a row, wherever they stand.
    private static func checkDepth(
        _ text: String, _ place: (Int) -> SettingPlace
    ) throws(ExperimentError) {
        var (line, depth, dashes) = (1, 0, 0)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
            case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"): dashes += 1
            case UInt8(ascii: "\n"): (line, dashes) = (line + 1, 0)
            case UInt8(ascii: " "): break
            default: dashes = 0
            }
            guard depth <= depthLimit, dashes <= depthLimit else {
                throw .badFile(
                    place: place(line), reason: "it is nested more than \(depthLimit) levels deep")
            }
        }
    }

    private static func tree(
        _ node: Node, _ count: inout Int, _ place: (Int) -> SettingPlace
    ) throws(ExperimentError) -> SettingTree {
        count += 1
        let here = place(node.mark?.line ?? 1)
        guard count <= valueLimit else {
            throw .badFile(place: here, reason: "more than \(valueLimit) values stand in it")
        }
        switch node {
        case .scalar(let scalar):
            let isNothing = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
            return SettingTree(isNothing ? .empty : .text(scalar.string), here)
        case .sequence(let items):
            var list: [SettingTree] = []
            for item in items { list.append(try tree(item, &count, place)) }
            return SettingTree(.list(list), here)
        case .mapping(let pairs):
            var entries: [Entry] = []
            for (key, value) in pairs {
                guard case .scalar(let name) = key else {
                    throw .badFile(place: here, reason: "a key must be a text")
                }
                let line = place(key.mark?.line ?? 1)
                entries.append(Entry(key: name.string, place: line, value: try tree(value, &count, place)))
            }
            return SettingTree(.mapping(entries), here)
        case .alias: throw .badFile(place: here, reason: "an alias is no setting; write the value again")
        }
    }

    // MARK: Overrides

    /// Sets what a dotted path leads to, and makes the mappings on the way where there are none.
    mutating func set(_ path: ArraySlice<String>, to value: SettingTree) {
        guard let first = path.first else { return self = value }
        var entries = self.entries
        let index = entries.firstIndex { $0.key == first } ?? entries.count
        if index == entries.count {
            entries.append(Entry(key: first, place: value.place, value: SettingTree(.empty, value.place)))
        }
        entries[index].value.set(path.dropFirst(), to: value)
        entries[index].place = value.place
        content = .mapping(entries)
    }

    /// The entries of a mapping; names in a list count as keys without values, as in `methods: [zero-shot, lora]`.
    var entries: [Entry] {
        switch content {
        case .mapping(let entries): entries
        case .list(let items):
            items.compactMap { item in
                guard case .text(let name) = item.content else { return nil }
                return Entry(key: name, place: item.place, value: SettingTree(.empty, item.place))
            }
        case .empty, .text: []
        }
    }

    /// The value as JSON, for a message or a record; keys in their order.
    var printed: String {
        switch content {
        case .empty: "null"
        case .text(let text): text.quotedAsJSON
        case .list(let items): "[" + items.map(\.printed).joined(separator: ", ") + "]"
        case .mapping(let entries):
            "{" + entries.map { "\($0.key.quotedAsJSON): \($0.value.printed)" }.joined(separator: ", ") + "}"
        }
    }
}

/// Where a setting stands.
public enum SettingPlace: Hashable, Sendable, CustomStringConvertible {
    /// A line of a file, counted from 1.
    case line(file: String, Int)
    /// An override of the command line, such as `--set method.steps=50`.
    case override(String)

    /// As a message begins.
    public var description: String {
        switch self {
        case .line(let file, let line): "\(file), line \(line)"
        case .override(let text): text
        }
    }
}

extension YamlError {
    /// The line of the fault, counted from 1.
    fileprivate var line: Int? {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: nil
        }
    }

    /// What is wrong, without the excerpt that Yams draws.
    fileprivate var reason: String {
        switch self {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "\(problem) (column \(mark.column))"
        case .duplicatedKeysInMapping(let keys, _):
            "\(keys.sorted().map { "'\($0)'" }.joined(separator: ", ")) stands there twice"
        default: "\(self)"
        }
    }
}
